"""Connections: from a pasted token to first scores; each connection with its last run and its errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from leadlight import settings
from leadlight.dashboard import drawing
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import PageVisit, admin
from leadlight.errors import ConfigError, LeadlightError, RequestError
from leadlight.flows import connection as flow
from leadlight.flows import tell_hot as telling
from leadlight.store import audit, connections, hot_leads, outbox

router = pages()
RUNNING: Final = threading.Lock()
"""One run at a time in this process."""


@router.get("/connections")
def shown(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    return _page(visit)


def _page(visit: PageVisit, **more: Any) -> Response:
    with visit.store.reading() as connection:
        runs = {run.connection: run for run in connections.latest_runs(connection)}
        waits = {name: outbox.waiting(connection, name) for name in runs}
        earlier = {name: connections.runs(connection, name, 6)[1:] for name in runs}
    known = {
        "systems": flow.SYSTEMS,
        "tokens": {name: _has_token(visit, name) for name in flow.SYSTEMS},
        "runs": runs,
        "waits": waits,
        "earlier": earlier,
        "has_model": flow.has_model(visit.store),
        "busy": RUNNING.locked(),
        "hot": _hot(visit),
    }
    empty = {"check": None, "refused": None, "chosen": "", "arrived": False}
    return drawing.page(visit, "connections/page.html", section="connections", **{**known, **empty, **more})


@router.post("/connections")
def done(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    act, name = DONE.get(visit.given("act")), visit.given("system")
    if act is None or (name == telling.NAME) != (act in (_tell_hot, _try_webhook)) or name not in KNOWN:
        raise RequestError(422, "This cannot be done here.", code="act", hint="Load the page again.")
    try:
        return act(visit, name) or elsewhere(visit.request, "/connections")
    except LeadlightError as refused:
        return _page(visit, refused=refused, chosen=name)


def _keep_token(visit: PageVisit, name: str) -> Response:
    """Written to a file in the home that only the service reads, and tried at once."""
    token = visit.given("token")
    if not token.strip() or len(token) > MOST:
        raise RequestError(422, "There is no token in the field.", code="token", hint="Paste it whole.")
    settings.keep_secret(f"{name}.token", token, visit.store.home.folder)
    with visit.store.writing() as connection:
        audit.append(visit.store, connection, visit.who, "connect", None, {"system": name}, time.time())
    return _check(visit, name)


def _check(visit: PageVisit, name: str) -> Response:
    with closing(_opened(visit, name)) as connector:
        found = flow.check_connection(connector, flow.config_of(visit.store).connect.of(name))
    return _page(visit, check=found, chosen=name)


def _make_fields(visit: PageVisit, name: str) -> Response:
    with closing(_opened(visit, name)) as connector:
        flow.score_taker(connector).make_fields()
    return _check(visit, name)


def _run(visit: PageVisit, name: str) -> None:
    """In a thread of its own; how it ends stands beside the connection."""
    if not RUNNING.acquire(blocking=False):
        raise RequestError(409, "A run is under way.", code="busy", hint="Wait until it has ended.")
    try:
        connector = _opened(visit, name)
        thread = threading.Thread(target=_work, args=(visit, connector), name="sync", daemon=True)
        thread.start()
    except BaseException:
        RUNNING.release()
        raise


def _work(visit: PageVisit, connector: Any) -> None:
    try:
        flow.run_connection(visit.store, connector, time.time)
    except LeadlightError:
        pass  # it is kept with the run
    except Exception as problem:  # noqa: BLE001 - a thread has nobody else to tell
        visit.state.journal.mistake(problem)
    finally:
        connector.close()
        RUNNING.release()


def _hot(visit: PageVisit) -> dict[str, Any]:
    """Where it is told who became hot, as far as that can be shown, and how many wait."""
    with visit.store.reading() as connection:
        known = {"waiting": hot_leads.count_waiting(connection)}
    try:
        webhook = _webhook(visit)
    except LeadlightError as problem:
        return {**known, "place": None, "problem": None if problem.code == UNSET else problem}
    return {**known, "place": webhook.place, "problem": None}


def _webhook(visit: PageVisit) -> Any:
    address = settings.hot_webhook(visit.store.home.folder)
    if address is None:
        raise ConfigError("No webhook is set.", code=UNSET, hint="See docs/how-to/hot-leads.md.")
    return telling.open_webhook(visit.store, address, settings.secret)


def _tell_hot(visit: PageVisit, _: str) -> None:
    """How it ends stands beside the webhook."""
    telling.tell_hot(visit.store, _webhook(visit))


def _try_webhook(visit: PageVisit, name: str) -> Response:
    telling.try_webhook(_webhook(visit), time.time())
    return _page(visit, arrived=True, chosen=name)


def _opened(visit: PageVisit, name: str) -> Any:
    return flow.open_connection(visit.store, name, settings.secret)


def _has_token(visit: PageVisit, name: str) -> bool:
    try:
        return bool(settings.secret(f"{name}.token", visit.store.home.folder))
    except LeadlightError:
        return False


MOST: Final = 10_000
DONE: Final[dict[str, Callable[[PageVisit, str], Response | None]]] = {
    "token": _keep_token,
    "check": _check,
    "fields": _make_fields,
    "run": _run,
    "tell": _tell_hot,
    "trial": _try_webhook,
}
KNOWN: Final = (*flow.SYSTEMS, telling.NAME)
UNSET: Final = "no_webhook"
