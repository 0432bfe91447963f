"""Tables for pairs that work together though neither may say anything alone, as rough as leads prove.

Every pair is asked whether what is left over differs among its cells more than chance would have it. The
tables of those that pass, and corrections to the features' own, are drawn towards zero and towards their
neighbours; by how much is what makes the leads most likely. A table that chance explains stays empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from leadlight.model.encode import SUPPORT, Codes
from leadlight.training.learners.spread import LEAST, left_over, likeliest

BEYOND_CHANCE: Final = 2.5
"""How many standard deviations above chance a pair has to stand."""
SMOOTHNESS: Final = 0.3
"""Of all leads in order of a number, how far one bin looks: nearer ones lean on each other more."""
PAIR_ROUGHNESS: Final = 0.1
MAIN_ROUGHNESS: Final = 0.02
STEPS: Final = 4
SWEEPS: Final = 4
STRIDE: Final = 2.0
"""A step may change a value so far: where leads go against a sure margin the next step knows better."""


@dataclass(frozen=True)
class Coding:
    """The codes of leads, how many each feature has of them, and whether they are in order."""

    codes: Codes
    sizes: Sequence[int]
    is_ordered: Sequence[bool]

    def kinships(self, roughness: float) -> list[np.ndarray]:
        every = zip(self.codes.T, self.sizes, self.is_ordered, strict=True)
        return [_kinship(codes, size, is_ordered, roughness) for codes, size, is_ordered in every]


@dataclass
class TableBlock:
    """A table that is being fitted: each lead's cell, which cells lean on which, and its values."""

    cell: np.ndarray
    kinship: np.ndarray
    values: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.values = np.zeros(len(self.kinship))
        counts = np.bincount(self.cell, minlength=len(self.kinship))
        self.frequent = np.flatnonzero(counts >= SUPPORT)
        self.between = self.kinship[np.ix_(self.frequent, self.frequent)]
        self.from_frequent = self.kinship[:, self.frequent]

    def weigh(self, curvature: np.ndarray) -> None:
        """Prepare for a step of leads this sure; cells of fewer than 20 are left to their neighbours."""
        self.start = self.values
        self.weight = self._sums(curvature)
        root = np.sqrt(self.weight)
        strength, ways = np.linalg.eigh(root[:, None] * self.between * root)
        kept = strength > 1e-9 * strength.max(initial=1e-9)
        self.strength, ways = strength[kept], ways[:, kept]
        self.into = ways.T * np.divide(1.0, root, out=np.zeros_like(root), where=root > 0)
        self.out = (self.from_frequent * root) @ ways

    def _sums(self, amounts: np.ndarray) -> np.ndarray:
        """Of the leads in each frequent cell."""
        sums: np.ndarray = np.bincount(self.cell, amounts, len(self.kinship))[self.frequent]
        return sums

    def move(self, left: np.ndarray) -> np.ndarray:
        """Fit what is left over; gives by how much each cell has changed."""
        seen = self.into @ (self._sums(left) + self.weight * self.values[self.frequent])
        spread = likeliest(self.strength, seen)
        values = self.out @ (spread / (1.0 + spread * self.strength) * seen)
        values = np.clip(values, self.start - STRIDE, self.start + STRIDE)
        change: np.ndarray = values - self.values
        self.values = values
        return change


@dataclass(frozen=True)
class PairTables:
    """What was found: a correction a feature and a table a pair; `margin` is all that the leads get."""

    base: float
    mains: Sequence[np.ndarray]
    pairs: Mapping[tuple[int, int], np.ndarray]
    margin: np.ndarray


def fit(
    fine: Coding,
    coarse: Coding,
    outcome: np.ndarray,
    margin: np.ndarray,
    weight: np.ndarray | None,
    most: int,
    asked: Sequence[int],
) -> PairTables:
    """From the margin of the main effects on; their corrections are of fine codes, pairs of coarse ones.

    `most` pairs at most, of the features that are asked.
    """
    kinships = coarse.kinships(PAIR_ROUGHNESS)
    scores = _scores(coarse.codes, kinships, asked, *left_over(outcome, margin, weight))
    chosen = _clearest(scores, most)
    mains = [
        TableBlock(codes.astype(np.intp), kinship)
        for codes, kinship in zip(fine.codes.T, fine.kinships(MAIN_ROUGHNESS), strict=True)
    ]
    sides = coarse.sizes
    pairs = {
        (first, second): TableBlock(
            _cells(coarse.codes, first, second, sides[second]), np.kron(kinships[first], kinships[second])
        )
        for first, second in chosen
    }
    base = 0.0
    for _ in range(STEPS):
        base, margin = _step([*mains, *pairs.values()], outcome, margin, weight, base)
    tables = {
        (first, second): block.values.reshape(sides[first], sides[second])
        for (first, second), block in pairs.items()
        if block.values.any()
    }
    return PairTables(base, [block.values for block in mains], tables, margin)


def _step(
    blocks: Sequence[TableBlock],
    outcome: np.ndarray,
    margin: np.ndarray,
    weight: np.ndarray | None,
    base: float,
) -> tuple[float, np.ndarray]:
    """One Newton step: the tables in turn, a few times over."""
    left, curvature = left_over(outcome, margin, weight)
    for block in blocks:
        block.weigh(curvature)
    for _ in range(SWEEPS):
        shift = float(np.clip(left.sum() / max(curvature.sum(), LEAST), -STRIDE, STRIDE))
        base, margin, left = base + shift, margin + shift, left - curvature * shift
        for block in blocks:
            change = block.move(left).take(block.cell)
            margin, left = margin + change, left - curvature * change
    return base, margin


def _clearest(scores: Iterator[tuple[float, tuple[int, int]]], most: int) -> list[tuple[int, int]]:
    """The pairs that stand out from chance, the clearest of them first."""
    clear = [each for each in scores if each[0] >= BEYOND_CHANCE]
    return [pair for _, pair in sorted(clear, key=lambda each: (-each[0], each[1]))[:most]]


def _scores(
    coarse: Codes,
    kinships: Sequence[np.ndarray],
    asked: Sequence[int],
    left: np.ndarray,
    curvature: np.ndarray,
) -> Iterator[tuple[float, tuple[int, int]]]:
    """A score test of each pair's spread: standard deviations above what no effect would give."""
    squares = [kinship**2 for kinship in kinships]
    own = [np.diag(kinship) for kinship in kinships]
    for place, second in enumerate(asked):
        for first in asked[:place]:
            one, other = kinships[first], kinships[second]
            shape = len(one), len(other)
            cell = _cells(coarse, first, second, len(other))
            sums = np.bincount(cell, left, shape[0] * shape[1]).reshape(shape)
            weights = np.bincount(cell, curvature, shape[0] * shape[1]).reshape(shape)
            seen = float((sums * (one @ sums @ other)).sum())
            expected = float(own[first] @ weights @ own[second])
            variance = 2.0 * float((weights * (squares[first] @ weights @ squares[second])).sum())
            if variance > 0:
                yield (seen - expected) / variance**0.5, (first, second)


def _cells(coarse: Codes, first: int, second: int, side: int) -> np.ndarray:
    cells: np.ndarray = coarse[:, first].astype(np.intp) * side + coarse[:, second]
    return cells


def _kinship(codes: np.ndarray, size: int, is_ordered: bool, roughness: float) -> np.ndarray:
    """Bins of a number are alike the nearer they lie, levels are strangers; the average lead gets nothing.

    A rare code does not count in that average: it would have to make up for what the others get.
    """
    counts = np.bincount(codes, minlength=size)
    kinship = np.eye(len(counts))
    if is_ordered and len(counts) > 3:
        known = counts[1:] / max(1, counts[1:].sum())
        middle = np.cumsum(known) - known / 2
        near = np.exp(-np.abs(middle[:, None] - middle) / SMOOTHNESS)
        kinship[1:, 1:] = (1.0 - roughness) * near + roughness * np.eye(len(known))
    frequent = np.where(counts >= SUPPORT, counts, 0)
    share = frequent / max(1, frequent.sum())
    kinship = kinship - share @ kinship
    kinship = kinship - (kinship @ share)[:, None]
    centred: np.ndarray = (kinship + kinship.T) / 2
    return centred
