"""The route for the list of whom to call, over all open leads that are kept."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import numpy as np
import polars as pl
from fastapi import APIRouter, Request, Response

from leadlight import flows
from leadlight.data import target
from leadlight.insight import consent, plan
from leadlight.model.scoring import BatchScorer
from leadlight.serve import shapes
from leadlight.serve.openapi import described
from leadlight.serve.policy import Policy
from leadlight.serve.serving import Serving
from leadlight.serve.writing import incoming, state_of
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
    made = await asyncio.to_thread(planned, state.store, state.ready(), given)
    return Response(msgspec.json.encode(made), media_type="application/json")


def planned(store: Store, serving: Serving, asked: shapes.Plan) -> dict[str, Any]:
    """The leads above the line, or the best that there is capacity for; decided ones are not among them."""
    bundle = serving.bundle
    schema = bundle.scorer.schema
    raw = flows.table(store, bundle.target.column, schema.name_of("id"), objecting=False)
    raw = raw.filter(~decided(bundle.target, raw))
    scorer = BatchScorer(bundle, reasons=REASONS)
    batch = scorer.score(raw)
    figures = batch.scores
    owner = schema.name_of("owner")
    told = scorer.identities(raw)
    named = told.columns[0] if told.width else None
    if owner is not None and owner in raw.columns:
        told = told.with_columns(raw[owner])
    found = plan.plan(
        told.hstack(batch.frame) if told.width else batch.frame,
        plan.Chances(figures.margin, figures.probability, figures.low, figures.high),
        line=bundle.scorer.grades.line if asked.capacity is None else None,
        capacity=asked.capacity,
        callers=asked.callers,
        owner=owner if owner in told.columns else None,
        suppressed=consent.barred(schema, raw, "call"),
        id=named,
    )
    listed = found.frame if named is None else found.frame.rename({named: ID})
    return {"model": serving.name, **found.to_json(), "leads": listed.to_dicts()}


def decided(outcome: target.Target, raw: pl.DataFrame) -> np.ndarray:
    """The leads that were won or lost already."""
    if outcome.column not in raw.columns:
        return np.zeros(raw.height, dtype=bool)
    values = target.levels(raw[outcome.column])
    return values.is_in((*outcome.positive, *outcome.negative)).fill_null(False).to_numpy()
