"""Problem documents (RFC 9457): a stable code, the place as a JSON pointer, the next step; never a value."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from leadlight.errors import ConfigError, LeadlightError, PolicyError, RequestError

MEDIA_TYPE: Final = "application/problem+json"
LONGEST_NAME: Final = 100
CLOSING: Final = frozenset({400, 408, 413, 415, 431, 501})
"""After these the rest of a body may still be under way: the connection is closed."""
STATUS: Final = {
    "no_such_lead": 404,
    "no_model": 404,
    "no_earlier_model": 409,
    "idempotency_key": 409,
    "duplicate_ids": 409,
    "too_many_views": 409,
    "unknown_lead": 404,
    "busy": 503,
    "unreachable": 503,
    "damaged": 503,
    "database": 503,
    "disk": 503,
    "disk_full": 507,
}
"""The statuses of what the parts below refuse; all else that a request asked for is 422."""


def pointer(*path: str | int) -> str:
    """A place in a JSON document; names too long to be a column's are left out."""
    kept = []
    for step in path:
        text = str(step)
        if len(text) > LONGEST_NAME:
            break
        kept.append("/" + text.replace("~", "~0").replace("/", "~1"))
    return "".join(kept)


def document(problem: LeadlightError, request: str | None = None) -> dict[str, Any]:
    """What went wrong, as it is sent."""
    status = status_of(problem)
    told: Mapping[str, Any] = {
        "type": f"urn:leadlight:problem:{problem.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": problem.code,
        "detail": problem.message,
        "pointer": problem.where if isinstance(problem, RequestError) else None,
        "next_step": problem.hint or "GET /openapi.json says what can be asked for, and how.",
        "request_id": request,
    }
    return {name: value for name, value in told.items() if value is not None}


def status_of(problem: LeadlightError) -> int:
    if isinstance(problem, RequestError):
        return problem.status
    if isinstance(problem, PolicyError | ConfigError):
        return 422
    return STATUS.get(problem.code, 422)


def headers(problem: LeadlightError) -> list[tuple[bytes, bytes]]:
    """What is said beside the document."""
    status = status_of(problem)
    found: list[tuple[bytes, bytes]] = []
    if isinstance(problem, RequestError) and problem.wait is not None:
        found.append((b"retry-after", b"%d" % problem.wait))
    if isinstance(problem, RequestError) and problem.allow is not None:
        found.append((b"allow", problem.allow.encode()))
    if status == 401:
        found.append((b"www-authenticate", b"Bearer"))
    if status in CLOSING:
        found.append((b"connection", b"close"))
    return found


def encoded(problem: LeadlightError, request: str | None = None) -> bytes:
    return msgspec.json.encode(document(problem, request))


def method(allow: str) -> RequestError:
    """A way of asking that the route does not know."""
    return RequestError(
        405,
        "This method means nothing here.",
        code="method",
        allow=allow,
        hint="GET /openapi.json lists what there is.",
    )


def mistake(request: str | None = None) -> RequestError:
    """A fault of ours: nothing is said of what it was about."""
    return RequestError(
        500,
        "Leadlight made a mistake.",
        code="internal",
        hint="Report it with the request id; the log has its kind and its place in the code.",
    )
