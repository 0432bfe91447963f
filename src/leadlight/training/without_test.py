"""A model straight from columns and outcomes: no split, no audit, no refusal for what the figures say.

For those who test it themselves, as scikit-learn does. All columns are used as they are typed; folds serve to
compare, to calibrate and to set the line. Few rows get finer bins than a bundle may hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import infer, names, split
from leadlight.data.schema import Column, Schema
from leadlight.data.split import Fold
from leadlight.data.target import Target
from leadlight.model import selftest
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Encoder, support_for
from leadlight.model.training_record import TrainingRecord
from leadlight.training.candidates import FoldedLeads, names_of
from leadlight.training.choose import Choice, search
from leadlight.training.choose import check as check_options
from leadlight.training.fit import FittedScorer, fit, validation
from leadlight.training.one_thread import on_one_thread
from leadlight.training.options import Options
from leadlight.training.prepare import FEWEST
from leadlight.training.progress import Progress

PLAIN: Final = ("bayes", "logistic")
"""What fewer than 20 rows of one outcome can teach."""


def schema_of(raw: pl.DataFrame, kinds: Sequence[str | None]) -> Schema:
    """Every column a feature: of the kind that it is known to be, a number if typed so, else as it reads."""
    return Schema(tuple(map(_column, raw, kinds)))


def _column(series: pl.Series, kind: str | None) -> Column:
    kind = "number" if series.dtype.is_numeric() else kind
    if kind == "number" or series.dtype.is_numeric():
        return Column(series.name, kind="number", group=names.group(series.name, "number"))
    guess = replace(infer.columns(series.to_frame())[0], role="feature")
    return guess if kind in (None, guess.kind) else Column(series.name, kind=str(kind), group=guess.group)


@on_one_thread
def train(
    raw: pl.DataFrame,
    outcome: np.ndarray,
    schema: Schema,
    options: Options,
    target: Target,
    version: str = "",
) -> Bundle:
    """Learn from rows of both outcomes, in whatever order they come."""
    check_options(options)
    options = _within_means(replace(options, refuse=False), outcome)
    schema = _saying_something(raw, schema)
    part = _part(schema.apply(raw), outcome, options)
    found = search(part, schema, options, Progress(version=version))
    fitted = fit(found.chosen, found.schema, part.typed, part.outcome, options, part.support)
    return Bundle(
        scorer=fitted.scorer,
        target=target,
        family=found.chosen.family,
        record=_record(found, part.outcome, fitted, options),
        reference=fitted.reference,
        selftest=selftest.make(fitted.scorer),
        version=version,
    )


def _saying_something(raw: pl.DataFrame, schema: Schema) -> Schema:
    """Dates that are all alike have no bins; where there is nothing else they are words."""
    dates_only = all(column.kind == "date" for column in schema.inputs)
    if not dates_only or Encoder.fit(schema.apply(raw), schema, support=support_for(raw.height)).features:
        return schema
    return schema.replacing(Column(column.name, group=column.group) for column in schema.inputs)


def _within_means(options: Options, outcome: np.ndarray) -> Options:
    """With a handful of one outcome nothing can be chosen by, and leaves of trees stay empty."""
    if min(outcome.sum(), (1 - outcome).sum()) >= FEWEST:
        return options
    plain = [family for family in names_of(options.models) if family in PLAIN] or PLAIN[-1:]
    return replace(options, models=plain, select="none", tune=0)


def _part(typed: pl.DataFrame, outcome: np.ndarray, options: Options) -> FoldedLeads:
    """The rows in an order that only their content decides, equal ones in one fold."""
    names = sorted(typed.columns)
    table = typed.select(pl.col(name).alias(str(k)) for k, name in enumerate(names))
    ranked = table.with_columns(outcome=outcome).with_row_index("row").sort(pl.exclude("row"))
    order, ordered = ranked["row"].to_numpy(), ranked["outcome"].to_numpy()
    equal = ranked.select(pl.struct(pl.exclude("row", "outcome")).rle_id()).to_series().to_numpy()
    rarest = int(min(ordered.sum(), (1 - ordered).sum()))
    count = max(2, min(options.folds, rarest))
    folds = _folds(equal, ordered, count, options.seed)
    return FoldedLeads(typed[order.tolist()], ordered, folds, equal, support_for(len(order)))


def _folds(equal: np.ndarray, outcome: np.ndarray, count: int, seed: int) -> list[Fold]:
    """Equal rows in one fold, unless most are equal; each row alone where there are hardly any."""
    rows = np.arange(len(equal))
    draws = np.random.Generator(np.random.PCG64(seed)).random(len(rows))
    folds = [
        fold for fold in split.stratified(split.blocks(equal), outcome, draws, count) if len(fold.validation)
    ]
    return folds if len(folds) > 1 else [Fold(np.delete(rows, row), rows[[row]]) for row in rows]


def _record(found: Choice, outcome: np.ndarray, fitted: FittedScorer, options: Options) -> TrainingRecord:
    """What can be told without a test; a line is set anew on the leads out of fold."""
    tally = fitted.tally.to_json()
    return TrainingRecord(
        chosen=found.chosen.family,
        metric=options.metric,
        train=fitted.train(outcome, options).to_json(),
        validation=validation(found.chosen, outcome, fitted, options).to_json(),
        tally={"fit": tally, "test": tally},
        **found.record,
        seed=options.seed,
        written=frozenset({*found.record, "seed"}),
    )
