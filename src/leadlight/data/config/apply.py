"""What the configuration says of a column, on top of what was inferred."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from leadlight.data import cells, rules
from leadlight.data.config.record import ColumnConfig
from leadlight.data.schema import Column
from leadlight.errors import ConfigError

_KEYS: Final = (
    *("role", "kind", "missing", "decimal", "thousands", "date_format", "actionable", "group", "yes"),
)


def applied(column: Column, told: ColumnConfig | None) -> Column:
    """The column with what was told of it; nothing told leaves it as it is."""
    if told is None:
        return column
    said = {key: value for key in _KEYS if (value := getattr(told, key)) is not None}
    return with_points(replace(column, **said, **_words(column, told)), told)


def with_points(column: Column, told: ColumnConfig | None) -> Column:
    """The column with the points that were set by hand, which have to fit what it is."""
    if told is None or not told.points:
        return column
    if told.kind is None and column.kind == "text":
        # Few leads have all their own words; whoever gives words points says that they are levels.
        column = replace(column, kind="category")
    try:
        points = rules.settled(told.points, column.kind, column.spellings, column.placeholders)
    except ConfigError as problem:
        message = f"Points of {column.name!r}: {problem.message}"
        raise ConfigError(message, code="points", where=told.points_at or None, hint=problem.hint) from None
    if column.kind == "number":
        return replace(column, points=points)
    written = dict(zip(points, map(cells.trim, told.points), strict=True))
    shown = {level: word for level, word in written.items() if level not in rules.WORDS and word != level}
    return replace(column, points=points, labels={**shown, **column.labels})


def _words(column: Column, told: ColumnConfig) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if told.placeholders is not None:
        changed["placeholders"] = tuple(dict.fromkeys(["", *map(cells.clean, told.placeholders)]))
    if told.aliases:
        own = {cells.clean(spelling): cells.clean(level) for spelling, level in told.aliases.items()}
        shown = {
            plain: cells.trim(level)
            for level in told.aliases.values()
            if (plain := cells.clean(level)) != cells.trim(level)
        }
        changed["aliases"] = _settled({**column.aliases, **own})
        changed["labels"] = {**column.labels, **shown}
    return changed


def _settled(aliases: Mapping[str, str]) -> dict[str, str]:
    """Each spelling at the last level it leads to; one that leads back to itself is a level of its own."""
    settled = {}
    for spelling, level in aliases.items():
        seen = {spelling}
        while level in aliases and level not in seen:
            seen.add(level)
            level = aliases[level]
        if level != spelling:
            settled[spelling] = level
    return settled
