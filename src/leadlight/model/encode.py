"""Typed leads as small integer codes: quantile bins for numbers, levels for words, a code for missing.

Every learner sees codes and nothing else, so one row of codes is the whole input behind a score.
Code 0 is missing. Numbers have codes 1..bins, levels 1..levels and one more for all other words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, expressions, frame, rules
from leadlight.data.expressions import Expression, Fitted
from leadlight.data.schema import Column, Schema
from leadlight.errors import BundleError, ConfigError

SUPPORT: Final = 20
SHARE: Final = 10
"""Of few rows a tenth is enough."""
BINS: Final = 64
LEVELS: Final = 250
TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("value",),
    "category": ("level",),
    "flag": ("level",),
    "date": ("weekday", "hour", "age"),
    "text": ("length",),
    "none": (),
}
DAY: Final = 86400.0
NEVER: Final = 2200
"""Dates from this year on stand for "no end" in exports."""

Codes = np.ndarray


@dataclass(frozen=True)
class Feature:
    """One coded input: where it comes from, what is taken of it, and its bins or levels."""

    column: str
    take: str
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    missing: int = 0
    points: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        return self.column if self.take in ("value", "level") else f"{self.column} ({self.take})"

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.levels) + 2 if self.take == "level" else len(self.edges) + 2

    @property
    def is_ordered(self) -> bool:
        return self.take != "level"

    @cached_property
    def code_of(self) -> Mapping[str, int]:
        return {level: code for code, level in enumerate(self.levels, start=1)}

    @cached_property
    def known(self) -> pl.Enum:
        return pl.Enum(self.levels)

    @cached_property
    def cuts(self) -> np.ndarray:
        return np.array(self.edges, dtype=np.float64)

    def code_levels(self, words: pl.Series) -> np.ndarray:
        if not self.levels:
            return np.where(words.is_null().to_numpy(), self.missing, 1).astype(np.uint16)
        places = words.cast(self.known, strict=False).to_physical().cast(pl.UInt16)
        codes = (places + 1).fill_null(self.size - 1)
        return codes.set(words.is_null(), self.missing).to_numpy()

    def code_numbers(self, values: np.ndarray) -> np.ndarray:
        codes = np.searchsorted(self.cuts, values, side="left").astype(np.uint16) + np.uint16(1)
        codes[np.isnan(values)] = self.missing
        return codes

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "take": self.take,
            "edges": list(self.edges),
            "levels": list(self.levels),
            "missing": self.missing,
            **({"points": list(self.points)} if self.points else {}),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Feature:
        edges = tuple(float(edge) for edge in data["edges"])
        levels = tuple(str(level) for level in data["levels"])
        points = tuple(float(value) for value in data.get("points", ()))
        feature = Feature(str(data["column"]), str(data["take"]), edges, levels, int(data["missing"]), points)
        sound = (
            any(feature.take in takes for takes in TAKES.values())
            and all(math.isfinite(edge) for edge in edges)
            and all(low < high for low, high in pairwise(edges))
            and len(set(levels)) == len(levels)
            and not (edges if feature.take == "level" else levels)
            and 0 <= feature.missing < feature.size <= 2**16
            and len(points) in (0, feature.size)
            and all(math.isfinite(value) for value in points)
        )
        if not sound:
            raise BundleError("The encoder of the bundle contradicts itself.", code="encoder")
        return feature


@dataclass(frozen=True)
class Declared:
    """A declared feature with what its means had to learn."""

    name: str
    expression: Expression
    fitted: Fitted

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "expression": self.expression.to_json(), "fitted": self.fitted.to_json()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Declared:
        expression = Expression.from_json(data["expression"])
        return Declared(str(data["name"]), expression, Fitted.from_json(data["fitted"]))


@dataclass(frozen=True)
class Encoder:
    """The bins and levels learnt from the training leads.

    Ages are counted to the time column; where there is none, to `reference` (seconds), the end of the
    month in which the training leads were about exported.
    """

    features: tuple[Feature, ...]
    declared: tuple[Declared, ...] = ()
    time: str | None = None
    reference: float | None = None

    @staticmethod
    def fit(typed: pl.DataFrame, schema: Schema, bins: int = BINS, support: int = SUPPORT) -> Encoder:
        """Bins and levels that at least `support` leads have; a bundle may hold no rarer ones than 20."""
        declared = tuple(
            Declared(name, expression, expressions.fit(expression, typed))
            for name, expression in schema.declared
        )
        start = Encoder((), declared, _dated(schema))
        typed = start.with_declared(typed)
        if start.time is None:
            start = replace(start, reference=_reference(typed, schema))
        moment = start.moments(typed)
        features: list[Feature] = []
        for column in schema.inputs:
            features += _fit_column(column, typed[column.name], moment, bins, support)
        return replace(start, features=tuple(features))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        return tuple(feature.size for feature in self.features)

    def with_declared(self, typed: pl.DataFrame) -> pl.DataFrame:
        """The typed leads and their declared features."""
        made = [
            expressions.to_polars(each.expression, each.fitted).alias(each.name) for each in self.declared
        ]
        return typed.with_columns(made) if made else typed

    def moments(self, typed: pl.DataFrame) -> np.ndarray | None:
        """The moment of each lead that ages are counted to."""
        if self.time in typed.columns:
            return frame.seconds(typed[self.time])
        return None if self.reference is None else np.full(typed.height, self.reference)

    def apply(self, typed: pl.DataFrame, at: float | None = None) -> Codes:
        """One row of codes a lead, a column a feature; ages as of `at` (seconds) if given. Learns nothing."""
        typed = self.with_declared(typed)
        moment = self.moments(typed) if at is None else np.full(typed.height, at)
        codes = np.empty((typed.height, len(self.features)), dtype=np.uint16, order="F")
        for k, feature in enumerate(self.features):
            codes[:, k] = _code(feature, typed[feature.column], moment)
        return codes

    def to_json(self) -> dict[str, Any]:
        return {
            "features": [feature.to_json() for feature in self.features],
            "declared": [declared.to_json() for declared in self.declared],
            "time": self.time,
            **({} if self.reference is None else {"reference": self.reference}),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Encoder:
        features = tuple(Feature.from_json(feature) for feature in data["features"])
        if len({(feature.column, feature.take) for feature in features}) < len(features):
            raise BundleError("The encoder of the bundle has a feature twice.", code="encoder")
        return Encoder(
            features,
            tuple(Declared.from_json(declared) for declared in data["declared"]),
            data["time"],
            _checked_reference(data),
        )


def _dated(schema: Schema) -> str | None:
    """The time column, where ages can be counted from it."""
    time = schema.name_of("time")
    return time if time is not None and schema[time].kind == "date" else None


def _reference(typed: pl.DataFrame, schema: Schema) -> float | None:
    """The start of the month after the newest dates that enough leads reach, so that no one lead tells it."""
    known = [typed[column.name].drop_nulls() for column in schema.inputs if column.kind == "date"]
    newest = [dates.sort(descending=True)[SUPPORT - 1] for dates in known if len(dates) >= SUPPORT]
    likely = [each for each in newest if each.year < NEVER]
    if not likely:
        return None
    last = max(likely)
    after = last.replace(year=last.year + last.month // 12, month=last.month % 12 + 1, day=1)
    return frame.seconds_of(after.replace(hour=0, minute=0, second=0, microsecond=0))


def _checked_reference(data: Mapping[str, Any]) -> float | None:
    found = data.get("reference")
    if found is None:
        return None
    if type(found) not in (int, float) or not math.isfinite(found) or data["time"] is not None:
        raise BundleError("The encoder of the bundle has no sound moment of reference.", code="encoder")
    return float(found)


def _code(feature: Feature, series: pl.Series, moment: np.ndarray | None) -> np.ndarray:
    if feature.take == "level":
        return feature.code_levels(series)
    return feature.code_numbers(_taken(feature.take, series, moment))


def _taken(take: str, series: pl.Series, moment: np.ndarray | None) -> np.ndarray:
    """The number that a feature takes from its column."""
    if take == "value":
        return series.to_numpy()
    if take == "length":
        return series.str.len_chars().cast(pl.Float64).to_numpy()
    if take == "age":
        then = frame.seconds(series)
        return (np.full(len(then), np.nan) if moment is None else moment - then) / DAY
    part = series.dt.weekday() if take == "weekday" else series.dt.hour()
    return part.cast(pl.Float64).to_numpy()


def _fit_column(
    column: Column, series: pl.Series, moment: np.ndarray | None, bins: int, support: int
) -> list[Feature]:
    if column.kind in ("category", "flag"):
        return [_fit_levels(column, series, support)]
    takes = {take: _taken(take, series, moment) for take in TAKES[column.kind]}
    fitted = [_fit_numbers(column, take, values, bins, support) for take, values in takes.items()]
    return [feature for feature in fitted if feature.edges or column.kind in ("number", "text")]


def _fit_levels(column: Column, series: pl.Series, support: int) -> Feature:
    frequent = [level for level, count in frame.counted(series) if count >= support]
    levels = frequent[:LEVELS]
    if column.points:
        # The rule of twenty holds: these levels come from the company's own table, not from leads.
        named = [level for level in column.points if level not in rules.WORDS]
        levels = list(dict.fromkeys([*levels, *named]))
    feature = Feature(column.name, "level", levels=tuple(levels))
    return _with_points(_with_missing(feature, column, 1 if frequent else 0), column)


def _fit_numbers(column: Column, take: str, values: np.ndarray, bins: int, support: int) -> Feature:
    known = values[~np.isnan(values)]
    edges = quantile_edges(known, bins, support) if len(known) else ()
    pointed = column.points if take == "value" else {}
    if pointed:
        # Bins may hold fewer than 20 leads here: these bounds come from the company's own table.
        edges = tuple(sorted({*edges, *rules.bounds(pointed)}))
    middle = int(np.searchsorted(edges, np.median(known), side="left")) + 1 if len(known) else 0
    feature = _with_missing(Feature(column.name, take, edges=edges), column, middle)
    return _with_points(feature, column) if pointed else feature


def _with_points(feature: Feature, column: Column) -> Feature:
    """The points of each code, as they were set; none for a column without."""
    if not column.points:
        return feature
    missing, other = (rules.of_words(column.points, word) for word in rules.WORDS)
    if feature.take == "level":
        words = [word if word not in rules.WORDS else rules.OTHER for word in feature.levels]
        inner = [*(column.points.get(word, other) for word in words), other]
    else:
        inner = rules.of_bins(column.points, feature.edges)
    return replace(feature, points=(missing, *inner))


def _with_missing(feature: Feature, column: Column, typical: int) -> Feature:
    """Where missing leads are to be read as a typical or a given value, they share that value's code."""
    if column.missing == "level":
        return feature
    if column.missing in ("mode", "median"):
        code = typical
    elif feature.take == "level":
        code = feature.code_of.get(column.read_one(column.missing), feature.size - 1)
    else:
        value = cells.parse_number(str(column.missing))
        if value is None:
            raise ConfigError(
                f"missing = {column.missing!r} of {column.name!r} is not a number.",
                code="missing",
                hint='Give a number, or "level" or "median".',
            )
        code = int(np.searchsorted(feature.cuts, value, side="left")) + 1
    return replace(feature, missing=code)


def support_for(rows: int) -> int:
    """How many rows a bin or a level needs: 20, which is what a bundle needs, or fewer of few rows."""
    return min(SUPPORT, max(1, rows // SHARE))


def quantile_edges(values: np.ndarray, bins: int, support: int = SUPPORT) -> tuple[float, ...]:
    """Cuts between bins of about equal size, at least 20 rows each; a common value has a bin of its own."""
    distinct, counts = np.unique(values, return_counts=True)
    upto = np.cumsum(counts)
    ends = _bin_ends(counts, upto, max(support, math.ceil(len(values) / bins)), support)
    return tuple(between(float(distinct[end]), float(distinct[end + 1])) for end in ends[:-1])


def _bin_ends(counts: np.ndarray, upto: np.ndarray, size: int, support: int) -> list[int]:
    """The last distinct value of each bin."""
    common = np.flatnonzero(counts >= size)
    ends: list[int] = []
    start = filled = 0
    last = len(counts) - 1
    while start <= last:
        end = min(int(np.searchsorted(upto, filled + size)), last)
        stop = (
            common[np.searchsorted(common, start)]
            if np.searchsorted(common, start) < len(common)
            else last + 1
        )
        if start < stop <= end and upto[stop - 1] - filled >= support:
            end = int(stop) - 1
        ends.append(end)
        filled, start = int(upto[end]), end + 1
    if len(ends) > 1 and upto[last] - upto[ends[-2]] < support:
        del ends[-2]
    return ends


def between(low: float, high: float) -> float:
    """The shortest decimal in the middle of low and high: no one lead's value is kept as a cut."""
    middle = low / 2 + high / 2
    for digits in range(1, 17):
        candidate = float(f"{middle:.{digits}g}")
        if low < candidate < high:
            return candidate
    return low


def representatives(feature: Feature) -> Sequence[str]:
    """Each code in words, for tables and reasons."""
    if feature.take == "level":
        return ("missing", *feature.levels, "other")
    cuts = [f"{edge:,.0f}" if 1e6 <= abs(edge) < 1e12 else f"{edge:g}" for edge in feature.edges]
    if not cuts:
        return ("missing", "given")
    inner = [f"{low} to {high}" for low, high in pairwise(cuts)]
    return ("missing", f"up to {cuts[0]}", *inner, f"over {cuts[-1]}")
