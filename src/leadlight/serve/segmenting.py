"""Routes for fit and engagement, segments and personas: the figures that the pages show."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from leadlight import settings
from leadlight.flows.personas import segments_of_home
from leadlight.flows.whole_leads import population_of_home
from leadlight.insight.engagement import engagement
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.writing import answered, state_of

router = APIRouter()


@router.get(
    "/v1/insight/engagement",
    dependencies=[PolicyRequest.needs("read")],
    summary="Fit by engagement, and what each cell of the grid brought",
)
async def by_engagement(request: Request) -> Response:
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        known = population_of_home(state.store, serving.bundle)
        return {"model": serving.name, **engagement(known).to_json()}

    return answered(await asyncio.to_thread(asked))


@router.get(
    "/v1/insight/segments",
    dependencies=[PolicyRequest.needs("read")],
    summary="What to do about each grade, and the personas among the leads",
)
async def by_segment(request: Request) -> Response:
    state = state_of(request)
    serving = state.ready()

    def asked() -> dict[str, Any]:
        playbooks = settings.find(state.store.home.folder / "leads").playbooks
        known = population_of_home(state.store, serving.bundle)
        return {"model": serving.name, **segments_of_home(state.store, known, playbooks).to_json()}

    return answered(await asyncio.to_thread(asked))
