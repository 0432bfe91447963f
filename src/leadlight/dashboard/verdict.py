"""What a model is worth, as its report says it, and its sections, ready for a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadlight.errors import BundleError
from leadlight.insight.report.glance import named, summary
from leadlight.insight.report.record import Record
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy


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
    candidates: tuple[Mapping[str, Any], ...]
    chosen: str
    excluded: tuple[Mapping[str, Any], ...]
    findings: tuple[Mapping[str, Any], ...]
    leaks: Mapping[str, Any] | None
    rows: Mapping[str, Any]


def verdict(bundle: Bundle) -> ModelVerdict | None:
    """Nothing where the model was made before any lead was decided."""
    try:
        record = Record.of(bundle)
    except BundleError:
        return None
    plain = bundle.training
    return ModelVerdict(
        sentences=summary(record),
        family=named(bundle.family),
        columns=len(record.columns),
        auc=plain["test"],
        precision=record.policy.precision,
        recall=record.policy.recall,
        policy=bundle.scorer.grades.policy,
        candidates=tuple(plain["candidates"]),
        chosen=str(plain["chosen"]),
        excluded=tuple(plain["excluded"]),
        findings=tuple(each for each in plain["findings"] if each["severity"] != "note"),
        leaks=plain.get("leaks"),
        rows=plain["rows"],
    )
