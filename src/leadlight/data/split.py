"""Parting rows into training, test and folds: no sight of the target for the test, no row on both sides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MOSTLY_REPEATED = 0.5
PROFILE = 5.0
"""Leads that equal so many on average are people with the same few answers, and no copies of one another."""


@dataclass(frozen=True)
class Fold:
    """Row numbers to learn from and to look at."""

    train: np.ndarray
    validation: np.ndarray


def is_mostly_repeated(groups: np.ndarray) -> bool:
    """Whether equal rows are a profile, and no sign of copies: most rows equal several others."""
    if not len(groups):
        return False
    sizes, rows = np.unique(groups, return_counts=True)[1].astype(np.float64), len(groups)
    return len(sizes) < MOSTLY_REPEATED * rows and float((sizes**2).sum()) >= PROFILE * rows


def blocks(groups: np.ndarray) -> np.ndarray:
    """What stays together: equal rows, or each row by itself where equal rows are but a profile."""
    return np.arange(len(groups)) if is_mostly_repeated(groups) else groups


def counted_once(groups: np.ndarray) -> np.ndarray:
    """The first row of each group, as a mask: equal leads are one question, not many answers."""
    counted = np.zeros(len(groups), dtype=bool)
    counted[np.unique(groups, return_index=True)[1]] = True
    return counted


def hold_out(groups: np.ndarray, draws: np.ndarray, share: float) -> np.ndarray:
    """A random test part of whole groups, blind to the outcome, with its share of the large ones.

    It would be another test if a few large groups were all in it, or none.
    """
    unique, index = np.unique(groups, return_inverse=True)
    sizes = np.bincount(index, minlength=len(unique))
    drawn = np.ones(len(unique))
    np.minimum.at(drawn, index, draws)
    room = round(share * len(groups))
    chosen = np.zeros(len(unique), dtype=bool)
    for group in [
        *_one_of_each(unique, sizes, drawn, share),
        *np.lexsort((unique, drawn, sizes > 1)).tolist(),
    ]:
        if sizes[group] <= room and not chosen[group]:
            chosen[group] = True
            room -= int(sizes[group])
        if not room:
            break
    return chosen[index]


def _one_of_each(unique: np.ndarray, sizes: np.ndarray, drawn: np.ndarray, share: float) -> list[int]:
    """Of the groups of several rows, largest first, the one of every few with the lowest draw."""
    several = np.flatnonzero(sizes > 1)
    several = several[np.lexsort((unique[several], drawn[several], -sizes[several]))]
    few = max(1, round(1 / share))
    parts = [several[start : start + few] for start in range(0, len(several), few)]
    return [int(part[np.lexsort((unique[part], drawn[part]))[0]]) for part in parts]


def newest(moment: np.ndarray, share: float) -> np.ndarray:
    """The newest rows as the test part; rows of one moment stay together, rows without one are old."""
    known = np.where(np.isnan(moment), -np.inf, moment)
    boundary = np.sort(known)[min(len(known) - 1, round((1 - share) * len(known)))]
    test: np.ndarray = known >= boundary
    return test if not test.all() else known > boundary


def straddling(groups: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Test rows that are equal to a training row."""
    return test & np.isin(groups, groups[~test])


def stratified(groups: np.ndarray, outcome: np.ndarray, draws: np.ndarray, count: int) -> list[Fold]:
    """Folds of equal size and conversion; a group is in one fold only."""
    unique, index = np.unique(groups, return_inverse=True)
    size = np.bincount(index)
    won = np.bincount(index, weights=outcome)
    first = np.zeros(len(unique))
    first[index[::-1]] = draws[::-1]
    kind = np.where(won == 0, 0, np.where(won == size, 1, 2))
    fold_of = np.zeros(len(unique), dtype=np.int64)
    for stratum in range(3):
        members = np.flatnonzero(kind == stratum)
        members = members[np.lexsort((first[members], -size[members]))]
        fold_of[members] = _deal(size[members], count)
    return _folds(fold_of[index], count)


def _deal(sizes: np.ndarray, count: int) -> list[int]:
    """Give each group, largest first, to the fold that has least."""
    filled = [0] * count
    dealt = []
    for size in sizes.tolist():
        fold = filled.index(min(filled))
        filled[fold] += size
        dealt.append(fold)
    return dealt


def _folds(fold_of: np.ndarray, count: int) -> list[Fold]:
    return [Fold(np.flatnonzero(fold_of != k), np.flatnonzero(fold_of == k)) for k in range(count)]


def forward(groups: np.ndarray, moment: np.ndarray, count: int) -> list[Fold]:
    """Learn from the past, look at the next stretch; repeats of past rows are not looked at."""
    known = np.where(np.isnan(moment), -np.inf, moment)
    order = np.argsort(known, kind="stable")
    cuts = known[order[[k * len(order) // (count + 1) for k in range(1, count + 1)]]]
    block = np.searchsorted(cuts, known, side="right")
    folds = []
    for k in range(1, count + 1):
        past, present = np.flatnonzero(block < k), np.flatnonzero(block == k)
        present = present[~np.isin(groups[present], groups[past])]
        folds.append(Fold(past, present))
    return [fold for fold in folds if len(fold.train) and len(fold.validation)]
