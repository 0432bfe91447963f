"""The route for the list of whom to call, over all open leads that are kept."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from leadlight.flows.gather import gather_leads
from leadlight.insight.plan import OWN, planned
from leadlight.insight.pool import Pool
from leadlight.model.scoring import BatchScorer
from leadlight.serve import shapes
from leadlight.serve.openapi import described
from leadlight.serve.policy import Policy
from leadlight.serve.serving import Serving
from leadlight.serve.writing import answered, incoming, state_of
from leadlight.store import Store

REASONS = 3
ID = "id"

router = APIRouter()


@router.post(
    "/v1/plan",
    dependencies=[Policy.needs("read")],
    summary="Whom to call, best first, dealt to the callers",
    openapi_extra=described(shapes.Plan),
)
async def whom_to_call(request: Request) -> Response:
    _, given = await incoming(request, shapes.Plan)
    state = state_of(request)
    made = await asyncio.to_thread(listed, state.store, state.ready(), given)
    return answered(made)


def listed(store: Store, serving: Serving, asked: shapes.Plan) -> dict[str, Any]:
    """The open leads to call, with their id, their owner and what the model says of them."""
    bundle = serving.bundle
    identity = bundle.scorer.schema.name_of("id") or ID
    raw = gather_leads(store, bundle.target.column, identity, objecting=False)
    pool = Pool.of(bundle, raw)
    batch = BatchScorer(bundle, reasons=REASONS).score(pool.frame)
    found = planned(bundle, pool, batch, capacity=asked.capacity, callers=asked.callers)
    named = found.id or identity
    told = {named, found.owner, *OWN, *batch.frame.columns}
    shown = [name for name in found.frame.columns if name in told]
    leads = found.frame.select(shown).rename({named: ID})
    return {"model": serving.name, **found.to_json(), "leads": leads.to_dicts()}
