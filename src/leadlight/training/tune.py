"""Other settings than the defaults, tried on the folds: taken only where they are surely better.

Trial 0 is the default. The best of many trials looks better than it is, by luck alone: it replaces the
default only if it is ahead by one standard error of the paired difference more than the luckiest of as many
equals would be.

What is tried next depends on the trials so far and the seed alone, so a tuning that was interrupted and goes
on finds what it would have found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from statistics import NormalDist, median
from typing import Any, Final

import numpy as np

from leadlight.model import metrics, resample
from leadlight.model.calibrate import Calibrator
from leadlight.model.probability import probability
from leadlight.training import optuna_sampler
from leadlight.training.candidates import (
    AT_ONCE,
    SILENT,
    CodedFold,
    FoldedLeads,
    OutOfFold,
    out_of_fold,
    paired_gap,
)
from leadlight.training.difference import LOWER_IS_BETTER
from leadlight.training.learners import SPACES
from leadlight.training.progress import Progress
from leadlight.training.recipe import Recipe
from leadlight.training.study import Study, Trial

PATIENCE: Final = 4
"""Trials that have to be finished before one is given up early."""

Timely = Callable[[], bool]
"""Whether there is time for another trial."""


@dataclass(frozen=True)
class Bench:
    """What every trial is tried on."""

    part: FoldedLeads
    folds: Sequence[CodedFold]
    metric: str

    @property
    def sign(self) -> float:
        return -1.0 if self.metric in LOWER_IS_BETTER else 1.0

    def steps(self, recipe: Recipe) -> Iterator[float]:
        """The figure over the folds so far, a few folds a step."""
        figures: list[float] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for start in range(0, len(self.folds), AT_ONCE):
                some = slice(start, start + AT_ONCE)
                margins = list(pool.map(lambda fold: fold.margin(recipe), self.folds[some]))
                rows = [fold.validation for fold in self.part.folds[some]]
                figures += [self._figure(*each) for each in zip(rows, margins, strict=True)]
                yield float(np.nanmean(figures)) if np.isfinite(figures).any() else 0.0

    def _figure(self, rows: np.ndarray, margin: np.ndarray) -> float:
        """Of margins under the line that these leads ask for: settings only change what comes before it.

        Equal leads count once, as wherever candidates are compared.
        """
        counted = self.part.once(rows)
        outcome, margin = self.part.outcome[rows][counted], margin[counted]
        if outcome.all() or not outcome.any():
            return float("nan")
        margin = Calibrator.fit(outcome, margin).apply(margin)
        cut = metrics.meeting_point(outcome, margin)
        return resample.exact(metrics.flags(outcome), margin, probability(margin), cut)[self.metric]

    def fingerprint(self, recipes: Sequence[Recipe], version: str) -> str:
        """Equal for equal leads and settings, whatever the number of trials."""
        digest = sha256(
            repr((version, self.metric, recipes, [SPACES[each.family] for each in recipes])).encode()
        )
        counted = self.part.once(np.arange(len(self.part.outcome)))
        for values in (self.part.outcome, counted):
            digest.update(np.ascontiguousarray(values).tobytes())
        for fold in self.folds:
            digest.update(repr([feature.name for feature in fold.encoder.features]).encode())
            for values in (fold.seen, fold.outcome, fold.unseen):
                digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class Tuned:
    """What the trials of a family came to."""

    default: OutOfFold
    best: OutOfFold
    trials: tuple[Trial, ...]
    gain: float
    error: float
    importance: Mapping[str, float]

    @property
    def needed(self) -> float:
        """By how much the best has to be ahead of the default."""
        return (1.0 + luck(len(self.trials) - 1)) * self.error

    @property
    def chosen(self) -> OutOfFold:
        return self.best if self.gain > self.needed else self.default

    def to_json(self) -> dict[str, Any]:
        return {
            "family": self.default.family,
            "adopted": self.chosen is not self.default,
            "settings": dict(self.best.recipe.settings),
            "gain": _rounded(self.gain),
            "needed": _rounded(self.needed),
            "importance": dict(self.importance),
            "trials": [
                {
                    "number": trial.number,
                    "settings": dict(trial.settings),
                    "value": round(trial.value, 8),
                    "complete": trial.complete,
                }
                for trial in self.trials
            ],
        }


def _rounded(value: float) -> float | None:
    """Nothing where folds with a single lead of one outcome cannot say."""
    return round(value, 8) if math.isfinite(value) else None


def luck(equals: int) -> float:
    """How many standard errors the luckiest of some equals is ahead, on average (Blom)."""
    return max(0.0, NormalDist().inv_cdf((equals - 0.375) / (equals + 0.25))) if equals > 0 else 0.0


def tune(
    recipe: Recipe, bench: Bench, study: Study, count: int, timely: Timely, watch: Progress = SILENT
) -> tuple[Tuned, Study]:
    """Try so many settings of a family besides the default."""
    study = _tried(recipe, bench, study, count, timely, watch)
    trials = study.of(recipe.family)[: count + 1]
    best = max((trial for trial in trials if trial.complete), key=lambda trial: bench.sign * trial.value)
    recipes = [recipe] if not best.number else [recipe, replace(recipe, settings=best.settings)]
    found = out_of_fold(recipes, bench.part, bench.folds, watch)
    gap = paired_gap(found[-1], found[0], bench.part, bench.metric)
    importance = optuna_sampler.importance(SPACES[recipe.family], trials[1:])
    gain = 0.0 if len(found) == 1 else bench.sign * gap.difference
    return Tuned(found[0], found[-1], tuple(trials), gain, gap.standard_error, importance), study


def _tried(recipe: Recipe, bench: Bench, study: Study, count: int, timely: Timely, watch: Progress) -> Study:
    """All trials; those that are in the study already are not made again."""
    for number in range(len(study.of(recipe.family)), count + 1):
        trials = study.of(recipe.family)
        if number and not timely():
            break
        settings = (
            optuna_sampler.settings(SPACES[recipe.family], trials[1:], recipe.seed, bench.sign)
            if number
            else {}
        )
        if settings is None:
            break
        best = max((bench.sign * trial.value for trial in trials if trial.complete), default=0.0)
        told = f", best {bench.metric} {abs(best):.4f}" if number else ""
        watch.observe(f"tuning {recipe.family}, trial {number} of {count}{told}")
        study = study.with_trial(_trial(replace(recipe, settings=settings), number, bench, trials))
    return study


def _trial(recipe: Recipe, number: int, bench: Bench, trials: Sequence[Trial]) -> Trial:
    values: list[float] = []
    last = -(-len(bench.folds) // AT_ONCE)
    for value in bench.steps(recipe):
        values.append(value)
        if len(values) < last and _is_hopeless(values, trials, bench.sign):
            return Trial(recipe.family, number, recipe.settings, tuple(values), complete=False)
    return Trial(recipe.family, number, recipe.settings, tuple(values), complete=True)


def _is_hopeless(values: Sequence[float], trials: Sequence[Trial], sign: float) -> bool:
    """Behind half of the finished trials where they were at the same step."""
    step = len(values) - 1
    others = [sign * trial.values[step] for trial in trials if trial.complete]
    return len(others) >= PATIENCE and sign * values[-1] < median(others)
