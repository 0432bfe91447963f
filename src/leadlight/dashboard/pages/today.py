"""Today: whom to call, what that will bring, what changed since yesterday, what needs a hand."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.lead_words import named_of
from leadlight.flows.desk import today

router = pages()


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
        named=named_of(desk.raw.columns),
    )
