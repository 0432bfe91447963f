"""Which columns a model needs: four ways to tell them from chance, on the codes of training rows alone.

Three of them ask the same: is a column stronger than its own shuffled copies are, 49 times in 50? They differ
in what strength is: information value, what an L1 logistic regression leaves of it, what it adds to boosted
trees. The fourth leaves out the weakest column again and again, as long as that costs less than chance may.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from leadlight.data import split
from leadlight.data.split import Fold
from leadlight.errors import ConfigError
from leadlight.model.encode import Codes, Encoder
from leadlight.training.difference import LOWER_IS_BETTER, paired_difference
from leadlight.training.learners import FAMILIES
from leadlight.training.learners.logistic import coarser
from leadlight.training.learners.settings import Settings
from leadlight.training.options import SEEDS

SURE: Final = 0.98
SURER: Final = 0.998
FARTHER: Final = 1.6
"""Boosted trees make more of the chance in a column than of that in its shuffled copies, each of which they
see once: their bound has to be farther out."""
SHUFFLES: Final = 200
SHADOWS: Final = 10
SPARSE_SHADOWS: Final = 30
BINS: Final = 8
FOLDS: Final = 10
FEWEST_A_FOLD: Final = 3
"""Of the rarer outcome: of fewer no fold can say how sure a difference is."""
UNKNOWN: Final = 2.0
CHUNKS: Final = 20
TYPICAL_SHARE: Final = 0.1
LEAST_EFFECT: Final = 0.001
"""Log-odds: what moves the average lead by less is not looked at."""
HARDLY: Final = 0.5
"""Standard errors: a column whose own loss costs less goes even when all that went before cost one."""
LEAST_LOSS: Final = 0.0002
"""Of the figure that is chosen by: less than this is the solver's own rounding."""
BOOSTED: Final[Settings] = {
    "rounds": 120,
    "learning_rate": 0.1,
    "num_leaves": 6,
    "feature_fraction_bynode": 0.5,
}


@dataclass(frozen=True)
class SelectionRows:
    """Codes of training rows with their outcomes, and which features come of which column."""

    codes: Codes
    outcome: np.ndarray
    encoder: Encoder
    seed: int
    metric: str

    @property
    def columns(self) -> tuple[str, ...]:
        """In the order of their names, so that the order of the file decides nothing."""
        return tuple(sorted({feature.column for feature in self.encoder.features}))

    @property
    def dice(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(self.seed))

    def places(self, columns: Sequence[str]) -> list[int]:
        """Where the features of these columns stand."""
        return [k for k, feature in enumerate(self.encoder.features) if feature.column in columns]

    def by_column(self, of_features: np.ndarray) -> np.ndarray:
        """Sum what stands in a column a feature over the features of each source column."""
        sums = [of_features[:, self.places([name])].sum(axis=1) for name in self.columns]
        return np.column_stack([np.empty((len(of_features), 0)), *sums])

    def without(self, columns: Sequence[str]) -> SelectionRows:
        places = [k for k, feature in enumerate(self.encoder.features) if feature.column not in columns]
        encoder = replace(self.encoder, features=tuple(self.encoder.features[k] for k in places))
        return replace(self, codes=self.codes[:, places], encoder=encoder)


@dataclass(frozen=True)
class ColumnSelection:
    """The columns that stay, and each column's strength against what chance gives (over 1: it stays)."""

    kept: tuple[str, ...]
    strength: Mapping[str, float]


Pick = Callable[[Codes, np.ndarray, Encoder], ColumnSelection]
"""How columns are chosen on rows that are learnt from."""


def picking(method: str, metric: str, seed: int, keep: Sequence[str] = ()) -> Pick | None:
    """The way to choose columns that was asked for; None where all are to be used."""
    if checked(method) == "none":
        return None
    return partial(select, method, seed=seed, metric=metric, keep=keep)


def select(
    method: str,
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    metric: str = "auc",
    keep: Sequence[str] = (),
) -> ColumnSelection:
    """Choose columns by one of the methods; where nothing beats chance none stays but those named to keep."""
    rows = SelectionRows(codes, outcome, encoder, seed, metric)
    teaches = bool(encoder.features) and bool(outcome.any()) and not outcome.all()
    strength = _METHODS[method](rows) if teaches else np.zeros(len(rows.columns))
    told = {name: round(float(value), 6) for name, value in zip(rows.columns, strength, strict=True)}
    return ColumnSelection(tuple(name for name, value in told.items() if value > 1.0 or name in keep), told)


def checked(method: str) -> str:
    """The method, if there is one of that name."""
    if method not in METHODS:
        meant = f" What others call {method} is like {ELSEWHERE[method]}." if method in ELSEWHERE else ""
        raise ConfigError(
            f"There is no way to select columns called {method!r}.",
            code="unknown_selection",
            hint=f"The ways are: {', '.join(METHODS)}.{meant}",
        )
    return method


def information_value(codes: np.ndarray, size: int, outcome: np.ndarray) -> float:
    """How far apart the won and the lost lie over the codes, in the sum of weights of evidence."""
    won = np.bincount(codes, weights=outcome, minlength=size) + 0.5
    lost = np.bincount(codes, weights=1 - outcome, minlength=size) + 0.5
    won, lost = won / won.sum(), lost / lost.sum()
    return float(((won - lost) * np.log(won / lost)).sum())


def _by_information(rows: SelectionRows) -> np.ndarray:
    """The best feature of each column, against the same with the outcomes shuffled."""
    bins = [
        coarser(rows.codes[:, k], feature.size, feature.is_ordered, BINS)
        for k, feature in enumerate(rows.encoder.features)
    ]
    coarse = [
        np.unique(part.take(rows.codes[:, k]), return_inverse=True)[1].ravel() for k, part in enumerate(bins)
    ]
    sizes = [int(codes.max()) + 1 for codes in coarse]

    def values(outcome: np.ndarray) -> np.ndarray:
        each = [information_value(part, size, outcome) for part, size in zip(coarse, sizes, strict=True)]
        return np.array([max(each[k] for k in rows.places([name])) for name in rows.columns])

    dice = rows.dice
    chance = np.array([values(dice.permutation(rows.outcome)) for _ in range(SHUFFLES)])
    bound: np.ndarray = np.quantile(chance, SURE, axis=0)
    strength: np.ndarray = values(rows.outcome) / np.maximum(bound, 1e-12)
    return strength


def _by_l1(rows: SelectionRows) -> np.ndarray:
    """Held so firmly that an effect of a tenth of the leads would have to exceed its standard error."""
    rate = float(rows.outcome.mean())
    strength = 1 / np.sqrt(TYPICAL_SHARE * len(rows.outcome) * rate * (1 - rate))
    settings: Settings = {"solver": "liblinear", "penalty": "l1", "C": float(strength)}
    return _against_shadows(rows, "logistic", settings, SPARSE_SHADOWS, SURE)


def _by_contribution(rows: SelectionRows) -> np.ndarray:
    return _against_shadows(rows, "lightgbm", BOOSTED, SHADOWS, SURER) / FARTHER


def _against_shadows(
    rows: SelectionRows, family: str, settings: Settings, count: int, sure: float
) -> np.ndarray:
    """Mean absolute contributions of the columns, against those of shuffled copies learnt beside them."""
    found, chance = [], []
    dice = rows.dice
    shadows = tuple(replace(feature, column=f"{feature.column}\x1f") for feature in rows.encoder.features)
    both = replace(rows.encoder, features=rows.encoder.features + shadows)
    width = len(shadows)
    for number in range(count):
        codes = np.hstack([rows.codes, rows.codes[dice.permutation(len(rows.codes))]])
        seed = (rows.seed + number) % SEEDS
        learner = FAMILIES[family](codes, rows.outcome, both, seed=seed, settings=settings)
        parts = learner.contributions(codes)
        found.append(np.abs(rows.by_column(parts[:, :width])).mean(axis=0))
        chance.append(np.abs(rows.by_column(parts[:, width:])).mean(axis=0))
    strength: np.ndarray = np.mean(found, axis=0) / np.maximum(_bounds(np.array(chance), sure), 1e-12)
    return strength


def _bounds(chance: np.ndarray, sure: float) -> np.ndarray:
    """What that share of shuffled copies stays under: a column's own mean and spread, the shape of all."""
    mean, spread = chance.mean(axis=0), chance.std(axis=0, ddof=1) + 1e-9
    apart = np.sort(((chance - mean) / spread).ravel())
    bound: np.ndarray = np.maximum(mean + spread * np.quantile(apart, sure), LEAST_EFFECT)
    return bound


def _by_elimination(rows: SelectionRows) -> np.ndarray:
    """What leaving a column out costs, against what chance may; over 1 it is needed and stays."""
    inner = _Inner.of(rows)
    now = best = _Attempt.of(rows, inner)
    costs: dict[str, float] = {}
    needed: set[str] = set()
    while free := [name for name in now.weakest_first if name not in needed]:
        for dropped in (free[: max(1, len(free) // CHUNKS)], free[:1]):
            fewer = _Attempt.of(now.rows.without(dropped), inner)
            cost = min(fewer.behind(best), fewer.behind(now) / HARDLY)
            costs |= dict.fromkeys(dropped, max(0.0, cost))
            if cost <= 1.0:
                now = fewer
                best = fewer if fewer.behind(best) < 0 else best
                break
        else:
            needed.add(free[0])
    return np.array([costs[name] for name in rows.columns])


@dataclass(frozen=True)
class _Inner:
    """Folds of the training rows, which of them count in a comparison, and how much each is learnt from.

    Rows of the same codes are in one fold and count once, as equal leads do everywhere. Learnt one by one,
    what a few say often would bend other columns, and a column of chance be kept to bend them back.
    """

    folds: Sequence[Fold]
    counted: np.ndarray
    weight: np.ndarray

    @staticmethod
    def of(rows: SelectionRows) -> _Inner:
        groups = np.unique(rows.codes, axis=0, return_inverse=True)[1].ravel()
        own = split.blocks(groups)
        counted = split.counted_once(own)
        won = int(rows.outcome[counted].sum())
        rarer = min(won, int(counted.sum()) - won)
        folds = split.stratified(
            own, rows.outcome, rows.dice.random(len(groups)), min(FOLDS, max(2, rarer // FEWEST_A_FOLD))
        )
        return _Inner(folds, counted, 1 / np.bincount(own)[own])


@dataclass(frozen=True)
class _Attempt:
    """What a logistic regression makes of some columns on rows that it did not learn from."""

    rows: SelectionRows
    inner: _Inner
    margin: np.ndarray
    fold: np.ndarray
    strength: np.ndarray

    @staticmethod
    def of(rows: SelectionRows, inner: _Inner) -> _Attempt:
        margin, number = np.zeros(len(rows.codes)), np.zeros(len(rows.codes), dtype=np.int64)
        parts = np.zeros(rows.codes.shape)
        for k, fold in enumerate(inner.folds if rows.columns else ()):
            seen, unseen = rows.codes[fold.train], rows.codes[fold.validation]
            learner = FAMILIES["logistic"](
                seen,
                rows.outcome[fold.train],
                rows.encoder,
                seed=rows.seed,
                weight=inner.weight[fold.train],
            )
            margin[fold.validation], number[fold.validation] = learner.margin(unseen), k
            parts[fold.validation] = learner.contributions(unseen)
        return _Attempt(rows, inner, margin, number, np.abs(rows.by_column(parts)).mean(axis=0))

    @property
    def weakest_first(self) -> list[str]:
        return [self.rows.columns[k] for k in np.argsort(self.strength, kind="stable")]

    def behind(self, other: _Attempt) -> float:
        """How many standard errors this is behind the other; too many where that cannot be known."""
        metric, outcome = self.rows.metric, self.rows.outcome
        seen, first, second, fold = (
            values[self.inner.counted] for values in (outcome, other.margin, self.margin, other.fold)
        )
        gap = paired_difference(seen, first, second, metric, folds=fold)
        if not math.isfinite(gap.standard_error):
            return UNKNOWN
        ahead = -gap.difference if metric in LOWER_IS_BETTER else gap.difference
        return ahead / max(gap.standard_error, LEAST_LOSS)


_METHODS: Final[Mapping[str, Callable[[SelectionRows], np.ndarray]]] = {
    "recursive": _by_elimination,
    "shap": _by_contribution,
    "iv": _by_information,
    "l1": _by_l1,
}
METHODS: Final = ("none", *_METHODS)
ELSEWHERE: Final[Mapping[str, str]] = {"rfe": "recursive", "rfecv": "recursive", "lasso": "l1", "woe": "iv"}
"""Names that other libraries give to something near: said, but not taken, as they promise something else."""
