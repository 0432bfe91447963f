"""A model before enough leads have been decided: points that were set by hand, and what few outcomes say.

Nothing here is measured, since there is nothing to measure on. How sure it is follows from how firmly the
points are held and from the outcomes so far.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import rows, structure, target
from leadlight.data.rows import PreparedRows
from leadlight.data.schema import Schema
from leadlight.data.structure import Structure
from leadlight.errors import LeadlightError, QuestionError, TrainingError
from leadlight.model import selftest
from leadlight.model.bundle import Bundle
from leadlight.model.calibrate import Calibrator, Interval
from leadlight.model.encode import Codes, Encoder
from leadlight.model.grade import Grades
from leadlight.model.importance import importance
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.model.reference import Reference
from leadlight.model.regrade import without_outcomes
from leadlight.model.scorer import Scorer
from leadlight.model.tally import LEAST, Tally
from leadlight.model.training_record import EarlyStand, TrainingRecord
from leadlight.training import hand_points
from leadlight.training.as_of import LeadLogs
from leadlight.training.audit import quality
from leadlight.training.audit.audit import ORDER, Audit, AuditInput
from leadlight.training.choose import check as families
from leadlight.training.fit import Trained
from leadlight.training.fit import train as learnt
from leadlight.training.learners import rules
from leadlight.training.learners.rules import Learnt
from leadlight.training.options import Options
from leadlight.training.prepare import ENOUGH, Prepared, infer_schema
from leadlight.training.progress import Clock, Observe, no_clock, silent

CODES: Final = ("which_target", "single_class", "too_few", "target_value")
"""What stands in the way of learning while few leads or none are decided."""
FAMILY: Final = "rules"
DOUBT_LEADS: Final = 4000
WRITTEN: Final = frozenset(
    (
        "candidates",
        "excluded",
        "findings",
        "rows",
        "settings",
        "selection",
        "tuning",
        "balance",
        "importance",
        "refit",
        "seed",
    )
)
"""What the record of such a model names even where there is nothing."""


def train_or_start(
    raw: pl.DataFrame,
    options: Options,
    *,
    held_out: pl.DataFrame | None = None,
    logs: LeadLogs | None = None,
    version: str = "",
    clock: Clock = no_clock,
    observe: Observe = silent,
) -> Trained:
    """Learn from what was decided; where that is too little, begin with the points that were set by hand."""
    try:
        return learnt(
            raw,
            options,
            held_out=held_out,
            logs=logs,
            version=version,
            clock=clock,
            observe=observe,
        )
    except (QuestionError, TrainingError) as problem:
        if problem.code not in CODES or not options.has_points:
            raise
        if families(options) != ("rules",):
            raise suggested(problem) from None
        return train(raw, options, version)


def suggested(problem: LeadlightError) -> LeadlightError:
    """This refusal with a hint that points alone would do."""
    problem.message += " Or score by your points alone: --models rules."
    return problem


def train(raw: pl.DataFrame, options: Options, version: str = "") -> Trained:
    """Points as they were set, moved by what few outcomes there are."""
    if options.rate is None:
        raise TrainingError(
            "No outcome says yet how many leads buy.",
            code="no_rate",
            hint="Write the share that you believe in leadlight.toml, such as [points] rate = 0.1",
        )
    found, known, every = _leads(raw, options)
    schema = infer_schema(every, found, options)
    audit = _looked_at(every, schema, options)
    typed = audit.schema.apply(every)
    encoder = Encoder.fit(typed, audit.schema)
    if not any(feature.points for feature in encoder.features):
        raise TrainingError(
            "No lead can be given points: each column that has any is left out.",
            code="no_inputs",
            hint="See why with: leadlight inspect LEADS",
        )
    codes = encoder.apply(typed)
    outcome = np.concatenate([known.outcome, np.zeros(known.open.height)])
    decided = (np.arange(len(outcome)) < len(known.outcome)).astype(np.float64)
    settings = options.settings_of(FAMILY)
    learnt = rules.learn(codes, outcome, encoder, weight=decided, settings=settings)
    scorer = _scorer(audit.schema, encoder, learnt, codes, options)
    bundle = _bundle(scorer, learnt, codes, decided, found, known, audit, options, version)
    return Trained(bundle, _prepared(found, known, audit), {}, scorer)


def _leads(raw: pl.DataFrame, options: Options) -> tuple[Structure, PreparedRows, pl.DataFrame]:
    """All leads, the decided first."""
    structure.check(raw)
    raw = structure.with_order(raw, options.time)
    outcome = target.expected(raw, options.target, options.positive, options.negative, options.open)
    told = options.columns.get(options.time or "")
    form = None if told is None else told.date_format
    found = structure.around(raw, outcome, options.id, options.time, form)
    known = rows.prepare(raw, outcome, found.id, found.moment(raw))
    every = [part for part in (known.frame, known.open) if part.height]
    if not every:
        raise TrainingError(
            "No lead is left: each repeats an id or has none.",
            code="no_rows",
            hint="Name the column that tells leads apart with --id.",
        )
    return found, known, pl.concat(every)


def _looked_at(every: pl.DataFrame, schema: Schema, options: Options) -> Audit:
    """What can be said of columns without an outcome; a column with points stays, however little it says."""
    typed = schema.apply(every)
    encoder = Encoder.fit(typed, schema)
    pointed = {name for name, told in options.columns.items() if told.points}
    audited = AuditInput(
        raw=every,
        typed=typed,
        schema=schema,
        codes=encoder.apply(typed),
        columns=tuple(feature.column for feature in encoder.features),
        sizes=encoder.sizes,
        outcome=np.zeros(every.height),
        groups=np.arange(every.height),
        keep=frozenset({*options.keep, *pointed}),
        configured=frozenset(name for name, told in options.columns.items() if told.role),
    )
    useless = list(quality.useless(audited))
    seen = [*(each for _, each in useless), *quality.roles(audited), *quality.spellings(audited)]
    findings = sorted(seen, key=lambda each: ORDER.index(each.severity))
    return Audit(schema.replacing(column for column, _ in useless), tuple(findings))


def _scorer(schema: Schema, encoder: Encoder, learnt: Learnt, codes: Codes, options: Options) -> Scorer:
    points = learnt.points.centred(codes)
    some = codes[:: max(1, len(codes) // DOUBT_LEADS)]
    interval = Interval.of_doubt(points.margin(some), learnt.doubt(some))
    grades = _grades(points.margin(codes), options)
    return Scorer(schema, encoder, points, Calibrator(1.0, 0.0), interval, grades)


def _grades(margin: np.ndarray, options: Options) -> Grades:
    """The policy that was asked for; else hot is from twice the usual odds on."""
    rate = float(options.rate or 0.5)
    policy = options.policy or Policy()
    if policy.kind == "meet":
        policy = replace(Policy.cuts(round(2 * rate / (1 + rate), 4)), names=policy.names)
    if policy.kind == "precision":
        raise without_outcomes("How many of the called buy")
    return Grades.fit(policy, None, margin, rate)


def _bundle(
    scorer: Scorer,
    learnt: Learnt,
    codes: Codes,
    decided: np.ndarray,
    found: Structure,
    known: PreparedRows,
    audit: Audit,
    options: Options,
    version: str,
) -> Bundle:
    margin = scorer.margin(codes)
    won = int(known.outcome.sum())
    record = TrainingRecord(
        chosen=FAMILY,
        metric=options.metric,
        early=EarlyStand(won=won, lost=len(known.outcome) - won, needed=ENOUGH),
        excluded=audit.excluded,
        findings=audit.findings,
        rows=known.counts,
        settings=dict(options.settings_of(FAMILY)),
        importance=importance(scorer, codes),
        rules=hand_points.record(learnt, codes, decided, scorer, options),
        tally={"leads": _tallied(margin).to_json()},
        seed=options.seed,
        written=WRITTEN,
    )
    return Bundle(
        scorer=scorer,
        target=found.target,
        family=FAMILY,
        record=record,
        reference=Reference.fit(codes, scorer.encoder, probability(margin), margin),
        selftest=selftest.make(scorer),
        version=version,
    )


def _tallied(margin: np.ndarray) -> Tally:
    """The margins of the leads, for a line by capacity; nothing of fewer leads than a cell must hold."""
    return Tally.fit(np.zeros(len(margin)), margin) if len(margin) >= LEAST else Tally((), (), ())


def _prepared(found: Structure, known: PreparedRows, audit: Audit) -> Prepared:
    nothing = np.zeros(known.frame.height, dtype=bool)
    return Prepared(
        structure=found,
        raw=known.frame,
        outcome=known.outcome,
        moment=found.moment(known.frame),
        test=nothing,
        left_out=nothing,
        groups=np.arange(known.frame.height),
        blocks=np.arange(known.frame.height),
        persons=np.arange(known.frame.height),
        draws=np.zeros(known.frame.height),
        by_time=False,
        tested_by="random",
        audit=audit,
        open=known.open,
        counts=known.counts,
    )
