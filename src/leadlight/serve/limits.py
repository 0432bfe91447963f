"""How much at once: the size and the time of one request, and when the whole process has enough."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from leadlight.errors import RequestError

MEGABYTE: Final = 1 << 20
EVERY: Final = 0.05
RECENT: Final = 5
"""So many late looks in a row are more than a stumble, such as a model that is being loaded."""
Headers = Mapping[bytes, bytes]


@dataclass(frozen=True)
class Limits:
    """What a server allows."""

    body_bytes: int = 32 * MEGABYTE
    body_seconds: float = 20.0
    under_way: int = 512
    lag_seconds: float = 0.1
    """Later than this the loop of the process came to what was due: it has more to do than it can."""


class Load:
    """How busy this process is."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.under_way = 0
        self.lag = 0.0

    async def watch(self) -> None:
        """Measure, for as long as the process serves, how late the loop comes to what is due."""
        loop = asyncio.get_running_loop()
        recent: deque[float] = deque([0.0], RECENT)
        while True:
            due = loop.time() + EVERY
            await asyncio.sleep(EVERY)
            recent.append(loop.time() - due)
            self.lag = min(recent)

    def check(self) -> None:
        """Refuse at once what would only wait."""
        if self.under_way >= self.limits.under_way or self.lag > self.limits.lag_seconds:
            raise RequestError(
                503,
                "The server has more to do than it can.",
                code="overloaded",
                wait=1,
                hint="Send it again after the time in Retry-After.",
            )


async def read_body(receive: Any, headers: Headers, limits: Limits) -> bytes:
    """The whole body of a request, within its size and time."""
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit() or int(declared[:20]) > limits.body_bytes:
        raise too_large(limits)
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise RequestError(
            415, "The body is compressed.", code="content_encoding", hint="Send it as it is, uncompressed."
        )
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _whole(receive, limits)
    except TimeoutError:
        raise RequestError(
            408, "The body took too long to arrive.", code="slow_body", hint="Send it at once."
        ) from None


async def _whole(receive: Any, limits: Limits) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        return _piece(message)
    pieces = [_piece(message)]
    size = len(pieces[0])
    while message.get("more_body"):
        message = await receive()
        pieces.append(_piece(message))
        size += len(pieces[-1])
        if size > limits.body_bytes:
            raise too_large(limits)
    return b"".join(pieces)


def _piece(message: Mapping[str, Any]) -> bytes:
    if message["type"] == "http.disconnect":
        raise RequestError(400, "The body was cut off.", code="cut_off", hint="Send it again.")
    piece: bytes = message.get("body", b"")
    return piece


def too_large(limits: Limits) -> RequestError:
    return RequestError(
        413,
        f"The body is larger than {limits.body_bytes // MEGABYTE} MB.",
        code="body_too_large",
        hint="Send fewer leads at a time.",
    )
