"""What is around every request: its id, its host, the load, headers of safety, the log and the metrics.

Nothing that goes wrong inside leaves here as anything but a problem document.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Mapping
from itertools import count
from time import perf_counter
from typing import Any, Final

from starlette.datastructures import QueryParams

from leadlight.errors import LeadlightError
from leadlight.serve import gate, problem
from leadlight.serve.hot import PATH, Hot
from leadlight.serve.limits import KILOBYTE
from leadlight.serve.policy import check_query
from leadlight.serve.state import State

SAFETY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
OPEN: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What is answered however busy the process is."""
_ID: Final = re.compile(rb"[0-9A-Za-z._-]{1,64}")


class Edge:
    """The application as uvicorn calls it."""

    def __init__(self, inner: Any, state: State) -> None:
        self.inner = inner
        self.state = state
        self.hot = Hot(state)
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
            return
        start = perf_counter()
        headers = dict(scope["headers"])
        request = self._request_id(headers)
        answer = Answer(send, request, self.state)
        try:
            await self._answer(scope, headers, receive, answer)
        except LeadlightError as refused:
            await answer.refuse(refused)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except BaseException as fault:  # noqa: BLE001 - the last one to see it
            await self._mistaken(fault, answer)
        finally:
            answer.visit.leave()
            self._note(scope, answer, perf_counter() - start)

    async def _answer(self, scope: Any, headers: Mapping[bytes, bytes], receive: Any, answer: Answer) -> None:
        path = scope["path"]
        gate.check_host(headers.get(b"host"), self.state.hosts)
        if path not in OPEN:
            self.state.load.check()
        if path == PATH:
            answer.route = PATH
            if scope["method"] != "POST":
                raise problem.method("POST")
            if scope["query_string"]:
                check_query(QueryParams(scope["query_string"]), ())
            body = await self.hot(headers, receive, answer)
            await answer.whole(200, b"application/json", body)
            return
        scope["request_id"], scope["answer"] = answer.request, answer
        await self.inner(scope, receive, answer.send)

    async def _mistaken(self, fault: BaseException, answer: Answer) -> None:
        self.state.metrics.mistakes.inc()
        self.state.journal.mistake(fault, request_id=answer.request)
        await answer.refuse(problem.mistake())

    def _request_id(self, headers: Mapping[bytes, bytes]) -> str:
        given = headers.get(b"x-request-id")
        if given is not None and _ID.fullmatch(given):
            return given.decode("ascii")
        return f"{self._prefix}-{next(self._numbers):x}"

    def _note(self, scope: Any, answer: Answer, seconds: float) -> None:
        route = answer.route or getattr(scope.get("route"), "path_format", "other")
        method = scope["method"] if scope["method"] in METHODS else "other"
        status = answer.status or 499
        self.state.metrics.observe(route, method, status, seconds)
        self.state.journal.write(
            "request",
            request_id=answer.request,
            method=method,
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 3),
            **answer.noted,
        )


PIECE: Final = 256 * KILOBYTE
"""Larger answers are handed over as fast as they are read."""
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Answer:
    """What goes back for one request."""

    def __init__(self, send: Any, request: str, state: State) -> None:
        self._state = state
        self._send = send
        self.request = request
        self.visit = state.load.enter()
        self.status = 0
        self.route = ""
        self.noted: dict[str, Any] = {}

    async def send(self, message: Any) -> None:
        """Pass on what the application sends, with our headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = list(message.get("headers", ()))
            named = {name for name, _ in given}
            message = {
                **message,
                "headers": given + [pair for pair in self._headers() if pair[0] not in named],
            }
        await self._send(message)

    async def whole(
        self, status: int, kind: bytes, body: bytes, more: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        self.status = status
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body)), *self._headers(), *more]
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        for start in range(PIECE, len(body), PIECE):
            piece = body[start - PIECE : start]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        rest = body[(len(body) - 1) // PIECE * PIECE :] if len(body) > PIECE else body
        await self._send({"type": "http.response.body", "body": rest})

    async def refuse(self, refused: LeadlightError) -> None:
        """Send a problem document, unless an answer has begun."""
        if self.status:
            return
        self.noted["code"] = refused.code
        status = problem.status_of(refused)
        body = problem.encoded(refused, self.request)
        await self.whole(status, problem.MEDIA_TYPE.encode(), body, tuple(problem.headers(refused)))

    def _headers(self) -> tuple[tuple[bytes, bytes], ...]:
        leaving = ((b"connection", b"close"),) if self._state.is_leaving else ()
        return (*SAFETY, (b"x-request-id", self.request.encode()), *leaving)
