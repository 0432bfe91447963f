"""Readers of single values: each gives the value in its own type, or an error that says what it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any

from leadlight.data import cells
from leadlight.errors import ConfigError

Reader = Callable[[Any], Any]


def text(value: Any) -> str:
    if not isinstance(value, str) or not cells.trim(value):
        raise ConfigError("a text in quotes")
    return value


def word(value: Any) -> str:
    """A level of a column; a number or a date becomes text as it would in the leads."""
    if isinstance(value, time) or not isinstance(value, str | bool | int | float | date):
        raise ConfigError("a text in quotes")
    return text(cells.text_of(value))


def several(item: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ConfigError(f'a list, as in ["a", "b"], of which each is {_expected(item)}')
        return tuple(item(each) for each in value)

    return read


def _expected(item: Reader) -> str:
    try:
        item(None)
    except ConfigError as wanted:
        return wanted.message
    return "a value"


def table_of(item: Reader) -> Reader:
    def read(value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise ConfigError('a table, as in { "a" = ... }')
        return {key: item(each) for key, each in value.items()}

    return read


def one_of(*options: str) -> Reader:
    def read(value: Any) -> str:
        if value not in options or not isinstance(value, str):
            raise ConfigError("one of " + ", ".join(f'"{option}"' for option in options))
        return value

    return read


def either(*readers: Reader) -> Reader:
    def read(value: Any) -> Any:
        wanted = []
        for reader in readers:
            try:
                return reader(value)
            except ConfigError as expected:
                wanted.append(expected.message)
        raise ConfigError(", or ".join(wanted))

    return read


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError("true or false")
    return value


def whole(least: int, most: int) -> Reader:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ConfigError(f"a whole number from {least:,} to {most:,}")
        return value

    return read


def number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not _is_finite(value):
        raise ConfigError("a number")
    return float(value)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def positive(value: Any) -> float:
    if not isinstance(value, int | float) or not (found := number(value)) > 0:
        raise ConfigError("a number above 0")
    return found


def share(value: Any) -> float:
    if not isinstance(value, float) or not 0 < value < 1:
        raise ConfigError("a number between 0 and 1, as in 0.2")
    return value


def distinct(item: Reader, counts: Sequence[int] = ()) -> Reader:
    """A list in which nothing stands twice, of one of some lengths."""

    def read(value: Any) -> tuple[Any, ...]:
        found = several(item)(value)
        if len(set(found)) < len(found):
            raise ConfigError("a list in which nothing stands twice")
        if counts and len(found) not in counts:
            raise ConfigError(f"a list of {' or '.join(str(count) for count in counts)}")
        return tuple(found)

    return read
