"""Odds ratios of an additive model with bootstrap intervals.

Each resample moves the fitted coefficients by one Newton step: the bend of the likelihood is kept, its slope
is resampled, so that hundreds of resamples cost one inversion.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from leadlight.data.schema import Schema
from leadlight.model.encode import SUPPORT, Codes, Encoder, Feature, representatives
from leadlight.model.points import Points
from leadlight.model.probability import probability

Floats = NDArray[np.float64]

ROWS: Final = 10_000
ROWS_OF_MANY: Final = 4_000
"""So many leads say how sure the coefficients are where these are more than the leads."""
RESAMPLES: Final = 100
MOST: Final = 60
DECIMALS: Final = 4
LEAST: Final = 1e-12


@dataclass(frozen=True)
class Coefficient:
    """The odds of leads with this value against those of the average lead."""

    column: str
    value: str
    leads: int
    odds: float
    low: float
    high: float

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


def coefficients(
    points: Points,
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    schema: Schema,
    *,
    ridge: float,
    seed: int,
) -> list[Coefficient]:
    """The strongest that 20 leads or more stand behind; `ridge` is the penalty they were learnt with."""
    design = _Design.of(points, codes, encoder)
    stride = max(1, -(-len(codes) // (ROWS if design.width <= ROWS_OF_MANY else ROWS_OF_MANY)))
    chance = probability(points.margin(np.asfortranarray(codes[::stride])))
    moves = _moves(design.places[::stride], design.width, outcome[::stride], chance, ridge, seed)
    found: list[Coefficient] = []
    for k, feature in enumerate(encoder.features):
        moved = moves[:, design.starts[k] : design.starts[k + 1]] / math.sqrt(stride)
        counts = np.bincount(design.bins[k].take(codes[:, k]), minlength=moved.shape[1])
        centred = moved - (moved @ counts / max(1, counts.sum()))[:, None]
        found += _of_feature(feature, schema, points.tables[k], design.bins[k], counts, centred)
    return sorted(found, key=lambda each: (-abs(math.log(each.odds)), each.column, each.value))[:MOST]


@dataclass(frozen=True)
class _Design:
    """Which coefficient each lead has of each feature."""

    bins: tuple[NDArray[np.intp], ...]
    starts: NDArray[np.intp]
    places: NDArray[np.intp]

    @property
    def width(self) -> int:
        return int(self.starts[-1])

    @staticmethod
    def of(points: Points, codes: Codes, encoder: Encoder) -> _Design:
        bins = tuple(
            _bins(table, feature) for table, feature in zip(points.tables, encoder.features, strict=True)
        )
        starts = np.concatenate([[0], np.cumsum([int(part.max()) + 1 for part in bins])]).astype(np.intp)
        places = [
            start + part.take(codes[:, k]) for k, (start, part) in enumerate(zip(starts, bins, strict=False))
        ]
        return _Design(bins, starts, np.column_stack(places))


def _bins(table: Floats, feature: Feature) -> NDArray[np.intp]:
    """Neighbouring codes of a number that share a coefficient; every level has one of its own."""
    if not feature.is_ordered:
        return np.arange(feature.size)
    new = np.append([True, True], table[2:] != table[1:-1])
    return np.cumsum(new) - 1


def _moves(
    places: NDArray[np.intp], width: int, outcome: np.ndarray, chance: Floats, ridge: float, seed: int
) -> Floats:
    """How far each resample moves each coefficient, a row a resample."""
    from scipy.sparse import csr_matrix

    rows = np.column_stack([places, np.full(len(places), width)])
    ends = np.arange(len(rows) + 1) * rows.shape[1]
    matrix = csr_matrix((np.ones(rows.size), rows.ravel(), ends), shape=(len(rows), width + 1))
    weight = chance * (1 - chance)
    dice = np.random.Generator(np.random.PCG64(seed))
    drawn = dice.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=RESAMPLES).T - 1.0
    left = drawn * (outcome - chance)[:, None]
    solve = solved_by_columns if width < len(rows) else solved_by_rows
    moved: Floats = solve(matrix, weight, ridge, left).T[:, :width]
    return moved


def solved_by_columns(matrix: Any, weight: Floats, ridge: float, left: Floats) -> Floats:
    """The step of each coefficient: the bend of the likelihood is a square over the coefficients."""
    bend = (matrix.T @ matrix.multiply(weight[:, None])).toarray() + ridge * np.eye(matrix.shape[1])
    step: Floats = np.linalg.solve(bend, matrix.T @ left)
    return step


def solved_by_rows(matrix: Any, weight: Floats, ridge: float, left: Floats) -> Floats:
    """The step as well, by a square over the leads, which are fewer (Woodbury)."""
    root = np.sqrt(np.maximum(weight, LEAST))
    alike = (matrix @ matrix.T).toarray() * root[:, None] * root
    alike[np.diag_indices_from(alike)] += ridge
    step: Floats = matrix.T @ (root[:, None] * np.linalg.solve(alike, left / root[:, None]))
    return step


def _of_feature(
    feature: Feature,
    schema: Schema,
    table: Floats,
    bins: NDArray[np.intp],
    counts: NDArray[np.intp],
    moves: Floats,
) -> Iterator[Coefficient]:
    words = representatives(feature)
    low, high = np.quantile(moves, [0.05, 0.95], axis=0) - moves.mean(axis=0)
    for number in np.flatnonzero(counts >= SUPPORT).tolist():
        codes = np.flatnonzero(bins == number)
        point = float(table[codes[0]])
        if point:
            yield Coefficient(
                feature.name,
                _words(feature, schema, words, codes.tolist()),
                int(counts[number]),
                *(_odds(point + side) for side in (0.0, min(low[number], 0.0), max(high[number], 0.0))),
            )


def _odds(margin: float) -> float:
    return round(math.exp(min(max(margin, -9.0), 9.0)), DECIMALS)


def _words(feature: Feature, schema: Schema, words: Sequence[str], codes: Sequence[int]) -> str:
    """A level as it is written in the file, or the numbers from the first bin to the last."""
    if feature.take == "level":
        return schema[feature.column].label(words[codes[0]])
    if len(codes) == 1:
        return words[codes[0]]
    low = None if codes[0] == 1 else feature.edges[codes[0] - 2]
    high = None if codes[-1] > len(feature.edges) else feature.edges[codes[-1] - 1]
    if low is None or high is None:
        return "given" if low is high else (f"up to {high:g}" if low is None else f"over {low:g}")
    return f"{low:g} to {high:g}"
