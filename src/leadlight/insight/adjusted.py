"""What a group of leads would have done had it been like the others: cross-fitted and doubly robust (AIPW).

No experiment: what is not among the columns that are held equal may still be behind a difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from leadlight.model.metrics import NINETY, Floats

FOLDS: Final = 5
LEAST: Final = 20
"""So many leads of a group, and so many others, before anything is said."""
_RIDGE: Final = 1e-2
_RAREST: Final = 0.01
_KNOTS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
_MOST: Final = 12
_BINS: Final = 100
_STEPS: Final = 30
_ENOUGH: Final = 20_000
"""From so many leads on a sample of them is compared: more would only be slower."""


@dataclass(frozen=True)
class RateDifference:
    """A difference in the rate with the interval that holds it nine times in ten."""

    value: float
    low: float
    high: float
    deviation: float

    @staticmethod
    def of(value: float, deviation: float) -> RateDifference:
        return RateDifference(value, value - NINETY * deviation, value + NINETY * deviation, deviation)

    @property
    def chance(self) -> float:
        """How probable a difference as large in either direction is where there is none."""
        return math.erfc(abs(self.value) / max(self.deviation, 1e-300) / math.sqrt(2.0))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """What each lead would be expected to do in each group: their means are the adjusted rates."""

    scores: Floats
    """A row a lead, a column a group."""

    def rate(self, group: int) -> RateDifference:
        return _mean(self.scores[:, group])

    def difference(self, group: int, other: int) -> RateDifference:
        """How much oftener all leads would buy in one group than in another."""
        return _mean(self.scores[:, group] - self.scores[:, other])


def adjusted(group: NDArray[np.int64], bought: Floats, held_equal: Floats, groups: int) -> Adjusted | None:
    """Each group's rate as if it had had all the leads; nothing where a group is too small to tell."""
    from leadlight.training.one_thread import on_one_thread

    return on_one_thread(_adjusted)(group, bought, held_equal, groups)


def _adjusted(group: NDArray[np.int64], bought: Floats, held_equal: Floats, groups: int) -> Adjusted | None:
    if np.bincount(group, minlength=groups).min() < LEAST:
        return None
    if len(group) > _ENOUGH:
        rows = np.random.default_rng(0).choice(len(group), _ENOUGH, replace=False)
        group, bought, held_equal = group[rows], bought[rows], held_equal[rows]
    chance, rate = (np.empty((len(group), groups)) for _ in range(2))
    before: dict[tuple[str, int], Floats] = {}

    def fitted(what: str, each: int, x: Floats, y: NDArray[Any]) -> Floats:
        before[what, each] = logistic(x, y.astype(np.float64), np.ones(len(y)), before.get((what, each)))
        return before[what, each]

    for train, test in _folds(len(group)):
        known, asked = held_equal[train], held_equal[test]
        for each in range(groups):
            own = group[train] == each
            chance[test, each] = _share(asked @ fitted("group", each, known, own))
            rate[test, each] = _share(asked @ fitted("bought", each, known[own], bought[train][own]))
    chance = np.clip(chance / chance.sum(axis=1, keepdims=True), _RAREST, 1.0)
    inside = group[:, None] == np.arange(groups)
    return Adjusted(rate + inside / chance * (bought[:, None] - rate))


def beside_the_like(inside: NDArray[np.bool_], bought: Floats, score: Floats) -> RateDifference | None:
    """How much oftener the leads of a group bought than leads outside it of the same score.

    The score is cut into many small bins, so that a hundred thousand leads are four small tables.
    """
    if min(inside.sum(), (~inside).sum()) < LEAST:
        return None
    place, line = _bins(score)
    own, won, other, other_won = _tables(place, len(line), inside, bought)
    odds, rate = (np.empty(own.shape) for _ in range(2))
    for fold in range(FOLDS):
        here, there = (each.sum(axis=0) - each[fold] for each in (own, other))
        chance = _share(line @ logistic(line, _ratio(here, here + there), here + there))
        odds[fold] = np.minimum(chance, 1.0 - _RAREST) / np.maximum(1.0 - chance, _RAREST)
        bought_there = other_won.sum(axis=0) - other_won[fold]
        rate[fold] = _share(line @ logistic(line, _ratio(bought_there, there), there))
    count = own.sum()
    value = float(((won - own * rate) - odds * (other_won - other * rate)).sum() / count)
    squares = (1.0 - rate - value) ** 2 * won + (rate + value) ** 2 * (own - won)
    squares += odds**2 * ((1.0 - rate) ** 2 * other_won + rate**2 * (other - other_won))
    return RateDifference.of(value, float(np.sqrt(squares.sum()) / count))


def _bins(score: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The bin of each score, and a bent line through the middles of the bins."""
    edges = np.unique(np.quantile(score, np.linspace(0.0, 1.0, _BINS + 1)[1:-1]))
    place = np.searchsorted(edges, score)
    count = np.bincount(place, minlength=len(edges) + 1).astype(np.float64)
    middle = _ratio(np.bincount(place, weights=score, minlength=len(count)).astype(np.float64), count)
    middle[count == 0] = score.mean()
    return place, held_equal([middle])


def _tables(
    place: NDArray[np.intp], size: int, inside: NDArray[np.bool_], bought: Floats
) -> tuple[Floats, ...]:
    """For each fold and bin: leads of the group and how many bought, then the same of all others."""
    fold = np.random.default_rng(0).permutation(len(place)) % FOLDS
    cell = fold * size + place
    parts = (inside, inside & (bought > 0), ~inside, ~inside & (bought > 0))
    return tuple(
        np.bincount(cell, weights=part, minlength=FOLDS * size).reshape(FOLDS, size).astype(np.float64)
        for part in parts
    )


def held_equal(numbers: Sequence[Floats], words: Sequence[NDArray[np.int64]] = ()) -> Floats:
    """Columns that say of each lead what is to be held equal: bent lines of numbers, and levels of words."""
    count = len(numbers[0]) if numbers else len(words[0])
    parts = [np.ones((count, 1)), *map(_bent, numbers), *map(_levels, words)]
    return np.hstack(parts)


def _bent(number: Floats) -> Floats:
    """A number on one scale, with a bend at some of its quantiles; where it is missing, a mark."""
    missing = np.isnan(number)
    middle = 0.0 if missing.all() else float(np.nanmedian(number))
    filled = np.where(missing, middle, number)
    spread = max(float(filled.std()), 1e-9)
    line = (filled - middle) / spread
    knots = np.unique(np.quantile(line, _KNOTS))
    parts = [line, *(np.maximum(line - knot, 0.0) for knot in knots)]
    return np.column_stack([*parts, missing] if missing.any() and not missing.all() else parts)


def _levels(word: NDArray[np.int64]) -> Floats:
    """A column for each of the commonest levels but the first, if enough leads have it."""
    levels, counts = np.unique(word, return_counts=True)
    common = levels[np.argsort(-counts, kind="stable")][1:_MOST]
    kept = [each for each in common if (word == each).sum() >= LEAST]
    columns = [(word == each).astype(np.float64) for each in kept]
    return np.column_stack(columns) if columns else np.empty((len(word), 0))


def _folds(count: int, folds: int = 3) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    order = np.random.default_rng(0).permutation(count)
    parts = np.array_split(order, folds)
    return [(np.concatenate([*parts[:k], *parts[k + 1 :]]), parts[k]) for k in range(folds)]


def logistic(x: Floats, y: Floats, count: Floats, start: Floats | None = None) -> Floats:
    """Weights of a logistic regression on shares of so many leads each, with a light ridge.

    The first column is the intercept, which is free; `start` is where to begin, if that is known roughly.
    """
    weights = np.zeros(x.shape[1]) if start is None else start.copy()
    total = float(count.sum())
    if not total:
        return weights
    ridge = np.full(x.shape[1], _RIDGE * math.sqrt(total))
    ridge[0] = 1e-6
    if start is None:
        mean = min(max(float(y @ count) / total, 1e-3), 1.0 - 1e-3)
        weights[0] = math.log(mean / (1.0 - mean))
    for _ in range(_STEPS):
        share = _share(x @ weights)
        bend = (x * (count * share * (1.0 - share))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(bend, x.T @ (count * (y - share)) - ridge * weights)
        weights += np.clip(step, -3.0, 3.0)
        if np.abs(step).max() < 1e-4:
            break
    return weights


def _share(margin: Floats) -> Floats:
    found: Floats = 1.0 / (1.0 + np.exp(-np.clip(margin, -30.0, 30.0)))
    return found


def _ratio(part: Floats, whole: Floats) -> Floats:
    found: Floats = part / np.maximum(whole, 1.0)
    return found


def _mean(values: Floats) -> RateDifference:
    return RateDifference.of(float(values.mean()), float(values.std() / math.sqrt(len(values))))
