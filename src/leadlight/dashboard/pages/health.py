"""Health: alarms that stand, what was promised and what came true, columns that moved, what was changed."""

from __future__ import annotations

import time
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import PageVisit, manager, viewer
from leadlight.flows.adjust import accept, adjust_home, undo
from leadlight.flows.watch import watch_home
from leadlight.insight.disputes import summaries
from leadlight.store import disputes, holdbacks, watching

COLUMNS: Final = 15
LOOKS: Final = 14
CHANGES: Final = 10
DISPUTES: Final = 50

router = pages()


@router.get("/health")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    if visit.state.serving is None:
        return drawing.page(visit, "nothing_yet.html", section="health")
    with visit.store.reading() as connection:
        looks = watching.latest(connection, LOOKS)
        standing = watching.open_alarms(connection)
        changes = watching.adjustments_of(connection, count=CHANGES)
        disputed = disputes.latest(connection, DISPUTES)
        held = holdbacks.last(connection)
        retraining = watching.mark(connection, watching.RETRAINING)
    found = looks[0]["result"] if looks else None
    return drawing.page(
        visit,
        "health.html",
        section="health",
        found=found,
        looks=looks,
        alarms=standing,
        disputed=disputed,
        routes=summaries(disputed),
        holdback=held,
        retraining=retraining,
        changes=changes,
        columns=[] if found is None else _farthest(found),
        notes=[] if found is None else [each for each in found["findings"] if each["severity"] == "note"],
    )


def _farthest(found: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(found["columns"], key=lambda each: -each["psi"])[:COLUMNS]


@router.post("/health")
def done(visit: Annotated[PageVisit, Depends(manager)]) -> Response:
    """A look now, a look whether line or probabilities should move, or a word on a proposal or a dispute."""
    act, at = visit.given("act"), time.time()
    number = int(visit.number("number", 1, 1e9) or 0)
    if act == "adjust":
        adjust_home(visit.store, at, visit.who)
    elif act == "accept":
        accept(visit.store, number, at, visit.who)
    elif act == "undo":
        undo(visit.store, number, at, visit.who)
    elif act == "settle":
        with visit.store.writing() as connection:
            disputes.settle(connection, number, visit.given("how"), at)
    else:
        watch_home(visit.store, at)
    visit.state.has_waiting = True
    return elsewhere(visit.request, "/health")
