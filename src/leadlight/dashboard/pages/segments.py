"""Segments: what to do about each grade, and the personas among the leads."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Response

from leadlight import settings
from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.config import PlaybookConfig
from leadlight.flows.desk import Desk
from leadlight.insight import segments as insight
from leadlight.insight.segments import Segments

router = pages()


@router.get("/segments")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="segments")
    playbooks = settings.find(visit.store.home.folder / "leads").playbooks
    found = _made(desk, tuple(playbooks.items()))
    return drawing.page(visit, "segments.html", found=found, priced=desk.population.values.are_known)


@lru_cache(2)
def _made(desk: Desk, playbooks: tuple[tuple[str, PlaybookConfig], ...]) -> Segments:
    return insight.segments(desk.population, dict(playbooks))
