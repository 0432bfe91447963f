"""Routes for the team's views of the list: what the page Leads shows above it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Request, Response

from leadlight.flows import save_view
from leadlight.flows.save_view import Holder
from leadlight.serve import shapes
from leadlight.serve.moments import dated
from leadlight.serve.openapi import described
from leadlight.serve.policy import PolicyRequest, caller_of
from leadlight.serve.writing import answered, incoming, read, state_of, written
from leadlight.store import saved_views
from leadlight.store.saved_views import ListChoice

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter()


@router.get(
    "/v1/views",
    dependencies=[PolicyRequest.needs("read")],
    summary="The lists that the team saved under a name",
)
async def listed(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        return [dated(each.to_json()) for each in saved_views.seen_by(connection, None)]

    return answered({"views": await read(request, ask)})


@router.post(
    "/v1/views",
    dependencies=[PolicyRequest.needs("admin")],
    summary="Save a list for the team; one of the same name makes room for it",
    openapi_extra=described(shapes.ViewBody),
)
async def save(request: Request) -> Response:
    raw, given = await incoming(request, shapes.ViewBody)
    said = msgspec.to_builtins(given)
    name, chosen = said.pop("name"), msgspec.convert(said, ListChoice)
    store, holder = state_of(request).store, _holder(request)

    def work(connection: Connection, now: float) -> Any:
        return dated(save_view.save(store, connection, holder, name, chosen, now, shared=True).to_json())

    return await written(request, raw, work)


@router.delete(
    "/v1/views/{number}", dependencies=[PolicyRequest.needs("admin")], summary="Delete a view of the team"
)
async def remove(request: Request, number: Annotated[int, Path(ge=1, le=1_000_000_000)]) -> Response:
    store, holder = state_of(request).store, _holder(request)

    def work() -> None:
        with store.writing() as connection:
            save_view.remove(store, connection, holder, number, time.time())

    await asyncio.to_thread(work)
    return answered({"deleted": number})


def _holder(request: Request) -> Holder:
    return Holder(caller_of(request).name, None, manages=True)
