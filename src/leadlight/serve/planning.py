"""The route for the list of whom to call, over all open leads that are kept."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from leadlight.flows.plan import plan_home
from leadlight.insight.money import PlanTerms
from leadlight.serve import shapes
from leadlight.serve.openapi import described
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.serving import Serving
from leadlight.serve.writing import answered, incoming, state_of
from leadlight.store import Store

router = APIRouter()


@router.post(
    "/v1/plan",
    dependencies=[PolicyRequest.needs("read")],
    summary="Whom to call, best first, dealt to the callers",
    openapi_extra=described(shapes.PlanBody),
)
async def whom_to_call(request: Request) -> Response:
    _, given = await incoming(request, shapes.PlanBody)
    state = state_of(request)
    made = await asyncio.to_thread(listed, state.store, state.ready(), given)
    return answered(made)


def listed(store: Store, serving: Serving, asked: shapes.PlanBody) -> dict[str, Any]:
    """The answer, with the name of the model."""
    found = plan_home(
        store,
        serving.bundle,
        capacity=asked.capacity,
        callers=asked.callers,
        deal_value=asked.deal_value,
        terms=PlanTerms(asked.call_cost, asked.goal, asked.per, asked.arrivals, asked.capacity),
    )
    held = {} if found.held is None else {"held_back": found.held.to_json()}
    return {"model": serving.name, **found.plan.to_json(), **held, "leads": found.leads.to_dicts()}
