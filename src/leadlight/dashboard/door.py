"""The way in: the login's pages in the clothes of the dashboard."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.serve import login

ENTRY: Final = "/today"

router = pages()


def add(app: FastAPI) -> None:
    """From here on the login shows itself like this, and leads to the first page."""
    app.state.entry, app.state.door = ENTRY, drawn
    app.include_router(router)


def drawn(form: login.Form) -> Response:
    """A page with one form of the login."""
    return drawing.whole("door.html", **vars(form))


@router.get("/")
def first(request: Request) -> Response:
    return elsewhere(request, ENTRY)
