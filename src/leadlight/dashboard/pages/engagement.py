"""Engagement: fit crossed with engagement, what each cell brought, and the open leads behind it."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.lead_words import named_of
from leadlight.flows.desk import Desk
from leadlight.insight import engagement as insight
from leadlight.insight.engagement import Engagement
from leadlight.insight.population import GroupFigures

SHOWN: Final = 25
WARMER: Final = (0.4, 0.8, 1.2, 1.75)
"""A cell is coloured the stronger the more of these times the rate of all leads its own one is."""

router = pages()


@router.get("/engagement")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="engagement")
    found = _made(desk)
    asked = visit.given("cell")
    chosen = asked if asked in insight.CELLS else insight.CELLS[0]
    places = found.waiting(desk.population, chosen)
    return drawing.page(
        visit,
        "engagement.html",
        found=found,
        chosen=chosen,
        numbers=insight.ENGAGEMENT,
        heats={cell.name: _heat(cell.figures, found.whole) for cell in found.cells},
        rows=[_row(desk, found, place) for place in places[:SHOWN].tolist()],
        of=len(places),
        priced=desk.population.values.are_known,
    )


@lru_cache(2)
def _made(desk: Desk) -> Engagement:
    return insight.engagement(desk.population)


def _heat(cell: GroupFigures, whole: GroupFigures) -> int:
    if cell.rate.value is None or not whole.rate.value:
        return 0
    return sum(cell.rate.value >= times * whole.rate.value for times in WARMER)


def _row(desk: Desk, found: Engagement, place: int) -> dict[str, Any]:
    known = desk.population
    fields, said = known.raw.row(place, named=True), found.leads.row(place, named=True)
    identity = str(fields[desk.identity])
    return {
        "id": identity,
        "title": named_of(known.raw.columns).title(fields, identity),
        "probability": float(known.scores.probability[place]),
        "place": int(known.scores.grade[place]),
        "fit": said["fit_score"],
        "engagement": said["engagement_score"],
    }
