"""From raw leads to a model that one can trust: split, audit, compare, calibrate, test once, refit.

All that is learnt is learnt on the training part; the test part is looked at once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from leadlight.model import candidates, metrics, selftest
from leadlight.model.bundle import Bundle
from leadlight.model.calibrate import Interval
from leadlight.model.calibrate import choose as choose_calibrator
from leadlight.model.candidates import Clock, Observe, OutOfFold, Part
from leadlight.model.encode import Encoder
from leadlight.model.evaluate import Evaluation, evaluate, fold_spread
from leadlight.model.grade import Grades
from leadlight.model.hindsight import hindsight
from leadlight.model.options import Options
from leadlight.model.policy import Policy
from leadlight.model.prepare import Prepared, prepare
from leadlight.model.probability import probability
from leadlight.model.recipe import Recipe
from leadlight.model.reference import Reference
from leadlight.model.scorer import Scorer, folded
from leadlight.model.tally import Tally


@dataclass(frozen=True)
class Trained:
    """The model, what was prepared for it, how long each candidate took, and the scorer that was tested."""

    bundle: Bundle
    prepared: Prepared
    seconds: dict[str, float]
    tested: Scorer


@dataclass(frozen=True)
class Fitted:
    """A scorer with its out-of-fold figures."""

    scorer: Scorer
    validation: Evaluation
    train: Evaluation
    reference: Reference
    tally: Tally


def no_clock() -> float:
    return 0.0


def silent(step: str) -> None:
    """Say nothing."""


def train(
    raw: pl.DataFrame,
    options: Options,
    *,
    held_out: pl.DataFrame | None = None,
    version: str = "",
    clock: Clock = no_clock,
    observe: Observe = silent,
) -> Trained:
    """Train on raw leads; what cannot be trusted is refused with a TrainingError."""
    families = candidates.names_of(options.models)
    observe("looking at the columns")
    prepared = prepare(raw, options, held_out)
    typed = prepared.schema.apply(prepared.raw)
    recipes = [Recipe(family, seed=options.seed) for family in families]
    found = _compare(recipes, prepared, typed, options, clock, observe)
    learning, testing = prepared.learning, prepared.testing
    outcome = prepared.outcome
    chosen = candidates.choose(found, outcome[learning], options.metric, options.seed)
    observe(f"{chosen.family}, on the whole training part")
    tested = _fit(chosen, prepared, typed, learning, options)
    margin = tested.scorer.margin(tested.scorer.encoder.apply(typed[testing.tolist()]))
    test = _evaluate(outcome[testing], margin, tested.scorer.grades, options.seed)
    final = _refit(chosen.recipe, prepared, typed, options, clock, observe) if options.refit else tested
    training = {
        **_record(prepared, found, chosen, tested, test, options),
        **hindsight(prepared, typed, found, tested.scorer, options),
        "tally": {"fit": final.tally.to_json(), "test": Tally.fit(outcome[testing], margin).to_json()},
    }
    if prepared.by_time:
        training["split"]["random"] = _random_figures(chosen.recipe, prepared, typed, options, clock, observe)
    bundle = Bundle(
        scorer=final.scorer,
        target=prepared.structure.target,
        family=chosen.family,
        training=training,
        reference=final.reference,
        selftest=selftest.make(final.scorer),
        version=version,
    )
    return Trained(bundle, prepared, {each.family: each.seconds for each in found}, tested.scorer)


def _compare(
    recipes: Sequence[Recipe],
    prepared: Prepared,
    typed: pl.DataFrame,
    options: Options,
    clock: Clock,
    observe: Observe,
) -> list[OutOfFold]:
    learning = prepared.learning
    folds = prepared.folds(learning, options.folds, by_time=prepared.by_time)
    part = Part(typed[learning.tolist()], prepared.outcome[learning], folds)
    return candidates.out_of_fold(recipes, part, candidates.coded(part, prepared.schema), clock, observe)


def _fit(
    chosen: OutOfFold, prepared: Prepared, typed: pl.DataFrame, among: np.ndarray, options: Options
) -> Fitted:
    """Learn on these rows; calibration, interval and cuts come from their out-of-fold margins."""
    outcome = prepared.outcome[among]
    part = typed[among.tolist()]
    encoder = Encoder.fit(part, prepared.schema)
    codes = encoder.apply(part)
    learner = chosen.recipe.learn(codes, outcome, encoder)
    seen = outcome[chosen.rows]
    calibrator = choose_calibrator(seen, chosen.raw, chosen.fold)
    unseen = calibrator.apply(chosen.raw)
    grades = _grades(options.policy, seen, unseen, float(outcome.mean()))
    learner, straight = folded(learner, calibrator)
    scorer = Scorer(prepared.schema, encoder, learner, straight, Interval.fit(seen, unseen), grades)
    margin = scorer.margin(codes)
    return Fitted(
        scorer=scorer,
        validation=_evaluate(seen, chosen.margin, grades, options.seed),
        train=_evaluate(outcome, margin, grades, options.seed),
        reference=Reference.fit(codes, encoder, outcome, margin),
        tally=Tally.fit(seen, unseen),
    )


def _refit(
    recipe: Recipe, prepared: Prepared, typed: pl.DataFrame, options: Options, clock: Clock, observe: Observe
) -> Fitted:
    """Learn the chosen kind again on all rows, with the same columns and settings."""
    every = np.arange(len(prepared.outcome))
    folds = prepared.folds(every, options.folds, by_time=prepared.by_time)
    part = Part(typed, prepared.outcome, folds)
    observe(f"{recipe.family}, on all leads")
    again = candidates.out_of_fold([recipe], part, candidates.coded(part, prepared.schema), clock, observe)
    return _fit(again[0], prepared, typed, every, options)


def _grades(policy: Policy | None, outcome: np.ndarray, margin: np.ndarray, rate: float) -> Grades:
    return Grades.fit(policy or Policy(), outcome, margin, rate)


def _evaluate(outcome: np.ndarray, margin: np.ndarray, grades: Grades, seed: int) -> Evaluation:
    return evaluate(outcome, margin, probability(margin), cut=grades.line, seed=seed)


def _random_figures(
    recipe: Recipe, prepared: Prepared, typed: pl.DataFrame, options: Options, clock: Clock, observe: Observe
) -> dict[str, float]:
    """What folds that do not look ahead in time would have claimed."""
    learning = prepared.learning
    folds = prepared.folds(learning, options.folds, by_time=False)
    part = Part(typed[learning.tolist()], prepared.outcome[learning], folds)
    coded = candidates.coded(part, prepared.schema)
    found = candidates.out_of_fold([recipe], part, coded, clock, observe)[0]
    seen = part.outcome[found.rows]
    return {
        "auc": metrics.auc(seen, found.margin),
        "log_loss": metrics.log_loss(seen, probability(found.margin)),
    }


def _record(
    prepared: Prepared,
    found: Sequence[OutOfFold],
    chosen: OutOfFold,
    tested: Fitted,
    test: Evaluation,
    options: Options,
) -> dict[str, Any]:
    """What the bundle remembers of its training; no wall-clock value, no row."""
    outcome = prepared.outcome[prepared.learning]
    return {
        "chosen": chosen.family,
        "metric": options.metric,
        "candidates": [_candidate(each, outcome, tested.scorer.grades, options.seed) for each in found],
        "train": tested.train.to_json(),
        "validation": {
            **tested.validation.to_json(),
            "folds": _spread(chosen, outcome, tested.scorer.grades),
        },
        "test": test.to_json(),
        "split": {
            "by": "time" if prepared.by_time else "random",
            "train_rows": len(prepared.learning),
            "test_rows": len(prepared.testing),
            "set_aside": int(prepared.left_out.sum()),
            "folds": options.folds,
        },
        "excluded": [each.to_json() for each in prepared.audit.excluded],
        "findings": [each.to_json() for each in prepared.audit.findings],
        "rows": prepared.counts.to_json(),
        "refit": options.refit,
        "seed": options.seed,
    }


def _candidate(each: OutOfFold, outcome: np.ndarray, grades: Grades, seed: int) -> dict[str, Any]:
    seen = outcome[each.rows]
    own = Grades.fit(grades.policy, seen, each.margin, float(outcome.mean()))
    figures = _evaluate(seen, each.margin, own, seed).to_json()
    names = ("auc", "auc_low", "auc_high", "log_loss", "accuracy", "precision", "recall", "f1")
    return {"name": each.family, **{name: figures[name] for name in names}}


def _spread(chosen: OutOfFold, outcome: np.ndarray, grades: Grades) -> dict[str, Any]:
    """The figures over the folds."""
    seen = outcome[chosen.rows]
    spread = fold_spread(seen, chosen.margin, probability(chosen.margin), chosen.fold, cut=grades.line)
    return {name: asdict(each) for name, each in spread.items()}
