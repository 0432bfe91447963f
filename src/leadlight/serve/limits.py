"""How much at once: the size and the time of one request, and when the whole process has enough."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from leadlight.errors import RequestError

KILOBYTE: Final = 1 << 10
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
    held_bytes: int = 64 * MEGABYTE
    """Of all the bodies that the process holds at a time."""
    under_way: int = 512
    lag_seconds: float = 0.1
    """Later than this the loop of the process came to what was due: it has more to do than it can."""


class Load:
    """How busy this process is."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.under_way = 0
        self.held = 0
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
            raise overloaded()

    def enter(self) -> Visit:
        """One more request."""
        self.under_way += 1
        return Visit(self)


@dataclass
class Visit:
    """What one request holds of the process."""

    load: Load
    held: int = 0

    def hold(self, size: int) -> None:
        """So many bytes more of a body, as long as there is room for them."""
        self.held += size
        self.load.held += size
        if self.load.held > self.load.limits.held_bytes:
            raise overloaded()

    def leave(self) -> None:
        self.load.under_way -= 1
        self.load.held -= self.held


def overloaded() -> RequestError:
    return RequestError(
        503,
        "The server has more to do than it can.",
        code="overloaded",
        wait=1,
        hint="Send it again after the time in Retry-After.",
    )


async def read_body(receive: Any, headers: Headers, visit: Visit, most: int | None = None) -> bytes:
    """The whole body of a request, within its size and time."""
    limits = visit.load.limits
    most = limits.body_bytes if most is None else most
    declared = headers.get(b"content-length", b"0").strip()
    if not declared.isdigit() or int(declared[:20]) > most:
        raise too_large(most)
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise RequestError(
            415, "The body is compressed.", code="content_encoding", hint="Send it as it is, uncompressed."
        )
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _whole(receive, visit, most)
    except TimeoutError:
        raise RequestError(
            408, "The body took too long to arrive.", code="slow_body", hint="Send it at once."
        ) from None


async def _whole(receive: Any, visit: Visit, most: int) -> bytes:
    pieces: list[bytes] = []
    is_under_way = True
    while is_under_way:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestError(400, "The body was cut off.", code="cut_off", hint="Send it again.")
        piece: bytes = message.get("body", b"")
        visit.hold(len(piece))
        if visit.held > most:
            raise too_large(most)
        pieces.append(piece)
        is_under_way = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def too_large(most: int) -> RequestError:
    size = f"{most // MEGABYTE} MB" if most >= MEGABYTE else f"{most // KILOBYTE} kB"
    return RequestError(
        413,
        f"The body is larger than {size}.",
        code="body_too_large",
        hint="Send less at a time.",
    )
