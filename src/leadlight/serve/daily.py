"""Routes for what a day begins with, and for how each source did: the figures of the pages."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.errors import RequestError
from leadlight.flows.desk import Desk, today
from leadlight.insight import sources
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.writing import answered, state_of

router = APIRouter()


@router.get(
    "/v1/today",
    dependencies=[PolicyRequest.needs("read")],
    summary="Whom to call now, what that brings, what changed since yesterday",
)
async def day(request: Request) -> Response:
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        found = today(state.store, Desk.of(state.store, serving.bundle), time.time()).to_json()
        first = [{"id": row["id"], "score": row["score"]} for row in found["call_now"]]
        cold = [{"id": row["id"], "score": row["score"]} for row in found["growing_cold"]]
        return {**found, "call_now": first, "growing_cold": cold}

    return answered(await asyncio.to_thread(asked))


@router.get(
    "/v1/sources",
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
        known = sources.columns(desk.bundle, desk.raw)
        chosen = column if column is not None else next(iter(known), None)
        if chosen not in known or chosen is None:
            raise RequestError(
                404,
                "The leads cannot be told apart by this column.",
                code="source_column",
                hint="Name a column of words that the model in service knows.",
            )
        return sources.by_value(desk.bundle, desk.raw, desk.scores, chosen).to_json()

    return answered(await asyncio.to_thread(asked))
