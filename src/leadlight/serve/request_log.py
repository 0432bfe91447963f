"""What is written down of a request: a line of the log and the figures of its route."""

from __future__ import annotations

from typing import Any, Final

from leadlight.serve.exchange import Exchange
from leadlight.serve.state import State

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CUT_OFF: Final = 499


def log_request(state: State, scope: Any, exchange: Exchange, seconds: float) -> None:
    """Note that a request was answered, or was cut off before it was."""
    route = exchange.route or getattr(scope.get("route"), "path_format", "other")
    method = scope["method"] if scope["method"] in METHODS else "other"
    status = exchange.status or CUT_OFF
    state.metrics.observe(route, method, status, seconds)
    state.journal.write(
        "request",
        request_id=exchange.request,
        method=method,
        route=route,
        status=status,
        milliseconds=round(seconds * 1000, 3),
        **exchange.noted,
    )
