"""A model that was chosen on a sample, learnt anew from the codes of all leads.

Columns, bins, family and settings are those of the sample; points, calibration, interval, grades and the
picture of the leads are those of everybody. A fifth of the leads is kept back once, for the calibration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from leadlight.model import selftest
from leadlight.model.blend import Learner
from leadlight.model.bundle import Bundle
from leadlight.model.calibrate import Interval
from leadlight.model.calibrate import choose as choose_calibrator
from leadlight.model.encode import Codes, Encoder
from leadlight.model.grade import Grades
from leadlight.model.importance import importance
from leadlight.model.points import Points
from leadlight.model.policy import Policy
from leadlight.model.reference import Reference
from leadlight.model.scorer import Scorer, folded
from leadlight.model.tally import Tally
from leadlight.training.candidates import margin_once
from leadlight.training.fit import Trained, calibrated_margin
from leadlight.training.one_thread import on_one_thread
from leadlight.training.options import Options
from leadlight.training.progress import Observe, silent
from leadlight.training.recipe import Recipe

KEPT_BACK: Final = 5
"""One lead in so many is not learnt from at first, so that it can be told how far margins carry."""
ROUNDS: Final = 10
ENOUGH: Final = 200_000
"""Rows of each model for the sampling error; that of more rows is smaller by the root of how many more."""
NINETY: Final = 1.645


@dataclass(frozen=True)
class CodedLeads:
    """Decided leads as a model sees them: a row of small whole numbers each, and whether it was won."""

    codes: Codes
    outcome: np.ndarray

    def __len__(self) -> int:
        return len(self.outcome)

    @staticmethod
    def in_order(codes: Codes, outcome: np.ndarray) -> CodedLeads:
        """In an order that only what they hold decides: equal rows stand together."""
        order = np.lexsort((outcome, _marks(codes)))
        return CodedLeads(np.asfortranarray(codes[order]), outcome[order].astype(np.float64))

    def among(self, rows: np.ndarray) -> CodedLeads:
        return CodedLeads(np.asfortranarray(self.codes[rows]), self.outcome[rows])

    def learn(self, recipe: Recipe, encoder: Encoder) -> Learner:
        return recipe.learn(self.codes, self.outcome, encoder)


@dataclass(frozen=True)
class SamplingError:
    """How far a model of a sample is from that of all leads, in log-odds, by ten samples of the sample.

    `typical` is the root of the mean square over leads, `most` what nine leads in ten stay under; `points` is
    the standard error of each point, a row a feature.
    """

    rows: int
    sampled: int
    typical: float
    most: float
    points: Sequence[Sequence[float]] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "sampled": self.sampled,
            "log_odds_typical": self.typical,
            "log_odds_most": self.most,
            "points": [list(row) for row in self.points],
        }


def recipe_of(trained: Trained, options: Options) -> Recipe:
    """How the chosen model was learnt."""
    settings = {str(name): value for name, value in trained.bundle.record.settings.items()}
    return Recipe(trained.bundle.family, settings, options.balance, options.seed)


@on_one_thread
def refit(trained: Trained, leads: CodedLeads, options: Options, observe: Observe = silent) -> Bundle:
    """The model of the sample with all that it says of leads learnt from these."""
    before = trained.bundle.scorer
    recipe, encoder = recipe_of(trained, options), before.encoder
    part = _marks(leads.codes) % np.uint64(KEPT_BACK * KEPT_BACK)
    held = part % np.uint64(KEPT_BACK) == 0
    observe(f"{recipe.family}, on four fifths of {len(leads):,} leads")
    unseen = leads.among(np.flatnonzero(held))
    raw = margin_once(leads.among(np.flatnonzero(~held)).learn(recipe, encoder), unseen.codes)
    observe(f"{recipe.family}, on all {len(leads):,} leads")
    learner = leads.learn(recipe, encoder)
    fold = (part[held] // np.uint64(KEPT_BACK)).astype(np.int64)
    scorer, margin = _calibrated(before, learner, unseen.outcome, raw, fold, leads, options)
    return _bundle(trained, scorer, leads, Tally.fit(unseen.outcome, margin))


def _calibrated(
    before: Scorer,
    learner: Learner,
    outcome: np.ndarray,
    raw: np.ndarray,
    fold: np.ndarray,
    leads: CodedLeads,
    options: Options,
) -> tuple[Scorer, np.ndarray]:
    """The scorer, and what it would have said of leads that it had not learnt from."""
    calibrator = choose_calibrator(outcome, raw, fold).tamed(outcome, raw)
    margin = calibrator.apply(raw)
    rate = float(leads.outcome.mean())
    grades = Grades.fit(options.policy or Policy(), outcome, margin, rate)
    told = folded(learner, calibrator)
    return Scorer(before.schema, before.encoder, *told, Interval.fit(outcome, margin), grades), margin


def _bundle(trained: Trained, scorer: Scorer, leads: CodedLeads, tally: Tally) -> Bundle:
    """The record stays that of the tested model, but for what describes this one."""
    bundle = trained.bundle
    margin = calibrated_margin(scorer, leads.codes)
    record = replace(
        bundle.record,
        importance=importance(scorer, leads.codes),
        tally={**bundle.record.tally, "fit": tally.to_json()},
    )
    return replace(
        bundle,
        scorer=scorer,
        record=record,
        reference=Reference.fit(leads.codes, scorer.encoder, leads.outcome, margin),
        selftest=selftest.make(scorer),
    )


def with_sampling(bundle: Bundle, told: Mapping[str, Any]) -> Bundle:
    """The bundle that says what it was learnt from."""
    return replace(bundle, record=replace(bundle.record, more={**bundle.record.more, "sampling": dict(told)}))


@on_one_thread
def sampling_error(
    trained: Trained, sample: CodedLeads, rows: int, options: Options, observe: Observe = silent
) -> SamplingError:
    """From models of leads drawn from the sample with replacement: what chance put into the sample."""
    recipe, scorer = recipe_of(trained, options), trained.bundle.scorer
    chance = np.random.default_rng([options.seed, len(sample)])
    whole = len(sample)
    sample = sample.among(np.sort(chance.permutation(whole)[:ENOUGH]))
    seen = sample.codes[: min(len(sample), 20_000)]
    margins, tables = [], []
    for number in range(ROUNDS):
        observe(f"sampling error, model {number + 1} of {ROUNDS}")
        drawn = sample.among(np.sort(chance.integers(0, len(sample), len(sample))))
        learner = drawn.learn(recipe, scorer.encoder)
        margins.append(margin_once(learner, seen))
        tables.append([table - table.mean() for table in _tables(learner)])
    share = (len(sample) / whole * max(0.0, 1.0 - whole / rows)) ** 0.5
    gap = np.std(margins, axis=0, ddof=1) * share
    errors = [(np.std(each, axis=0, ddof=1) * share).round(6).tolist() for each in zip(*tables, strict=True)]
    typical, most = float(np.sqrt((gap**2).mean())), float(np.quantile(NINETY * gap, 0.9))
    return SamplingError(rows, whole, round(typical, 6), round(most, 6), errors)


def _tables(learner: Learner) -> Sequence[np.ndarray]:
    return learner.tables if isinstance(learner, Points) else ()


def _marks(codes: Codes) -> np.ndarray:
    """A number a row that only its codes decide; equal rows have one."""
    marks = np.full(len(codes), 0x9E3779B97F4A7C15, dtype=np.uint64)
    for k in range(codes.shape[1]):
        marks ^= codes[:, k].astype(np.uint64) + np.uint64(1)
        marks *= np.uint64(0xFF51AFD7ED558CCD)
        marks ^= marks >> np.uint64(32)
    return marks
