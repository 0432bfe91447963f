"""Routes for the models that are kept: which there are, which one serves, the way forth and back."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.errors import RequestError, StoreError
from leadlight.flows.gated import promote_kept_past_gate
from leadlight.flows.promote import roll_back_model
from leadlight.serve import shapes
from leadlight.serve.moments import dated
from leadlight.serve.openapi import described
from leadlight.serve.policy import PolicyRequest, caller_of
from leadlight.serve.writing import answered, incoming, read, state_of
from leadlight.store import models

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter()
Beginning = Annotated[str, Query(pattern="^[0-9a-f]{6,64}$")]


@router.get("/v1/models", dependencies=[PolicyRequest.needs("read")], summary="The models that are kept")
async def listed(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        return [_told(kept) for kept in models.all_models(connection)]

    return answered({"models": await read(request, ask)})


@router.get(
    "/v1/models/verdict",
    dependencies=[PolicyRequest.needs("read")],
    summary="What the model in service is worth, how it was chosen, what was found and left out",
)
async def worth(request: Request) -> Response:
    serving = state_of(request).ready()

    def asked() -> Any:
        from leadlight.insight.report.standing import verdict

        found = verdict(serving.bundle)
        if found is None:
            hint = "Train again when leads are decided."
            raise RequestError(404, "The model was never tested.", code="no_verdict", hint=hint)
        return {"model": serving.name, **vars(found)}

    return answered(await asyncio.to_thread(asked))


@router.get(
    "/v1/models/compare",
    dependencies=[PolicyRequest.needs("read")],
    summary="Two kept models on the home's leads: figures, grades that change, columns of one alone",
)
async def compared(request: Request, a: Beginning, b: Beginning) -> Response:
    from leadlight.flows.compare_kept import compare_kept

    return answered((await asyncio.to_thread(compare_kept, state_of(request).store, a, b)).to_json())


def _told(kept: models.StoredModel) -> dict[str, Any]:
    plain = dated(vars(kept))
    del plain["number"]
    return plain


@router.post(
    "/v1/models/promote",
    dependencies=[PolicyRequest.needs("admin")],
    summary="Put a kept model in service",
    openapi_extra=described(shapes.Promotion),
)
async def promote(request: Request) -> dict[str, Any]:
    _, given = await incoming(request, shapes.Promotion)
    store, who = state_of(request).store, caller_of(request).name
    work = partial(promote_kept_past_gate, override=given.override)
    try:
        found = await asyncio.to_thread(work, store, given.model, time.time(), who)
    except StoreError as refused:
        if refused.code != "gate":
            raise
        hint = "Keep the model that serves; or give `override`, the reason, which goes into the trail."
        raise RequestError(409, refused.message, code="gate", hint=hint) from None
    return found.to_json()


@router.post(
    "/v1/models/rollback", dependencies=[PolicyRequest.needs("admin")], summary="Go back to the model before"
)
async def roll_back(request: Request) -> dict[str, str]:
    store, who = state_of(request).store, caller_of(request).name
    return {"model": await asyncio.to_thread(roll_back_model, store, time.time(), who)}
