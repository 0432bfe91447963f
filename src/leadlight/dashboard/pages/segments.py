"""Segments: what to do about each grade, and the personas among the leads."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Response

from leadlight import settings
from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of, figures_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.flows.desk import Desk
from leadlight.flows.personas import segments_of_home
from leadlight.flows.whole_leads import population_of_home
from leadlight.insight.segments import Playbooks, Segments
from leadlight.store import Store

router = pages()


@router.get("/segments")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="segments")
    playbooks = settings.find(visit.store.home.folder / "leads").playbooks
    key = ("segments", tuple(playbooks.items()))
    found, priced = figures_of(visit).once(key, lambda: _made(visit.store, desk, playbooks))
    return drawing.page(visit, "segments.html", found=found, priced=priced)


def _made(store: Store, desk: Desk, playbooks: Playbooks) -> tuple[Segments, bool]:
    """The segments without their leads, which nothing on the page tells, and whether deals have a worth."""
    known = population_of_home(store, desk.bundle)
    found = segments_of_home(store, known, playbooks)
    return replace(found, leads=found.leads.head(0)), known.values.are_known
