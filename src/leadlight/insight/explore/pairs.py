"""Two columns at once: a cloud of small groups of leads, and where two columns work on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leadlight.data.schema import Column
from leadlight.insight.explore import counts
from leadlight.insight.explore.counts import LEAST, Grouping, share
from leadlight.insight.explore.leads import ExploredLeads

Floats = NDArray[np.float64]

CELLS: Final = 250
SIDE: Final = 6
AMONG: Final = 10
SWEEPS: Final = 20
MATTERS: Final = 0.002
SURE: Final = 4.0
"""How many standard deviations a pair has to stand above chance: dozens are looked at."""


@dataclass(frozen=True)
class Dot:
    """At least 20 leads that lie close together, drawn where they are on average."""

    x: float
    y: float
    leads: int
    rate: float | None


@dataclass(frozen=True)
class Cell:
    """The leads that share a group of both columns."""

    first: str
    second: str
    leads: int
    rate: float


@dataclass(frozen=True)
class Interplay:
    """Two columns whose effect together is not the sum of each: how much more they tell, and their cells."""

    first: str
    second: str
    strength: float
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]


def cloud(leads: ExploredLeads, first: str, second: str) -> list[Dot]:
    """Halve the leads along one column, then the other, as long as 20 are left on each side."""
    one, other = (counts.numbers_of(leads.typed[name]) for name in (first, second))
    both = np.flatnonzero(~np.isnan(one) & ~np.isnan(other))
    points = np.column_stack([one[both], other[both]])
    least = max(LEAST, len(both) // CELLS)
    return [
        _dot(points[cell], leads.outcome[both[cell]]) for cell in _halved(points, np.arange(len(both)), least)
    ]


def _halved(points: Floats, among: NDArray[np.int64], least: int) -> list[NDArray[np.int64]]:
    if len(among) < LEAST:
        return []
    for axis in _wider(points[among]):
        left = _lower(points[among, axis], least)
        if left is not None:
            return [*_halved(points, among[left], least), *_halved(points, among[~left], least)]
    return [among]


def _wider(points: Floats) -> list[int]:
    """The axis along which more values differ first."""
    distinct = [len(np.unique(points[:, axis])) for axis in (0, 1)]
    return [0, 1] if distinct[0] >= distinct[1] else [1, 0]


def _lower(values: Floats, least: int) -> NDArray[np.bool_] | None:
    """Which leads are in the lower half; equal values stay together, and both halves are large enough."""
    middle = np.median(values)
    for lower in (values < middle, values <= middle):
        if least <= int(lower.sum()) <= len(values) - least:
            return lower
    return None


def _dot(points: Floats, outcome: Floats) -> Dot:
    known = outcome[~np.isnan(outcome)]
    rate = share(int(known.sum()), len(known))[0]
    return Dot(float(points[:, 0].mean()), float(points[:, 1].mean()), len(points), rate)


def interplays(leads: ExploredLeads, columns: Sequence[Column], most: int = 4) -> list[Interplay]:
    """The pairs of columns that tell most beyond what each tells alone, strongest first."""
    known = leads.decided
    outcome = leads.outcome[known]
    groups = {
        column.name: _known(counts.grouping(column, leads.typed[column.name], SIDE), known)
        for column in columns[:AMONG]
        if column.kind in ("number", "category", "flag")
    }
    found = [
        (excess(one.number, other.number, outcome), first, second)
        for (first, one), (second, other) in combinations(groups.items(), 2)
    ]
    strong = sorted((row for row in found if row[0] >= MATTERS), key=lambda row: (-row[0], row[1], row[2]))
    return [
        _interplay(strength, first, second, groups[first], groups[second], outcome)
        for strength, first, second in strong[:most]
    ]


def _known(grouping: Grouping, known: NDArray[np.bool_]) -> Grouping:
    return Grouping(grouping.number[known].astype(np.int64), grouping.labels)


def excess(one: NDArray[np.int64], other: NDArray[np.int64], outcome: Floats) -> float:
    """What the cells tell beyond the sum of both columns' effects, a lead; none if that may be chance."""
    high, wide = int(one.max()) + 1, int(other.max()) + 1
    cell = one * wide + other
    leads = np.bincount(cell, minlength=high * wide).reshape(high, wide).astype(np.float64)
    won: Floats = np.bincount(cell, outcome, minlength=high * wide).reshape(high, wide).astype(np.float64)
    chance = _additive(leads, won)
    enough = leads >= LEAST
    expected = (leads * chance)[enough]
    spread = np.maximum(expected * (1 - chance[enough]), 1e-9)
    surprise = float(((won[enough] - expected) ** 2 / spread).sum())
    freedom = max(0, int(enough.sum()) - int(enough.any(axis=1).sum()) - int(enough.any(axis=0).sum()) + 1)
    beyond = surprise - freedom
    return beyond / len(outcome) if beyond > SURE * (2 * freedom) ** 0.5 else 0.0


def _additive(leads: Floats, won: Floats) -> Floats:
    """The chance in each cell if both columns only added up (on the log-odds)."""
    rows, columns = np.zeros(leads.shape[0]), np.zeros(leads.shape[1])
    for _ in range(SWEEPS):
        for axis, table in ((1, rows), (0, columns)):
            chance = 1 / (1 + np.exp(-(rows[:, None] + columns[None, :])))
            slope = (won - leads * chance).sum(axis=axis)
            bend = (leads * chance * (1 - chance)).sum(axis=axis) + 0.5
            table += np.clip(slope / bend, -1.0, 1.0)
    chances: Floats = 1 / (1 + np.exp(-(rows[:, None] + columns[None, :])))
    return chances


def _interplay(
    strength: float, first: str, second: str, one: Grouping, other: Grouping, outcome: Floats
) -> Interplay:
    cells = []
    for i, row in enumerate(one.labels):
        for j, column in enumerate(other.labels):
            among = (one.number == i) & (other.number == j)
            rate = share(int(outcome[among].sum()), int(among.sum()))[0]
            if rate is not None:
                cells.append(Cell(row, column, int(among.sum()), rate))
    rows = [label for label in one.labels if any(cell.first == label for cell in cells)]
    columns = [label for label in other.labels if any(cell.second == label for cell in cells)]
    return Interplay(first, second, strength, tuple(rows), tuple(columns), tuple(cells))
