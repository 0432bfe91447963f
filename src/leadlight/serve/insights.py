"""Routes for what leads do and bring: the figures of the pages and of `leadlight insight`."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.errors import ColumnError, RequestError
from leadlight.flows.desk import Desk
from leadlight.insight import accounts, channels
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


@router.get(
    "/v1/insight/accounts",
    dependencies=[PolicyRequest.needs("read")],
    summary="The open leads of each company as one account, the most promising first",
)
async def by_account(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    key: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        desk = Desk.of(state.store, serving.bundle)
        try:
            found = accounts.roll_up(desk.bundle, desk.raw, desk.scores.probability)
        except ColumnError as refused:
            raise RequestError(404, refused.message, code=refused.code, hint=refused.hint) from None
        if key is None:
            return found.to_json(limit)
        one = found.find(key)
        if one is None:
            raise RequestError(404, "There is no such account with open leads.", code="no_such_account")
        return replace(found, rows=(one,)).to_json()

    return answered(await asyncio.to_thread(asked))
