"""Stream: how far each partition has been taken in, what is still to be sent, what could not be used."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, admin
from leadlight.store import stream

router = pages()


@router.get("/stream")
def shown(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    with visit.store.reading() as connection:
        state = stream.state(connection)
        letters = stream.latest_letters(connection)
    return drawing.page(visit, "stream.html", state=state, letters=letters)
