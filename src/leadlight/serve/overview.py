"""Routes for admins: the stream, connections, people and keys, and the trail, as their pages show them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from leadlight.serve.moments import dated, moment
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.writing import answered, read, state_of
from leadlight.store import audit, connections, keys, outbox, stream, users

if TYPE_CHECKING:
    from sqlalchemy import Connection

ADMIN = PolicyRequest.needs("admin")
router = APIRouter()


@router.get(
    "/v1/stream",
    dependencies=[ADMIN],
    summary="How far each partition of a stream was taken in, and what could not be used",
)
async def streamed(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        state = stream.state(connection)
        return {
            "positions": [{**dated(vars(each)), "lag": each.lag} for each in state.positions],
            **{name: getattr(state, name) for name in ("lag", "unsent", "refused", "waiting")},
            "letters": [dated(vars(each)) for each in stream.latest_letters(connection)],
        }

    return await _asked(request, ask)


@router.get(
    "/v1/connections", dependencies=[ADMIN], summary="The last run of each connection, and what waits"
)
async def connected(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        runs = connections.latest_runs(connection)
        return {
            "connections": [
                {
                    **vars(run),
                    "began": moment(run.began),
                    "ended": moment(run.ended),
                    "scores": outbox.waiting(connection, run.connection),
                }
                for run in runs
            ]
        }

    return await _asked(request, ask)


@router.get("/v1/users", dependencies=[ADMIN], summary="Who logs in, and with which role")
async def people(request: Request) -> Response:
    return await _asked(
        request, lambda found: {"users": [dated(vars(each)) for each in users.all_users(found)]}
    )


@router.get("/v1/keys", dependencies=[ADMIN], summary="The keys of programs that hold, without the keys")
async def held(request: Request) -> Response:
    def ask(connection: Connection) -> Any:
        times = ("created", "expires", "revoked", "used")
        told = [each.to_json() for each in keys.valid_keys(connection)]
        return {"keys": [{**each, **{name: moment(each[name]) for name in times}} for each in told]}

    return await _asked(request, ask)


@router.get(
    "/v1/audit",
    dependencies=[ADMIN],
    summary="What was done, the newest first, and whether the trail is whole",
)
async def trail(request: Request, limit: Annotated[int, Query(ge=1, le=1_000)] = 100) -> Response:
    store = state_of(request).store

    def ask(connection: Connection) -> Any:
        checked = audit.verify(store, connection)
        acts = [
            {"at": moment(row.at), "who": row.who, "act": row.act, "detail": audit.detail(row)}
            for row in audit.latest(connection, limit)
        ]
        return {"sound": checked.sound, "entries": checked.entries, "acts": acts}

    return await _asked(request, ask)


async def _asked(request: Request, ask: Callable[[Connection], Any]) -> Response:
    return answered(await read(request, ask))
