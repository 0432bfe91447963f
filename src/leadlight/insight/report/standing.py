"""What a model is worth, as its report says it: the verdict of the page Model and over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadlight.data.finding import Excluded, Finding
from leadlight.data.rows import RowCounts
from leadlight.errors import BundleError
from leadlight.insight.report.glance import named, summary
from leadlight.insight.report.record import Record
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy
from leadlight.model.training_record import CandidateFigures, LeakClaim


@dataclass(frozen=True)
class ModelVerdict:
    """The model in a few sentences and figures."""

    sentences: tuple[str, ...]
    family: str
    columns: int
    auc: Mapping[str, Any] | None
    precision: Any
    recall: Any
    policy: Policy
    candidates: tuple[CandidateFigures, ...]
    chosen: str
    excluded: tuple[Excluded, ...]
    findings: tuple[Finding, ...]
    leaks: LeakClaim | None
    rows: RowCounts


def verdict(bundle: Bundle) -> ModelVerdict | None:
    """Nothing where the model was made before any lead was decided."""
    try:
        record = Record.of(bundle)
    except BundleError:
        return None
    training = bundle.record
    return ModelVerdict(
        sentences=summary(record),
        family=named(bundle.family),
        columns=len(record.columns),
        auc=training.test,
        precision=record.policy.precision,
        recall=record.policy.recall,
        policy=bundle.scorer.grades.policy,
        candidates=tuple(training.candidates),
        chosen=training.chosen,
        excluded=tuple(training.excluded),
        findings=tuple(each for each in training.findings if each.severity != "note"),
        leaks=training.leaks,
        rows=training.rows,
    )
