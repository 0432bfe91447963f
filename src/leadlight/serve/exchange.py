"""One request and what goes back for it: its headers of safety, its problem, what it holds of the process."""

from __future__ import annotations

from typing import Any, Final

from leadlight.errors import LeadlightError
from leadlight.serve import problem
from leadlight.serve.limits import KILOBYTE
from leadlight.serve.state import State

SAFETY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
PIECE: Final = 256 * KILOBYTE
"""Larger answers are handed over as fast as they are read."""


class Exchange:
    """The side of the service in one exchange."""

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
