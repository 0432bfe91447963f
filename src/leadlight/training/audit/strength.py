"""How well one coded column tells the outcome by itself, on rows that it was not learnt from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

FOLDS: Final = 5
PRIOR: Final = 5.0
BINS: Final = 20
SURE: Final = 1.64


@dataclass(frozen=True)
class Strength:
    """The area under the curve of one column alone, and its standard error."""

    auc: float = 0.5
    error: float = 0.5

    def at_least(self, errors: float = 2.0) -> float:
        """What the area surely is."""
        return self.auc - errors * self.error


def area(outcome: np.ndarray, score: np.ndarray) -> float:
    """The area under the ROC curve; equal scores count half."""
    _, place = np.unique(score, return_inverse=True)
    won = np.bincount(place, outcome)
    lost = np.bincount(place, 1.0 - outcome)
    below = np.cumsum(lost) - lost
    pairs = float(won.sum() * lost.sum())
    return float((won * (below + lost / 2.0)).sum() / pairs) if pairs else 0.5


def spread(auc: float, won: float, lost: float) -> float:
    """The standard error of an area under the curve (Hanley and McNeil)."""
    if not won or not lost:
        return 0.5
    both_won, both_lost = auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc)
    square = auc * auc
    parts = auc * (1.0 - auc) + (won - 1.0) * (both_won - square) + (lost - 1.0) * (both_lost - square)
    return math.sqrt(max(parts, 1e-12) / (won * lost))


def folds(groups: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """A fold for each row; repeated rows share theirs."""
    _, group = np.unique(groups, return_inverse=True)
    drawn: np.ndarray = np.random.default_rng(seed).integers(count, size=int(group.max()) + 1)[group]
    return drawn


def out_of_fold(codes: np.ndarray, outcome: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """The smoothed rate of each row's code on the other folds, less the base rate there."""
    size, count = int(codes.max()) + 1, int(fold.max()) + 1
    cell = codes + size * fold
    seen = np.bincount(cell, minlength=size * count).reshape(count, size)
    won = np.bincount(cell, outcome, minlength=size * count).reshape(count, size)
    seen, won = seen.sum(axis=0) - seen, won.sum(axis=0) - won
    base = (won.sum(axis=1) / np.maximum(seen.sum(axis=1), 1))[:, None]
    rate = (won + PRIOR * base) / (seen + PRIOR) - base
    judged: np.ndarray = rate[fold, codes]
    return judged


def strength(codes: np.ndarray, outcome: np.ndarray, fold: np.ndarray) -> Strength:
    """How well a column alone tells the outcome."""
    won, lost = float(outcome.sum()), float(len(outcome) - outcome.sum())
    if not won or not lost:
        return Strength()
    auc = area(outcome, out_of_fold(codes, outcome, fold))
    return Strength(auc, spread(auc, won, lost))


def bins_for(outcome: np.ndarray) -> int:
    """Few bins where one outcome is rare, so that each can be learnt."""
    rarer = min(outcome.sum(), len(outcome) - outcome.sum())
    return int(np.clip(rarer / 8, 6, BINS))


def coarse(codes: np.ndarray, size: int, bins: int) -> np.ndarray:
    """Ordered codes put together in about equally filled bins; missing keeps its own."""
    counts = np.bincount(codes, minlength=size)
    middle = np.cumsum(counts[1:]) - counts[1:] / 2
    place = np.minimum((middle * bins / max(1, counts[1:].sum())).astype(np.int64), bins - 1)
    binned: np.ndarray = np.r_[0, 1 + np.unique(place, return_inverse=True)[1]][codes]
    return binned


def bound(hits: np.ndarray, of: np.ndarray, errors: float = SURE) -> np.ndarray:
    """The least that a share surely is (Wilson)."""
    of = np.maximum(of, 1e-9)
    share, square = hits / of, errors * errors
    middle = share + square / (2 * of)
    width = errors * np.sqrt(share * (1 - share) / of + square / (4 * of * of))
    least: np.ndarray = np.clip((middle - width) / (1 + square / of), 0.0, 1.0)
    return least
