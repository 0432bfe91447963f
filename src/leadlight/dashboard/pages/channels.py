"""Channels: how the leads of each source, campaign or other value did, and what waits there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.figures import drawn
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.insight import channels
from leadlight.insight.channels import Channels
from leadlight.insight.charts import desk as charts
from leadlight.insight.page import Figure
from leadlight.insight.wording import percent, quoted

router = pages()


@router.get("/channels")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    columns = [] if desk is None else channels.columns(desk.bundle, desk.raw)
    if desk is None or not columns:
        return drawing.page(visit, "nothing_yet.html", section="channels")
    column = visit.given("column")
    chosen = column if column in columns else columns[0]
    found = channels.by_value(desk.bundle, desk.raw, desk.scores, chosen)
    return drawing.page(
        visit,
        "channels.html",
        found=found,
        columns=columns,
        figures=[drawn(figure) for figure in _figures(found)],
        grade=desk.bundle.scorer.grades.names[0],
        is_source=chosen == columns[0],
    )


def _figures(found: Channels) -> list[Figure]:
    told = sorted((row for row in found.rows if row.rate is not None), key=lambda row: -(row.rate or 0.0))
    if not told:
        return []
    best, worst = told[0], told[-1]
    title = (
        f"Of the decided leads, {percent(best.rate)} of {quoted(best.value)} bought"
        f" and {percent(worst.rate)} of {quoted(worst.value)}."
    )
    note = "The line through each bar holds the true rate nine times in ten."
    made = [Figure("rates", title, charts.rates([asdict(row) for row in told]), note)]
    if len({row["start"] for row in found.periods}) > 1:
        title = f"How often they bought, by {found.period} of arrival."
        made.append(Figure("rates-over-time", title, charts.rates_over_time(found.periods)))
    return made
