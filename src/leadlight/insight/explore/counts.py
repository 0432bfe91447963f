"""Leads counted by value, with the share that was won; what fewer than 20 leads have is put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from leadlight.data.schema import Column
from leadlight.insight.wording import measure, telling
from leadlight.model import metrics
from leadlight.model.encode import quantile_edges

LEAST: Final = 20
LEVELS: Final = 10
BINS: Final = 10
BARS: Final = 24
STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
MISSING: Final = "missing"
GIVEN: Final = "given"
DIGITS: Final = range(3, 17)


@dataclass(frozen=True)
class CountedGroup:
    """Leads that share a value: how many, their share of all, how many of them won."""

    label: str
    leads: int
    share: float
    decided: int
    rate: float | None
    low: float | None
    high: float | None
    place: float = 0.0


@dataclass(frozen=True)
class Bar:
    """How many leads lie between two numbers."""

    start: float
    end: float
    leads: int


@dataclass(frozen=True)
class Grouping:
    """Which group each lead is in (-1: none), and what the groups are called."""

    number: np.ndarray
    labels: tuple[str, ...]
    places: tuple[float, ...] = ()

    def count(self, outcome: np.ndarray) -> list[CountedGroup]:
        """Groups of 20 leads or more, in their order."""
        found = [self._group(k, outcome) for k in range(len(self.labels))]
        return [group for group in found if group is not None]

    def _group(self, k: int, outcome: np.ndarray) -> CountedGroup | None:
        among = self.number == k
        leads = int(among.sum())
        if leads < LEAST:
            return None
        known = outcome[among & ~np.isnan(outcome)]
        rate, low, high = share(int(known.sum()), len(known))
        place = self.places[k] if self.places else 0.0
        return CountedGroup(self.labels[k], leads, leads / len(outcome), len(known), rate, low, high, place)


def share(won: int, decided: int) -> tuple[float | None, float | None, float | None]:
    """A share with Wilson's interval; nothing under 20 leads."""
    if decided < LEAST:
        return None, None, None
    low, high = metrics.wilson(won, decided)
    return won / decided, float(low), float(high)


def grouping(column: Column, series: pl.Series, most: int = LEVELS) -> Grouping:
    """The groups of a column: its commonest values, or bins in which about equally many leads lie."""
    if series.dtype == pl.String and column.kind != "text":
        return by_level(column, series, most)
    found = by_bin(numbers_of(series), most, day if series.dtype.is_temporal() else None)
    if column.kind != "text":
        return found
    labels = [label if label in (GIVEN, MISSING) else f"{label} characters" for label in found.labels]
    return replace(found, labels=tuple(labels))


def day(seconds: float) -> str:
    """The date of a moment."""
    return (datetime(1970, 1, 1) + timedelta(seconds=seconds)).date().isoformat()


def numbers_of(series: pl.Series) -> np.ndarray:
    """A column as numbers: dates in seconds, texts by their length."""
    if series.dtype == pl.String:
        return series.str.len_chars().cast(pl.Float64).to_numpy()
    if series.dtype.is_temporal():
        return series.cast(pl.Datetime("us")).dt.timestamp("us").cast(pl.Float64).to_numpy() / 1e6
    return series.cast(pl.Float64).to_numpy()


def by_level(column: Column, series: pl.Series, most: int = LEVELS) -> Grouping:
    counts = series.drop_nulls().value_counts().sort(["count", series.name], descending=[True, False])
    frequent = counts.filter(pl.col("count") >= LEAST)[series.name].to_list()
    kept, rest = frequent[:most], counts.height - min(len(frequent), most)
    if len(frequent) == most + 1 and counts.height == most + 1:
        kept, rest = frequent, 0
    number = series.replace_strict(
        kept, list(range(len(kept))), default=len(kept), return_dtype=pl.Int64
    ).set(series.is_null(), len(kept) + 1)
    labels = [column.label(level) for level in kept]
    return Grouping(number.to_numpy(), (*labels, f"{rest} other values" if rest > 1 else "other", MISSING))


def by_bin(values: np.ndarray, most: int = BINS, told: Callable[[float], str] | None = None) -> Grouping:
    """Bins of about equal size; a value that many leads share has one of its own."""
    known = values[~np.isnan(values)]
    edges = quantile_edges(known, most) if len(known) else ()
    number = np.searchsorted(np.array(edges), values, side="left")
    number[np.isnan(values)] = len(edges) + 1
    if not len(known):
        return Grouping(number, (GIVEN, MISSING))
    bounds = [-math.inf, *edges, math.inf]
    held = [values[number == k] for k in range(len(edges) + 1)]
    told = told or partial(measure, digits=telling(edges, measure, DIGITS))
    every = zip(bounds, bounds[1:], held, strict=False)
    labels = [_label(low, high, inside, told) for low, high, inside in every]
    return Grouping(number, (*labels, MISSING), (*(float(inside.mean()) for inside in held), math.nan))


def _label(low: float, high: float, inside: np.ndarray, told: Callable[[float], str]) -> str:
    """The bin (low, high] in words; whole numbers by the first and the last that it can hold."""
    if inside.min() == inside.max() and len(inside) >= LEAST:
        return told(float(inside[0]))
    whole = bool((inside == np.floor(inside)).all())
    if math.isinf(low) and math.isinf(high):
        return GIVEN
    first = "" if math.isinf(low) else told(math.floor(low) + 1 if whole else low)
    last = "" if math.isinf(high) else told(math.floor(high) if whole else high)
    if math.isinf(low):
        return f"up to {last}"
    if math.isinf(high):
        return f"{first} or more" if whole else f"over {first}"
    return f"{first} to {last}"


def bars(values: np.ndarray, count: int = BARS) -> list[Bar]:
    """How numbers are spread: bars of equal width with round ends; the outer two are open."""
    known = values[~np.isnan(values)]
    if len(known) < LEAST:
        return []
    low, high = np.quantile(known, [0.01, 0.98])
    step = _step(float(high - low) / count)
    start = math.floor(float(low) / step) * step
    ends = start + step * np.arange(1, max(1, math.ceil((float(high) - start) / step)))
    inside = np.bincount(np.searchsorted(ends, known, side="right"), minlength=len(ends) + 1)
    return _joined([start, *ends.tolist(), (ends[-1] if len(ends) else start) + step], inside.tolist())


def _step(width: float) -> float:
    """The next round number."""
    if width <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(width))
    return next(power * step for step in STEPS if power * step >= width * (1 - 1e-9))


def _joined(ends: Sequence[float], leads: Sequence[int]) -> list[Bar]:
    """Bars that hold fewer than 20 leads are joined with the next."""
    found: list[Bar] = []
    start, held = ends[0], 0
    for end, count in zip(ends[1:], leads, strict=True):
        held += count
        if held >= LEAST:
            found.append(Bar(start, end, held))
            start, held = end, 0
    if held and found:
        last = found.pop()
        found.append(Bar(last.start, ends[-1], last.leads + held))
    return found
