"""Route for what a day begins with: the figures of the page."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request, Response

from leadlight.flows.desk import Desk, today
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
