"""The report on leads before anything is learnt: every column, how they go together, what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.explore.singles import singles, views
from leadlight.insight.explore.summary import findings, summary
from leadlight.insight.explore.telling import telling
from leadlight.insight.explore.together import together
from leadlight.insight.explore.whole import missing, over_time, repeated
from leadlight.insight.page import ReportPage

if TYPE_CHECKING:
    from leadlight.training.inspection import InspectedLeads

__all__ = ["explore"]


def explore(raw: pl.DataFrame, inspection: InspectedLeads) -> ReportPage:
    """All that is worth seeing of these leads, each picture with a sentence that says what it shows."""
    leads = ExploredLeads.of(raw, inspection)
    shown = views(leads)
    sections = [
        findings(inspection),
        telling(leads, shown),
        over_time(leads),
        singles(leads, shown),
        together(leads, shown),
        missing(leads),
        repeated(leads),
    ]
    return ReportPage(
        title="What the leads say",
        summary=summary(leads, inspection),
        sections=tuple(section for section in sections if section is not None),
    )
