"""How columns go together: with the outcome, and with one another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leadlight.data.schema import Column
from leadlight.insight.explore import counts
from leadlight.insight.explore.counts import LEAST
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.model.metrics import NINETY

Floats = NDArray[np.float64]

ROWS: Final = 20_000
MOST: Final = 24
SAME: Final = 0.999


@dataclass(frozen=True)
class WithOutcome:
    """A number's correlation with the outcome: Pearson with its interval, and by ranks."""

    column: str
    pearson: float
    low: float
    high: float
    spearman: float
    leads: int


@dataclass(frozen=True)
class Together:
    """How much two columns go together: one measure for each pair of kinds."""

    first: str
    second: str
    kind: str
    value: float
    pearson: float | None = None
    spearman: float | None = None


@dataclass(frozen=True)
class RelatedPart:
    """A column ready to be compared: numbers with gaps, or levels with -1 for gaps."""

    name: str
    numbers: Floats | None
    levels: NDArray[np.int64]


def parts(leads: ExploredLeads, columns: Sequence[Column]) -> list[RelatedPart]:
    """Every so many leads of these columns."""
    stride = max(1, -(-leads.height // ROWS))
    found = []
    for column in columns:
        series = leads.typed[column.name].gather_every(stride)
        if column.kind == "number":
            found.append(RelatedPart(column.name, counts.numbers_of(series), np.zeros(0, dtype=np.int64)))
        elif column.kind in ("category", "flag"):
            grouping = counts.by_level(column, series, most=30)
            gap = len(grouping.labels) - 1
            found.append(
                RelatedPart(column.name, None, np.where(grouping.number == gap, -1, grouping.number))
            )
    return found


def with_outcome(leads: ExploredLeads, columns: Sequence[Column]) -> list[WithOutcome]:
    """Every number, the strongest first."""
    found = []
    for column in columns:
        if column.kind == "number":
            values = counts.numbers_of(leads.typed[column.name])
            both = ~np.isnan(values) & leads.decided
            made = _with_outcome(column.name, values[both], leads.outcome[both])
            found += [made] if made else []
    return sorted(found, key=lambda each: (-abs(each.pearson), each.column))


def _with_outcome(name: str, values: Floats, outcome: Floats) -> WithOutcome | None:
    straight, ranked = pearson(values, outcome), spearman(values, outcome)
    if straight is None or ranked is None:
        return None
    wide = NINETY / math.sqrt(max(1, len(values) - 3))
    middle = math.atanh(min(max(straight, -1 + 1e-12), 1 - 1e-12))
    low, high = math.tanh(middle - wide), math.tanh(middle + wide)
    return WithOutcome(name, straight, low, high, ranked, len(values))


def pearson(one: Floats, other: Floats) -> float | None:
    """Nothing under 20 leads, or where one does not vary."""
    if len(one) < LEAST:
        return None
    one, other = one - one.mean(), other - other.mean()
    size = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / size if size > 1e-12 else None


def spearman(one: Floats, other: Floats) -> float | None:
    """The correlation of the ranks; equal values share a rank."""
    return pearson(_ranks(one), _ranks(other)) if len(one) >= LEAST else None


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    middle: Floats = (ends - count / 2)[place]
    return middle


def together(found: Sequence[RelatedPart]) -> list[Together]:
    """All pairs of columns that have 20 leads with a value in both."""
    return [made for one, other in combinations(found, 2) if (made := _together(one, other)) is not None]


def _together(one: RelatedPart, other: RelatedPart) -> Together | None:
    if one.numbers is not None and other.numbers is not None:
        both = ~np.isnan(one.numbers) & ~np.isnan(other.numbers)
        straight = pearson(one.numbers[both], other.numbers[both])
        ranked = spearman(one.numbers[both], other.numbers[both])
        if straight is None or ranked is None:
            return None
        return Together(one.name, other.name, "Spearman", abs(ranked), straight, ranked)
    if one.numbers is None and other.numbers is None:
        kind, value = "Cramér’s V", cramer(one.levels, other.levels)
    elif one.numbers is None and other.numbers is not None:
        kind, value = "correlation ratio", ratio(other.numbers, one.levels)
    else:
        kind, value = "correlation ratio", ratio(one.numbers, other.levels)
    return None if value is None else Together(one.name, other.name, kind, value)


def cramer(one: NDArray[np.int64], other: NDArray[np.int64]) -> float | None:
    """How much two sets of levels go together, corrected for chance."""
    both = (one >= 0) & (other >= 0)
    one, other, rows = one[both], other[both], int(both.sum())
    if rows < LEAST:
        return None
    high, wide = int(one.max()) + 1, int(other.max()) + 1
    table = np.bincount(one * wide + other, minlength=high * wide).reshape(high, wide).astype(np.float64)
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    smaller = min(table.shape) - 1
    if smaller < 1:
        return None
    expected = table.sum(axis=1)[:, None] * table.sum(axis=0)[None, :] / rows
    surprise = float(((table - expected) ** 2 / expected).sum())
    chance = (table.shape[0] - 1) * (table.shape[1] - 1)
    return math.sqrt(min(1.0, max(0.0, surprise - chance) / (rows * smaller)))


def ratio(values: Floats | None, levels: NDArray[np.int64]) -> float | None:
    """How much of a number's spread the levels account for, corrected for chance (as a correlation)."""
    if values is None:
        return None
    both = ~np.isnan(values) & (levels >= 0)
    values, (kinds, place) = values[both], np.unique(levels[both], return_inverse=True)
    rows = len(values)
    if rows < LEAST or len(kinds) < 2 or rows <= len(kinds):
        return None
    count = np.bincount(place)
    mean = np.bincount(place, values) / count
    whole = float(((values - values.mean()) ** 2).sum())
    if whole <= 1e-12:
        return None
    within = float(((values - mean[place]) ** 2).sum())
    left = (within / (rows - len(kinds))) / (whole / (rows - 1))
    return math.sqrt(max(0.0, 1.0 - left))


def strongest_numbers(found: Sequence[Together], most: int = 3) -> list[Together]:
    """Pairs of numbers that go together most, but are not the same."""
    numbers = [each for each in found if each.spearman is not None and each.value < SAME]
    return sorted(numbers, key=lambda each: (-each.value, each.first, each.second))[:most]
