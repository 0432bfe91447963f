"""What other systems tell of their changes: believed where it is signed, read at once, scored in a moment."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from leadlight import settings
from leadlight.errors import ConfigError, LeadlightError, RequestError
from leadlight.flows import connection as flow
from leadlight.flows import webhooks
from leadlight.serve import body
from leadlight.serve.limits import read_body
from leadlight.serve.policy import PolicyRequest
from leadlight.serve.state import State
from leadlight.serve.writing import state_of

router = APIRouter()
HUBSPOT: Final = "hubspot"
UNDER_WAY: Final[set[asyncio.Task[None]]] = set()
"""What was answered already and is still being read; a task that nobody holds may vanish."""


@router.post(
    "/v1/webhooks/hubspot",
    dependencies=[PolicyRequest.none()],
    status_code=202,
    summary="HubSpot tells of contacts that were made or changed; signed with the app's secret",
)
async def from_hubspot(request: Request) -> Response:
    """Answer at once, as HubSpot asks for; the contacts are read behind it."""
    state = state_of(request)
    raw = await read_body(request.receive, dict(request.headers.raw), request.scope["answer"].visit)
    tail = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    addresses = [f"{scheme}://{request.headers.get('host', '')}{tail}" for scheme in ("https", "http")]
    webhooks.check_hubspot_signature(
        _app_secret(state), request.method, addresses, raw, request.headers, time.time()
    )
    ids = webhooks.contacts_of(body.read(raw))
    if ids:
        task = asyncio.create_task(_take(state, ids))
        UNDER_WAY.add(task)
        task.add_done_callback(UNDER_WAY.discard)
    return Response(status_code=202)


def _app_secret(state: State) -> Any:
    try:
        return settings.secret("hubspot.secret", state.store.home.folder)
    except ConfigError:
        raise RequestError(
            404,
            "No webhooks of HubSpot are expected here.",
            code="no_webhook",
            hint="Put the app's secret where hubspot.secret is looked for.",
        ) from None


async def _take(state: State, ids: list[str]) -> None:
    """What fails here is caught up with by the next run of the connection."""
    try:
        await asyncio.to_thread(_read, state, ids)
        state.has_waiting = True
    except LeadlightError as problem:
        state.journal.write("webhook_failed", level="error", code=problem.code)
    except Exception as problem:  # noqa: BLE001 - a task has nobody else to tell
        state.journal.mistake(problem)


def _read(state: State, ids: list[str]) -> None:
    horizon = flow.config_of(state.store).connect.of(HUBSPOT).horizon_days
    with closing(flow.open_connection(state.store, HUBSPOT, settings.secret)) as connector:
        webhooks.take_contacts(state.store, connector, ids, time.time, horizon_days=horizon)
