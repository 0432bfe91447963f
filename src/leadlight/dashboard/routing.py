"""Routes of pages: what is refused becomes a page, and whoever is not logged in is sent to the login."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from leadlight.dashboard import drawing
from leadlight.dashboard.visitor import NotSignedInError
from leadlight.errors import LeadlightError
from leadlight.serve import login


class PageRoute(APIRoute):
    """A route whose refusals are read by people."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handled(request: Request) -> Response:
            try:
                return await handle(request)
            except NotSignedInError:
                return _to_login(request)
            except LeadlightError as refused:
                return refusal(request, refused)

        return handled


def pages() -> APIRouter:
    """Routes of pages; each asks by itself who looks at it."""
    return APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[login.ANYBODY])


def elsewhere(request: Request, path: str) -> Response:
    """On to another page, whether the browser asked or a part of a page."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"hx-redirect": path})
    return Response(status_code=303, headers={"location": path})


def _to_login(request: Request) -> Response:
    return elsewhere(request, "/login")


def refusal(request: Request, refused: LeadlightError) -> Response:
    """What was wrong and the next step; as a part of the page where that is what was asked for."""
    if answer := request.scope.get("answer"):
        answer.noted["code"] = refused.code
    is_part = request.headers.get("hx-request") == "true"
    template = "refused_part.html" if is_part else "refused.html"
    response = drawing.whole(template, login.status_of(refused), refused=refused)
    if is_part:
        response.status_code = 200
        response.headers.update({"hx-retarget": "#said", "hx-reswap": "innerHTML"})
    return response
