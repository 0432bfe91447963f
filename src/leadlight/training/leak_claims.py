"""What a model would have claimed with the columns that the audit takes for leaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from leadlight.data.schema import Schema
from leadlight.model import metrics
from leadlight.training import candidates
from leadlight.training.candidates import FoldedLeads, OutOfFold
from leadlight.training.prepare import Prepared

QUICK: Final = ("logistic", "glassbox_main", "bayes", "glassbox", "lightgbm", "rules")
DECIMALS: Final = 6


def claimed(prepared: Prepared, found: Sequence[OutOfFold], folds: int) -> dict[str, Any] | None:
    """The AUC out of fold with the leaks and without them, by a quick one of the candidates."""
    columns = _leaks(prepared)
    by_family = {each.family: each for each in found}
    family = next((name for name in QUICK if name in by_family), None)
    if not columns or family is None:
        return None
    schema = _with(prepared.schema, columns)
    learning = prepared.learning
    cut = prepared.folds(learning, folds, by_time=prepared.by_time)
    part = FoldedLeads(schema.apply(prepared.raw[learning.tolist()]), prepared.outcome[learning], cut)
    recipe = by_family[family].recipe
    again = candidates.out_of_fold([recipe], part, candidates.coded(part, schema))[0]
    return {
        "columns": columns,
        "family": family,
        "auc": round(metrics.auc(part.outcome[again.rows], again.margin), DECIMALS),
        "without": round(metrics.auc(part.outcome[again.rows], by_family[family].margin), DECIMALS),
    }


def _leaks(prepared: Prepared) -> list[str]:
    """Those that would have been learnt from: no people, no owners."""
    found = [each.column for each in prepared.audit.excluded if each.code == "leak"]
    return [name for name in found if prepared.schema[name].role in ("after", "consent")]


def _with(schema: Schema, columns: Sequence[str]) -> Schema:
    return schema.replacing(replace(schema[name], role="feature", used=True) for name in columns)
