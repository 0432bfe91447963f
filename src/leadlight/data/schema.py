"""What each column is, and how a raw frame becomes a typed one."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from string import ascii_lowercase, ascii_uppercase
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame, rules
from leadlight.data.expressions import Expression, parse
from leadlight.errors import BundleError, ColumnError, ConfigError

ROLES: Final = (
    "id",
    "target",
    "time",
    "feature",
    "after",
    "sensitive",
    "personal",
    "consent",
    "owner",
    "contacted_at",
    "value",
    "ignore",
)
KINDS: Final = ("number", "category", "flag", "date", "text")
ANSWERS: Final = ("forbids", "allows")
"""What a yes in a consent column does."""
GROUPS: Final = ("fit", "engagement", "timing", "source")
FLAG_SPELLINGS: Final = {**dict.fromkeys(cells.TRUE_WORDS, "yes"), **dict.fromkeys(cells.FALSE_WORDS, "no")}


@dataclass(frozen=True)
class Column:
    """One column: what it is for, how its cells are read, where it stands in the explanation."""

    name: str
    role: str = "feature"
    kind: str = "category"
    used: bool = True
    placeholders: tuple[str, ...] = cells.PLACEHOLDERS
    aliases: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    missing: str | float = "level"
    decimal: str = "."
    thousands: str = ""
    date_format: str = "iso"
    actionable: bool = False
    group: str = "fit"
    expression: str = ""
    points: Mapping[str, float] = field(default_factory=dict)
    yes: str = ""

    @property
    def is_input(self) -> bool:
        """Whether the model may look at it."""
        return self.used and self.role in ("feature", "consent")

    def read(self, series: pl.Series) -> pl.Series:
        """Type a raw column; a bad value becomes missing."""
        if self.kind == "number":
            values = frame.numbers(series, self.decimal, self.thousands)
            return values.set(values.is_in(self.missing_numbers), None) if self.missing_numbers else values
        if self.kind == "date":
            return frame.dates(series, self.date_format)
        if self.kind == "text":
            return _texts(series, self.placeholders)
        return frame.levels(series, self.placeholders, self.spellings)

    def read_one(self, value: Any) -> Any:
        """Type one cell, exactly as `read` does a column."""
        return _READ_ONE[self.kind](self, value)

    @cached_property
    def spellings(self) -> Mapping[str, str]:
        return {**FLAG_SPELLINGS, **self.aliases} if self.kind == "flag" else self.aliases

    @cached_property
    def missing_words(self) -> frozenset[str]:
        return frozenset(self.placeholders)

    @cached_property
    def missing_numbers(self) -> tuple[float, ...]:
        """Numbers such as -1 or 999 that are declared to mean missing."""
        values = (cells.parse_number(text, self.decimal, self.thousands) for text in self.placeholders)
        return tuple(value for value in values if value is not None)

    def label(self, level: str) -> str:
        return self.labels.get(level, level)

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self) | {"aliases": dict(self.aliases), "labels": dict(self.labels)}
        told = {key: value for key in _SINCE_THEN if (value := plain.pop(key))}
        return plain | told

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Column:
        known = {key: data[key] for key in Column.__dataclass_fields__ if key not in _SINCE_THEN}
        known |= {key: data[key] for key in _SINCE_THEN if key in data}
        column = Column(**known | {"placeholders": tuple(data["placeholders"])})
        if not (_is_known(column) and _is_typed(column) and _has_fitting_points(column)):
            raise BundleError(f"The schema contradicts itself at {column.name!r}.", code="schema")
        return column


_SINCE_THEN: Final = ("points", "yes")
"""What the first bundles do not have, and is left out where nothing is said."""


def _is_known(column: Column) -> bool:
    """Whether every word is one that the grammar of cells has."""
    return (
        column.role in ROLES
        and column.kind in KINDS
        and column.group in GROUPS
        and column.yes in ("", *ANSWERS)
        and column.date_format in cells.DATE_ORDERS
        and column.decimal in cells.DECIMALS
        and column.thousands in cells.THOUSANDS
        and column.decimal != column.thousands
    )


def _is_typed(column: Column) -> bool:
    texts = [column.name, column.expression, *column.placeholders]
    for spelt in (column.aliases, column.labels):
        texts += [*spelt.keys(), *spelt.values()]
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(column.used, bool)
        and isinstance(column.actionable, bool)
        and isinstance(column.missing, str | int | float)
        and all(isinstance(value, int | float) for value in column.points.values())
    )


def _has_fitting_points(column: Column) -> bool:
    if not column.points:
        return True
    try:
        return bool(rules.settled(column.points, column.kind, {}, ()))
    except ConfigError:
        return False


def _texts(series: pl.Series, placeholders: tuple[str, ...]) -> pl.Series:
    trimmed = frame.as_text(series).str.strip_chars(cells.BLANKS)
    lowered = trimmed.str.replace_many(list(ascii_uppercase), list(ascii_lowercase))
    return trimmed.set(lowered.is_in(placeholders), None)


_LARGEST: Final = sys.float_info.max


def _one_number(column: Column, value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number: float | None = float(value) if -_LARGEST <= value <= _LARGEST else None
    else:
        text = cells.text_of(value)
        marks = (column.decimal, column.thousands) if isinstance(value, str) else ()
        number = None if text is None else cells.parse_number(text, *marks)
    return None if number in column.missing_numbers else number


def _one_date(column: Column, value: Any) -> Any:
    text = cells.text_of(value)
    return None if text is None else cells.parse_date(text, column.date_format)


def _one_text(column: Column, value: Any) -> str | None:
    text = cells.text_of(value)
    trimmed = None if text is None else cells.trim(text)
    return None if trimmed is None or cells.lowered(trimmed) in column.missing_words else trimmed


def _one_level(column: Column, value: Any) -> str | None:
    text = value if type(value) is str else cells.text_of(value)
    if text is None:
        return None
    plain = cells.clean(text)
    return None if plain in column.missing_words else column.spellings.get(plain, plain)


_READ_ONE: Final = {
    "number": _one_number,
    "date": _one_date,
    "text": _one_text,
    "category": _one_level,
    "flag": _one_level,
}


@dataclass(frozen=True)
class Schema:
    """All columns in the order of the file, then the features declared over them."""

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        doubled = sorted(name for name, count in Counter(names).items() if count > 1)
        if doubled:
            raise ColumnError(
                f"More than one column or feature is called {doubled[0]!r}.", code="doubled_column"
            )

    def __getitem__(self, name: str) -> Column:
        return self._by_name[name]

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def with_role(self, role: str) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role == role)

    def name_of(self, role: str) -> str | None:
        """The one column of a role such as id, target or time."""
        return next((column.name for column in self.columns if column.role == role), None)

    def moments(self, raw: pl.DataFrame) -> np.ndarray | None:
        """When each lead arrived, in seconds, or the number that stands for that; none without a time."""
        time = self.name_of("time")
        if time is None or time not in raw.columns:
            return None
        read = self[time].read(raw[time])
        return frame.seconds(read) if self[time].kind == "date" else read.cast(pl.Float64).to_numpy()

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the model looks at."""
        return tuple(column for column in self.columns if column.is_input)

    def replacing(self, changed: Iterable[Column]) -> Schema:
        new = {column.name: column for column in changed}
        return replace(self, columns=tuple(new.get(column.name, column) for column in self.columns))

    @cached_property
    def declared(self) -> tuple[tuple[str, Expression], ...]:
        """The declared features that are used, with the learnt spellings in their texts."""
        spellings = {column.name: column.spellings for column in self.columns}
        inputs = [column for column in self.inputs if column.expression]
        return tuple((column.name, parse(column.expression).respelt(spellings)) for column in inputs)

    @cached_property
    def needed(self) -> tuple[Column, ...]:
        """The columns that have to be read: inputs, what declared features use, and the time."""
        used = {name for _, expression in self.declared for name in expression.columns()}
        return tuple(
            column
            for column in self.columns
            if not column.expression and (column.is_input or column.role == "time" or column.name in used)
        )

    def apply(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Type what the model needs of raw leads; a column that is absent is missing. Learns nothing."""
        typed = {
            column.name: column.read(
                raw[column.name] if column.name in raw.columns else _absent(raw.height)
            ).alias(column.name)
            for column in self.needed
        }
        return pl.DataFrame(typed or None, height=raw.height)

    def to_json(self) -> dict[str, Any]:
        return {"columns": [column.to_json() for column in self.columns]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Schema:
        return Schema(tuple(Column.from_json(column) for column in data["columns"]))


def _absent(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)
