"""What stands in leadlight.toml, read once at the edge."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from leadlight.data.config import Config, parse
from leadlight.errors import ConfigError

FILE: Final = "leadlight.toml"


def find(leads: Any, given: str | Path | None = None) -> Config:
    """The configuration that was named, else the one beside the leads, else an empty one."""
    if given is not None:
        return read(Path(given))
    beside = Path(leads).parent / FILE if isinstance(leads, str | Path) and str(leads) != "-" else None
    return read(beside) if beside is not None and beside.is_file() else Config()


def read(path: Path) -> Config:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise ConfigError("The file is not UTF-8 text.", where=str(path)) from None
    except OSError as problem:
        raise ConfigError(
            f"The configuration could not be read: {(problem.strerror or 'unknown reason').lower()}.",
            where=str(path),
            hint="Make one with: leadlight inspect LEADS --write leadlight.toml",
        ) from None
    return parse(text, str(path))
