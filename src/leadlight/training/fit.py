"""From raw leads to a model that one can trust: split, audit, compare, calibrate, test once, refit.

All that is learnt is learnt on the training part; the test part is looked at once, at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data.schema import Schema
from leadlight.model import metrics, selftest
from leadlight.model.blend import Learner
from leadlight.model.bundle import Bundle
from leadlight.model.calibrate import Interval
from leadlight.model.calibrate import choose as choose_calibrator
from leadlight.model.encode import SUPPORT, Codes, Encoder
from leadlight.model.grade import Grades
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.model.reference import Reference
from leadlight.model.scorer import Scorer, folded
from leadlight.model.tally import Tally
from leadlight.model.training_record import (
    NAMES,
    CandidateFigures,
    RandomFolds,
    SplitRecord,
    TrainingRecord,
)
from leadlight.training import candidates, holdout_check
from leadlight.training.as_of import LeadLogs
from leadlight.training.candidates import CodedFold, FoldedLeads, OutOfFold
from leadlight.training.choose import Choice, search
from leadlight.training.choose import check as check_options
from leadlight.training.diagnostics import diagnostics
from leadlight.training.evaluate import Evaluation, evaluate, fold_spread
from leadlight.training.feed_facts import with_feed
from leadlight.training.file_order import CODE as FILE_ORDER
from leadlight.training.leak_claims import pricing_doubtful
from leadlight.training.one_thread import on_one_thread
from leadlight.training.options import Options
from leadlight.training.prepare import FEWEST, Prepared, prepare
from leadlight.training.progress import Clock, Observe, Progress, no_clock, silent
from leadlight.training.recipe import Recipe

RIPE: Final = 0.5
WRITTEN: Final = frozenset(NAMES) - {"early", "rules", "policy", "events", "maturity"}
"""What the record of a whole training names even where there is nothing."""


@dataclass(frozen=True)
class Trained:
    """The model, what was prepared for it, how long each candidate took, and the scorer that was tested."""

    bundle: Bundle
    prepared: Prepared
    seconds: dict[str, float]
    tested: Scorer


@dataclass(frozen=True)
class FittedScorer:
    """A scorer, the model in it before its calibration, and the leads behind it as it sees them."""

    scorer: Scorer
    learner: Learner
    codes: Codes
    margin: np.ndarray
    reference: Reference
    tally: Tally

    def margins_of(self, typed: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Of other leads: as learnt, and calibrated."""
        codes = self.scorer.encoder.apply(typed)
        return candidates.margin_once(self.learner, codes), calibrated_margin(self.scorer, codes)

    def train(self, outcome: np.ndarray, options: Options, blocks: np.ndarray | None = None) -> Evaluation:
        """On the leads that it was learnt from."""
        return _evaluate(outcome, self.margin, self.scorer.grades, options.seed, blocks)


def calibrated_margin(scorer: Scorer, codes: Codes) -> np.ndarray:
    """What `scorer.margin` gives, of a model that is asked but once."""
    return scorer.calibrator.apply(candidates.margin_once(scorer.learner, codes))


@on_one_thread
def train(
    raw: pl.DataFrame,
    options: Options,
    *,
    held_out: pl.DataFrame | None = None,
    logs: LeadLogs | None = None,
    version: str = "",
    clock: Clock = no_clock,
    observe: Observe = silent,
) -> Trained:
    """Train on raw leads; what cannot be trusted is refused with a TrainingError."""
    check_options(options)
    watch = Progress(clock, observe, version)
    observe("looking at the columns")
    prepared = prepare(raw, options, held_out, logs)
    typed = prepared.schema.apply(prepared.raw)
    learning, testing = prepared.learning, prepared.testing
    outcome = prepared.outcome
    part, blocks = _part(prepared, typed, learning, options), prepared.blocks
    found = search(part, prepared.schema, options, watch)
    chosen, schema = found.chosen, found.schema
    observe(f"{chosen.family}, on the whole training part")
    tested = fit(chosen, schema, part.typed, part.outcome, options)
    raw_margin, margin = tested.margins_of(typed[testing.tolist()])
    test = _evaluate(outcome[testing], margin, tested.scorer.grades, options.seed, blocks[testing])
    if options.refuse:
        _check_test(test, found, tested, prepared, typed, options)
    final, rows = tested, learning
    if options.refit:
        observe(f"{chosen.family}, on all leads")
        unseen = chosen.joined_by_test(learning, testing, raw_margin, margin)
        final, rows = fit(unseen, schema, typed, outcome, options), np.arange(len(outcome))
    prepared = pricing_doubtful(prepared, found.candidates, chosen, options)
    random = _random_figures(chosen.recipe, tested, prepared, typed, options) if prepared.by_time else None
    tally = {
        "fit": final.tally.to_json(),
        "test": Tally.fit(outcome[testing], margin, blocks[testing]).to_json(),
    }
    bundle = Bundle(
        scorer=final.scorer,
        target=prepared.structure.target,
        family=chosen.family,
        record=_record(prepared, found, tested, test, random, tally, options),
        reference=with_feed(final.reference, prepared, final.scorer.encoder, final.codes, final.margin, rows),
        selftest=selftest.make(final.scorer),
        version=version,
        events=prepared.events,
    )
    return Trained(bundle, prepared, {each.family: each.seconds for each in found.candidates}, tested.scorer)


def _check_test(
    test: Evaluation,
    found: Choice,
    tested: FittedScorer,
    prepared: Prepared,
    typed: pl.DataFrame,
    options: Options,
) -> None:
    """Refuse what the test speaks against, unless it is accepted by name."""
    encoder, outcome = tested.scorer.encoder, prepared.outcome
    codes = encoder.apply(typed[prepared.testing.tolist()])
    moved = holdout_check.what_moved(
        encoder, tested.codes, outcome[prepared.learning], codes, outcome[prepared.testing]
    )
    promised = validation(
        found.chosen, outcome[prepared.learning], tested, options, prepared.blocks[prepared.learning]
    )
    holdout_check.check(test, promised, found.chosen.family, prepared.tested_by, moved, options)


def _part(
    prepared: Prepared,
    typed: pl.DataFrame,
    among: np.ndarray,
    options: Options,
    *,
    by_time: bool | None = None,
) -> FoldedLeads:
    """Some of the rows with their folds."""
    ahead = prepared.by_time if by_time is None else by_time
    folds = prepared.folds(among, options.folds, by_time=ahead)
    return FoldedLeads(typed[among.tolist()], prepared.outcome[among], folds, prepared.groups[among])


def fit(
    chosen: OutOfFold,
    schema: Schema,
    typed: pl.DataFrame,
    outcome: np.ndarray,
    options: Options,
    support: int = SUPPORT,
) -> FittedScorer:
    """Learn on these rows; calibration, interval and cuts come from their out-of-fold margins."""
    encoder = Encoder.fit(typed, schema, support=support)
    codes = encoder.apply(typed)
    learner = chosen.recipe.learn(codes, outcome, encoder)
    ripe = _ripe(chosen, outcome)
    seen = outcome[chosen.rows[ripe]]
    calibrator = choose_calibrator(seen, chosen.raw[ripe], chosen.fold[ripe]).tamed(seen, chosen.raw[ripe])
    unseen = calibrator.apply(chosen.raw[ripe])
    grades = _grades(options.policy, seen, unseen, float(outcome.mean()))
    scorer = Scorer(schema, encoder, *folded(learner, calibrator), Interval.fit(seen, unseen), grades)
    margin = calibrated_margin(scorer, codes)
    return FittedScorer(
        scorer=scorer,
        learner=learner,
        codes=codes,
        margin=margin,
        reference=Reference.fit(codes, encoder, outcome, margin),
        tally=Tally.fit(seen, unseen),
    )


def _ripe(chosen: OutOfFold, outcome: np.ndarray) -> np.ndarray:
    """The margins that were learnt from at least half of all rows.

    Forward folds begin with little: what a model of a sixth of the rows says is fainter than what one of all
    of them does, and a line through it would make that too bold. Where two folds do not remain, all count.
    """
    ripe: np.ndarray = chosen.learnt >= RIPE * len(outcome)
    seen = outcome[chosen.rows[ripe]]
    enough = min(seen.sum(), (1.0 - seen).sum()) >= FEWEST and len(np.unique(chosen.fold[ripe])) > 1
    return ripe if enough else np.ones(len(ripe), dtype=bool)


def _grades(policy: Policy | None, outcome: np.ndarray, margin: np.ndarray, rate: float) -> Grades:
    return Grades.fit(policy or Policy(), outcome, margin, rate)


def _evaluate(
    outcome: np.ndarray, margin: np.ndarray, grades: Grades, seed: int, blocks: np.ndarray | None = None
) -> Evaluation:
    return evaluate(outcome, margin, probability(margin), cut=grades.line, seed=seed, blocks=blocks)


def _random_figures(
    recipe: Recipe, tested: FittedScorer, prepared: Prepared, typed: pl.DataFrame, options: Options
) -> RandomFolds:
    """What folds that do not look ahead in time would have claimed, in the codes of the tested model."""
    part = _part(prepared, typed, prepared.learning, options, by_time=False)
    coded = [CodedFold.of(part, fold, tested.scorer.encoder, tested.codes) for fold in part.folds]
    found = candidates.out_of_fold([recipe], part, coded)[0]
    seen = part.outcome[found.rows]
    return RandomFolds(
        auc=metrics.auc(seen, found.margin),
        log_loss=metrics.log_loss(seen, probability(found.margin)),
    )


def validation(
    chosen: OutOfFold,
    outcome: np.ndarray,
    fitted: FittedScorer,
    options: Options,
    blocks: np.ndarray | None = None,
) -> Evaluation:
    """Out of fold, with the line of the fitted model."""
    drawn = None if blocks is None else blocks[chosen.rows]
    return _evaluate(outcome[chosen.rows], chosen.margin, fitted.scorer.grades, options.seed, drawn)


def _record(
    prepared: Prepared,
    found: Choice,
    tested: FittedScorer,
    test: Evaluation,
    random: RandomFolds | None,
    tally: Mapping[str, Any],
    options: Options,
) -> TrainingRecord:
    """What the bundle remembers of its training; no wall-clock value, no row."""
    chosen = found.chosen
    outcome, blocks = prepared.outcome[prepared.learning], prepared.blocks[prepared.learning]
    return TrainingRecord(
        chosen=chosen.family,
        metric=options.metric,
        candidates=[
            _candidate(each, outcome, tested.scorer.grades, options.seed, blocks) for each in found.candidates
        ],
        train=tested.train(outcome, options, blocks).to_json(),
        validation={
            **validation(chosen, outcome, tested, options, blocks).to_json(),
            "folds": _spread(chosen, outcome, tested.scorer.grades),
        },
        test=test.to_json(),
        split=SplitRecord(
            by=prepared.tested_by,
            train_rows=len(prepared.learning),
            test_rows=len(prepared.testing),
            set_aside=int(prepared.left_out.sum()),
            folds=options.folds,
            random=random,
        ),
        excluded=prepared.audit.excluded,
        findings=tuple(each for each in prepared.audit.findings if each.code != FILE_ORDER),
        rows=prepared.counts,
        events=prepared.told_events,
        maturity=prepared.told_maturity,
        **found.record,
        **diagnostics(prepared, tested.codes, found.candidates, tested.scorer, options),
        tally=tally,
        refit=options.refit,
        seed=options.seed,
        written=WRITTEN,
    )


def _candidate(
    each: OutOfFold, outcome: np.ndarray, grades: Grades, seed: int, blocks: np.ndarray
) -> CandidateFigures:
    seen = outcome[each.rows]
    own = Grades.nearest(grades.policy, seen, each.margin, float(outcome.mean()))
    figures = _evaluate(seen, each.margin, own, seed, blocks[each.rows]).to_json()
    names = ("auc", "auc_low", "auc_high", "log_loss", "accuracy", "precision", "recall", "f1")
    return CandidateFigures(name=each.family, **{name: figures[name] for name in names})


def _spread(chosen: OutOfFold, outcome: np.ndarray, grades: Grades) -> dict[str, Any]:
    """The figures over the folds."""
    seen = outcome[chosen.rows]
    spread = fold_spread(seen, chosen.margin, probability(chosen.margin), chosen.fold, cut=grades.line)
    return {name: asdict(each) for name, each in spread.items()}
