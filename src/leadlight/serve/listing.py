"""Routes behind the pages Leads and Lead: the list as somebody looks at it, and one score taken apart."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from leadlight.flows.explain_kept import explain_kept
from leadlight.flows.lead_list import listed
from leadlight.serve.moments import dated
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.writing import answered, read, state_of
from leadlight.store.saved_views import ListChoice

if TYPE_CHECKING:
    from sqlalchemy import Connection

FURTHEST = 10_000_000
router = APIRouter()
Text = Annotated[str, Query(max_length=200)]
Sort = Annotated[str, Query(pattern="^(score|id|created|changed|name|company)-(up|down)$")]


@router.get(
    "/v1/list",
    dependencies=[PolicyRequest.needs("read")],
    summary="The leads as the page shows them: filtered, searched, sorted, paged",
)
async def look(
    request: Request,
    grade: Text = "",
    status: Literal["open", "won", "lost", "all"] = "open",
    search: Text = "",
    call: bool = False,
    source: Text = "",
    sort: Sort = "score-down",
    start: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
    size: Annotated[int, Query(ge=1, le=200)] = 25,
) -> Response:
    grade, search, source = (each.replace("\0", "\ufffd").strip() for each in (grade, search, source))
    chosen = ListChoice(grade, status, search, call, source, sort)
    serving = state_of(request).serving
    bundle = None if serving is None else serving.bundle

    def ask(connection: Connection) -> Any:
        return listed(connection, bundle, chosen, start, size).to_json()

    found = await read(request, ask)
    return answered({**found, "leads": [dated(each) for each in found["leads"]]})


@router.get(
    "/v1/explain",
    dependencies=[PolicyRequest.needs("read")],
    summary="The score of a lead taken apart: base odds, factors, and what would change it",
)
async def explain(
    request: Request, identity: Annotated[str, Query(alias="id", min_length=1, max_length=1_000)]
) -> Response:
    state = state_of(request)
    serving = state.ready()
    found = await asyncio.to_thread(explain_kept, state.store, serving.bundle, identity, time.time())
    return answered({"id": identity, "model": serving.name, **found.to_json()})
