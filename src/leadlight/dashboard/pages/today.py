"""Today: whom to call, what that will bring, what changed since yesterday, what needs a hand."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.histories import known_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.lead_words import named_of
from leadlight.data.logs import Log
from leadlight.flows.desk import today
from leadlight.insight.advice import Advised, advise_on
from leadlight.insight.channel_money import in_currency
from leadlight.insight.history import History

router = pages()


@router.get("/today/advice")
def advised(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    """The first box, which is asked for once the page stands: its figures may take a moment."""
    known = known_of(visit)
    if known is None:
        return Response()
    history = known.contacted
    told = known.once("advice", lambda: _advised(history, known.spend))
    return drawing.page(visit, "advice.html", told=told)


def _advised(history: History, spend: Log | None) -> Advised:
    named = sorted({each for each in spend.rows["currency"].to_list() if each}) if spend is not None else []
    if spend is not None and len(named) > 1:
        spend = in_currency(spend, named[0])
    return advise_on(history, spend)


@router.get("/today")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="today")
    return drawing.page(
        visit,
        "today.html",
        today=today(visit.store, desk, time.time()),
        grades=desk.bundle.scorer.grades.names,
        named=named_of(desk.roster.names),
    )
