"""Routes for what leads do and bring: the figures of the pages and of `leadlight insight`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.errors import ColumnError, RequestError
from leadlight.flows.desk import Desk
from leadlight.insight import channels
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.writing import answered, state_of

router = APIRouter()


@router.get(
    "/v1/insight/channels",
    dependencies=[PolicyRequest.needs("read")],
    summary="How the leads of each source did",
)
async def by_source(
    request: Request, column: Annotated[str | None, Query(max_length=200)] = None
) -> Response:
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        desk = Desk.of(state.store, serving.bundle)
        try:
            chosen = channels.chosen(desk.bundle, desk.raw, column)
        except ColumnError as refused:
            raise RequestError(404, refused.message, code=refused.code, hint=refused.hint) from None
        return channels.by_value(desk.bundle, desk.raw, desk.scores, chosen).to_json()

    return answered(await asyncio.to_thread(asked))
