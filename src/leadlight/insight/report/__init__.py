"""The report on a model: how good it is, what it says, whom it calls, and whether one may believe it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from leadlight.insight.page import ReportPage
from leadlight.insight.report.boundary import boundary
from leadlight.insight.report.byhand import by_hand, early
from leadlight.insight.report.calls import grades, thresholds
from leadlight.insight.report.choosing import choosing
from leadlight.insight.report.compared import candidates, honesty
from leadlight.insight.report.contributions import contributions, importance
from leadlight.insight.report.given import Given
from leadlight.insight.report.glance import noticed, rows, summary
from leadlight.insight.report.ranking import promise, ranking
from leadlight.insight.report.record import Record
from leadlight.insight.report.segments import segments
from leadlight.insight.report.tables import tables
from leadlight.model.bundle import Bundle
from leadlight.model.scorer import Scorer

__all__ = ["report"]


def report(
    bundle: Bundle,
    leads: pl.DataFrame | None = None,
    *,
    tested: Scorer | None = None,
    seconds: Mapping[str, float] | None = None,
    over: Sequence[str] = (),
) -> ReportPage:
    """Made from the bundle alone, or with leads; `over` names the two columns of the decision boundary.

    Right after a training the leads can be those of the test, scored by the `tested` scorer; `seconds` say
    how long each candidate took.
    """
    if bundle.is_early:
        return early(bundle)
    record = Record.of(bundle)
    given = None if leads is None else Given.of(bundle, leads, tested)
    ranked = importance(record, given)
    sections = [
        grades(record),
        rows(record, given, is_test=tested is not None),
        candidates(record, seconds),
        choosing(record),
        ranking(record),
        promise(record),
        thresholds(record),
        contributions(record, given),
        by_hand(bundle),
        tables(bundle),
        boundary(record, over, ranked),
        honesty(record),
        segments(record, given, ranked),
        noticed(record),
    ]
    return ReportPage(
        title=f"What the model of “{record.target}” is worth",
        summary=summary(record),
        sections=tuple(section for section in sections if section is not None),
    )
