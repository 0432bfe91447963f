"""Routes for the health of the model: what the last look found, which alarms stand, and a look now."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request, Response

from leadlight.errors import LeadlightError
from leadlight.flows.watch import watch_home
from leadlight.insight.disputes import ROUTES, route_of, summaries
from leadlight.serve import shapes
from leadlight.serve.moments import dated
from leadlight.serve.openapi import described
from leadlight.serve.policy import PolicyRequest, caller_of
from leadlight.serve.state import State
from leadlight.serve.writing import answered, incoming, read, state_of, written
from leadlight.store import disputes, watching

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHANGES: Final = 10
router = APIRouter()


@router.get(
    "/v1/watch",
    dependencies=[PolicyRequest.needs("read")],
    summary="What the last look at the model's health found, which alarms stand, whether it is trained anew",
)
async def last_look(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        looks, standing = watching.latest(connection), watching.open_alarms(connection)
        told = [
            {**{name: each[name] for name in ("code", "column", "first", "last")}, **_said(each)}
            for each in standing
        ]
        last = looks[0]["result"] if looks else None
        shown = ("at", "model", "leads", "alarms")
        return {
            "alarms": told,
            "last": last,
            "looks": [dated({name: each[name] for name in shown}) for each in looks],
            "changes": [_changed(each) for each in watching.adjustments_of(connection, count=CHANGES)],
            "retraining": watching.mark(connection, watching.RETRAINING),
        }

    return answered(await read(request, ask))


def _changed(change: watching.Adjustment) -> dict[str, Any]:
    """What was proposed or done, with its figures."""
    names = ("number", "at", "kind", "status", "who", "detail")
    return dated({name: getattr(change, name) for name in names})


def _said(alarm: dict[str, Any]) -> dict[str, Any]:
    return {name: alarm["finding"][name] for name in ("message", "next_step", "evidence")}


@router.post(
    "/v1/watch", dependencies=[PolicyRequest.needs("admin")], summary="Look at the model's health now"
)
async def look_now(request: Request) -> Response:
    state = state_of(request)
    state.ready()
    found = await asyncio.to_thread(watch_home, state.store, time.time())
    return answered(found.to_json())


@router.get(
    "/v1/disputes",
    dependencies=[PolicyRequest.needs("read")],
    summary="Scores that people dispute, where each goes, and what came of it",
)
async def disputed(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        found = disputes.latest(connection)
        told = [dict(vars(each)) for each in found]
        return {"routes": [each.to_json() for each in summaries(found)], "disputes": told}

    return answered(await read(request, ask))


@router.post(
    "/v1/disputes",
    dependencies=[PolicyRequest.needs("write")],
    summary="Dispute the score of a lead",
    openapi_extra=described(shapes.DisputeBody),
)
async def dispute(request: Request) -> Response:
    raw, given = await incoming(request, shapes.DisputeBody)
    kind, who = given.kind or route_of(given.note), caller_of(request).name

    def work(connection: Connection, now: float) -> Any:
        number = disputes.add(connection, given.id, kind, given.note, who, now, given.column)
        return {"number": number, "kind": kind, "what": ROUTES[kind]}

    return await written(request, raw, work)


async def alarms_page(state: State) -> bytes:
    """The alarms that stand, for Prometheus; nothing where there is no store, or it cannot be read."""
    if state.store is None:
        return b""
    try:
        return await asyncio.to_thread(standing_alarms, state.store)
    except LeadlightError:
        return b""


def standing_alarms(store: Any) -> bytes:
    """How many alarms stand, by code, as Prometheus reads it."""
    with store.reading() as connection:
        codes = [str(each["code"]) for each in watching.open_alarms(connection)]
    lines = ["# HELP leadlight_alarms Alarms of the watch that stand.", "# TYPE leadlight_alarms gauge"]
    lines += [f'leadlight_alarms{{code="{code}"}} {codes.count(code)}' for code in sorted({*codes})]
    return "\n".join(lines).encode() + b"\n"
