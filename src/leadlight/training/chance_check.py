"""Whether the leads say anything about who buys; where they do not, no model of them is published.

A model of nothing but noise is better than a coin by luck alone, and folds that share their training rows
make luck larger than it looks. So an area under the curve counts by itself only far above one half. Below
that the columns are asked: each gets a figure for how it goes with the outcome, and the sum of their cubes
must be larger than what 99 in 100 shufflings of the outcome give. Cubes see one good column among many and
many weak ones alike.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from leadlight.data.schema import Schema
from leadlight.errors import TrainingError
from leadlight.model import metrics
from leadlight.model.encode import Codes, Encoder, Feature
from leadlight.training.candidates import FoldedLeads, OutOfFold
from leadlight.training.learners.logistic import coarser

FAR: Final = 4.0
"""Standard errors; of models of noise about two in a thousand are as far above one half."""
LEVEL: Final = 0.01
WORTH: Final = 0.6
"""An area under the curve that hand-set points are hardly worth their while below."""
SHUFFLES: Final = 499
BINS: Final = 4
_AT_ONCE: Final = 2_000_000


def above_half(outcome: np.ndarray, margin: np.ndarray, fold: np.ndarray) -> tuple[float, float]:
    """The area under the curve, fold by fold, and how many standard errors it lies above one half."""
    found = [_area(outcome[held], margin[held]) for held in (fold == each for each in np.unique(fold))]
    rows, areas, variances = np.array([each for each in found if each[0]]).reshape(-1, 3).T
    if not len(rows) or not variances.any():
        return 0.5, 0.0
    area, error = rows @ areas / rows.sum(), math.sqrt(rows**2 @ variances) / rows.sum()
    return float(area), float((area - 0.5) / error)


def _area(outcome: np.ndarray, margin: np.ndarray) -> tuple[float, float, float]:
    """Rows, area and its variance where margins say nothing (Mann and Whitney, with ties)."""
    rows, won = len(outcome), float(outcome.sum())
    lost = rows - won
    if not won or not lost:
        return 0.0, 0.5, 0.0
    tied = np.unique(margin, return_counts=True)[1].astype(np.float64)
    ties = float((tied**3 - tied).sum()) / (rows * (rows - 1))
    return float(rows), metrics.auc(outcome, margin), (rows + 1 - ties) / (12 * won * lost)


def chance(codes: Codes, outcome: np.ndarray, encoder: Encoder, seed: int = 0) -> float:
    """How often shuffled outcomes go with the columns as well as the real ones do."""
    dice = np.random.Generator(np.random.PCG64(seed))
    found = _together(codes, outcome[None, :], encoder)[0]
    size, reached = max(1, _AT_ONCE // len(outcome)), 1
    for start in range(0, SHUFFLES, size):
        shuffled = [dice.permutation(outcome) for _ in range(min(size, SHUFFLES - start))]
        reached += int((_together(codes, np.array(shuffled), encoder) >= found).sum())
    return reached / (SHUFFLES + 1)


def _together(codes: Codes, outcomes: np.ndarray, encoder: Encoder) -> np.ndarray:
    """For each row of outcomes: how well all columns go with it."""
    centred = outcomes - outcomes.mean(axis=1, keepdims=True)
    spread = float(outcomes[0].var(ddof=1))
    total = np.zeros(len(outcomes))
    for k, feature in enumerate(encoder.features):
        total += np.maximum(_strength(codes[:, k], centred, spread, feature), 0.0) ** 3
    return total


def _strength(codes: np.ndarray, centred: np.ndarray, spread: float, feature: Feature) -> np.ndarray:
    """By level, or by coarse bin; for numbers also by rank, if that says more."""
    coarse = coarser(codes, feature.size, feature.is_ordered, BINS).take(codes)
    _, starts, count = np.unique(np.sort(coarse), return_index=True, return_counts=True)
    if len(count) < 2:
        return np.zeros(len(centred))
    sums = np.add.reduceat(centred[:, np.argsort(coarse, kind="stable")], starts, axis=1)
    found = _normal((sums**2 / (spread * count)).sum(axis=1), len(count) - 1)
    if not feature.is_ordered:
        return found
    _, place, count = np.unique(codes, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - count / 2)[place.ravel()]
    rank = rank - rank.mean()
    by_rank = _normal((centred @ rank) ** 2 / (spread * (rank @ rank)), 1)
    stronger: np.ndarray = np.maximum(found, by_rank)
    return stronger


def _normal(chi_squared: np.ndarray, freedom: int) -> np.ndarray:
    """Chi-squared figures of any freedom on one scale (Wilson and Hilferty)."""
    share = 2 / (9 * freedom)
    found: np.ndarray = (np.cbrt(chi_squared / freedom) - (1 - share)) / math.sqrt(share)
    return found


def _is_refuted(area: float, clear: float) -> bool:
    """Whether nine times in ten (both ends) the area is less than what points are set for."""
    error = (area - 0.5) / clear if clear else 0.0
    return area + metrics.NINETY * error < WORTH


def check(part: FoldedLeads, schema: Schema, chosen: OutOfFold, seed: int) -> None:
    """Refuse a model that may know nothing; equal leads count once.

    Points that were set by hand are not asked to be proven, but outcomes may speak against them: where even
    the upper end of the area's interval is hardly better than a coin, they are refused like any other.
    """
    held = part.once(chosen.rows)
    area, clear = above_half(part.outcome[chosen.rows][held], chosen.margin[held], chosen.fold[held])
    if clear >= FAR or (chosen.family == "rules" and not _is_refuted(area, clear)):
        return
    first = part.firsts
    typed, outcome = part.typed[first.tolist()], part.outcome[first]
    encoder = Encoder.fit(typed, schema)
    if area <= 0.5 or chance(encoder.apply(typed), outcome, encoder, seed) > LEVEL:
        raise TrainingError(
            "There is nothing to learn: on leads that it has not seen the model tells buyers from others"
            f" {100 * area:.0f} times in 100, which chance alone can do.",
            code="nothing_to_learn",
            hint="Add columns that were known when the lead arrived, or more decided leads;"
            " see what each column says with: leadlight inspect LEADS",
        )
