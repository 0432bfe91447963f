"""Where in the text of a TOML file something stands: the standard parser does not tell."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Final

from leadlight.errors import ConfigError

Path = tuple[str, ...]
LONGEST_KEY: Final = 1000


@dataclass(frozen=True)
class TomlSource:
    """The text of a file and its name."""

    text: str
    where: str

    def problem(self, path: Path, message: str, hint: str | None = None) -> ConfigError:
        """An error that names the line of a key."""
        return ConfigError(message, where=self.place(path), hint=hint)

    def place(self, path: Path) -> str:
        """The file and the line of a key."""
        line = line_of(self.text, path)
        return f"{self.where}, line {line}" if line else self.where


def line_of(text: str, path: Path) -> int | None:
    """The line of a key, or of the nearest table that holds it."""
    table: Path = ()
    best, found = 0, None
    for number, line in enumerate(text.split("\n"), 1):
        keys = _header(line)
        table = table if keys is None else keys
        here = keys if keys is not None else (*table, *_keys(line))
        if best < len(here) <= len(path) and here == path[: len(here)]:
            best, found = len(here), number
    return found


def _header(line: str) -> Path | None:
    """The keys of a line such as [columns."Lead TomlSource"]."""
    return _path(line) if line.lstrip().startswith("[") else None


def _keys(line: str) -> Path:
    """The keys before the sign of equality; a quoted key may hold such a sign itself."""
    for at, letter in enumerate(line[:LONGEST_KEY]):
        if letter == "=" and (keys := _path(f"{line[:at]}= 0")):
            return keys
    return ()


def _path(line: str) -> Path | None:
    try:
        table = tomllib.loads(line)
    except (ValueError, RecursionError):
        return None
    keys = []
    while isinstance(table, dict) and table:
        key, table = next(iter(table.items()))
        keys.append(key)
    return tuple(keys)
