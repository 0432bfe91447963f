"""A batch of leads held against what the model was trained on: findings, and which of them are alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data.finding import Finding
from leadlight.errors import ColumnError, QuestionError
from leadlight.insight.arrivals import Arrivals
from leadlight.insight.drift import FEWEST, BatchCounts, ColumnDrift, Judged, drift
from leadlight.insight.drift import Checks as DriftChecks
from leadlight.insight.faults import Faults
from leadlight.model.bundle import Bundle
from leadlight.model.outcome import outcomes_of
from leadlight.model.scorer import Scores

CODES: Final = {
    "column_moved": "a column is not spread as it was in training",
    "column_empty": "a column is empty in all leads",
    "missing_rose": "a column is missing more often than in training",
    "unseen_rose": "a column holds values that the model never saw",
    "level_renamed": "a value is gone, and as many leads hold one that is unknown",
    "unit_changed": "a number came in another unit",
    "number_for_missing": "one number, such as -1, is suddenly common and may stand for missing",
    "columns_swapped": "two columns hold each other's values",
    "column_frozen": "a column says the same in all of the newest leads",
    "ids_reused": "different leads have one id",
    "batch_repeated": "rows came in a second time",
    "clock_shifted": "the hours at which leads come in have moved as one",
    "outcomes_late": "fewer leads are decided than leads of their age used to be",
    "model_stale": "the leads came in long after the last that the model learnt from",
    "tells_outcome": "a column tells how leads ended far better than in training",
    "score_moved": "the scores are not spread as in training",
    "segment_moved": "the scores of one source of leads are not what they were",
    "rate_moved": "leads convert more or less often than the model foretold",
    "ranking_fell": "the model ranks decided leads worse than it did in its test",
    "few_leads": "too few leads to say anything",
    "no_leads": "no lead has come in for longer than ever before",
    "report_unsent": "the report of the week was to be mailed, and was not taken for everybody",
    "fairness_moved": "a group of a sensitive column is called, or buys once called, otherwise than before",
    "training_failed": "a challenger was to be trained, and could not be",
    "assumption_fails": "figures that are estimated before outcomes arrive do not hold",
}
"""What a watch may find; each has its paragraph in the runbook."""
EXPLAINED: Final = frozenset({"column_moved", "missing_rose", "unseen_rose", "column_empty"})


@dataclass(frozen=True)
class Watched:
    """What was found in a batch; alarms come first."""

    model: str
    leads: int
    decided: int
    findings: tuple[Finding, ...]
    columns: tuple[ColumnDrift, ...]
    score: ColumnDrift

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that somebody has to look at."""
        return tuple(each for each in self.findings if each.severity == "alarm")

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "leads": self.leads,
            "decided": self.decided,
            "alarms": len(self.alarms),
            "findings": [each.to_json() for each in self.findings],
            "columns": [each.to_json() for each in self.columns],
            "score": self.score.to_json(),
        }


def watched(
    bundle: Bundle,
    raw: pl.DataFrame,
    *,
    earlier: pl.DataFrame | None = None,
    at: float | None = None,
    judged: Judged | None = None,
) -> Watched:
    """Hold raw leads against the reference; `earlier` is the batch before, `at` the moment of looking.

    Where not all of them can be judged, `judged` says what can.
    """
    judged = judged or Judged.everything(bundle)
    schema, scorer = bundle.scorer.schema, bundle.scorer
    typed = schema.apply(raw)
    codes = scorer.encoder.apply(typed, at)
    said = scorer.score_codes(codes)
    counts = batch_counts(bundle, codes, said)
    found = drift(bundle, counts, judged)
    moment, outcome = schema.moments(raw), known_outcomes(bundle, raw)
    dated = scorer.encoder.with_declared(typed)
    moved = found.moved & set(dated.columns)
    order = None if moment is None else np.argsort(moment, kind="stable")
    faults = Faults(
        DriftChecks.of(bundle, counts), dated, raw, codes, order, frozenset(moved), judged.features
    )
    arrivals = Arrivals(bundle, raw, earlier, codes, moment, outcome, at, judged)
    told = [*_few(raw.height), *found.findings]
    if raw.height >= FEWEST:
        told += [*faults.found(), *arrivals.found()]
    return Watched(
        model=bundle.name,
        leads=raw.height,
        decided=int((~np.isnan(outcome)).sum()),
        findings=sorted_findings(told),
        columns=found.columns,
        score=found.score,
    )


def batch_counts(bundle: Bundle, codes: np.ndarray, said: Scores) -> BatchCounts:
    """What the tests look at, of leads that were scored."""
    return BatchCounts.of(bundle, codes, said.margin, said.probability)


def known_outcomes(bundle: Bundle, raw: pl.DataFrame) -> np.ndarray:
    """1 won, 0 lost, nan where it is open or the leads do not say."""
    try:
        return outcomes_of(bundle, raw).cast(pl.Float64).fill_null(float("nan")).to_numpy()
    except (ColumnError, QuestionError):
        return np.full(raw.height, np.nan)


def _few(leads: int) -> list[Finding]:
    if leads >= FEWEST:
        return []
    message = f"{leads:,} leads are too few to say whether anything moved; {FEWEST} are needed."
    return [Finding("few_leads", "note", None, message, "Watch more leads at a time.", {"leads": leads})]


def sorted_findings(findings: list[Finding]) -> tuple[Finding, ...]:
    """Alarms first; what a closer look explains is told once, by its explanation."""
    close = {name for each in findings if each.code not in EXPLAINED for name in _columns(each)}
    kept = [
        each
        for each in findings
        if each.code not in EXPLAINED or each.column not in close or each.code == "column_empty"
    ]
    return tuple(sorted(kept, key=lambda each: (each.severity != "alarm", [*CODES].index(each.code))))


def _columns(finding: Finding) -> list[str]:
    return [
        str(name)
        for name in (finding.column, finding.evidence.get("other"))
        if name and finding.severity == "alarm" and finding.code not in ("segment_moved", "outcomes_late")
    ]
