"""What a model would have claimed with the leaks, and what it can do without the doubtful columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from leadlight.data.schema import Schema
from leadlight.model import metrics
from leadlight.model.grade import Grades
from leadlight.model.policy import Policy
from leadlight.model.training_record import LeakClaim
from leadlight.training import candidates
from leadlight.training.audit import leaks
from leadlight.training.candidates import FoldedLeads, OutOfFold
from leadlight.training.learners import ENSEMBLE
from leadlight.training.options import Options
from leadlight.training.prepare import Prepared

QUICK: Final = ("logistic", "glassbox_main", "bayes", "glassbox", "lightgbm", "rules")
DECIMALS: Final = 6


def claimed(prepared: Prepared, found: Sequence[OutOfFold], folds: int) -> LeakClaim | None:
    """The AUC out of fold with the leaks and without them, by a quick one of the candidates."""
    columns = _leaks(prepared)
    by_family = {each.family: each for each in found}
    family = next((name for name in QUICK if name in by_family), None)
    if not columns or family is None:
        return None
    schema = _with(prepared.schema, columns)
    part = _part(prepared, schema, folds)
    recipe = by_family[family].recipe
    again = candidates.out_of_fold([recipe], part, candidates.coded(part, schema))[0]
    return LeakClaim(
        columns=columns,
        family=family,
        auc=round(metrics.auc(part.outcome[again.rows], again.margin), DECIMALS),
        without=round(metrics.auc(part.outcome[again.rows], by_family[family].margin), DECIMALS),
    )


def pricing_doubtful(
    prepared: Prepared, found: Sequence[OutOfFold], chosen: OutOfFold, options: Options
) -> Prepared:
    """Tell what all suspects are worth together to the model itself, out of fold, and not to the audit's."""
    columns = [each.column for each in prepared.audit.findings if each.code == "suspect" and each.column]
    columns = [name for name in columns if prepared.schema[name].is_input]
    rest = prepared.schema.replacing(replace(prepared.schema[name], used=False) for name in columns)
    by_family = {each.family: each for each in found}
    quick = by_family.get(next((name for name in QUICK if name in by_family), ""))
    each = quick if chosen.family == ENSEMBLE else chosen
    if not columns or not rest.inputs or each is None:
        return prepared
    part = _part(prepared, rest, options.folds)
    again = candidates.out_of_fold([each.recipe], part, candidates.coded(part, rest))[0]
    now, then = (_at_the_line(one, part.outcome, options) for one in (each, again))
    return replace(prepared, audit=prepared.audit.replacing(leaks.doubtful(columns, now, then)))


def _at_the_line(each: OutOfFold, outcome: np.ndarray, options: Options) -> dict[str, float]:
    seen = outcome[each.rows]
    line = Grades.nearest(options.policy or Policy(), seen, each.margin, float(outcome.mean())).line
    figures = {
        "auc": metrics.auc(seen, each.margin),
        "precision": metrics.precision(seen, each.margin >= line),
    }
    return {name: round(figure, DECIMALS) for name, figure in figures.items()}


def _part(prepared: Prepared, schema: Schema, folds: int) -> FoldedLeads:
    learning = prepared.learning
    cut = prepared.folds(learning, folds, by_time=prepared.by_time)
    return FoldedLeads(schema.apply(prepared.raw[learning.tolist()]), prepared.outcome[learning], cut)


def _leaks(prepared: Prepared) -> list[str]:
    """Those that would have been learnt from: no people, no owners."""
    found = [each.column for each in prepared.audit.excluded if each.code == "leak"]
    return [name for name in found if prepared.schema[name].role in ("after", "consent")]


def _with(schema: Schema, columns: Sequence[str]) -> Schema:
    return schema.replacing(replace(schema[name], role="feature", used=True) for name in columns)
