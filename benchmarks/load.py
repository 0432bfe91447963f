"""A load on an HTTP server, from a process of its own: closed (as fast as it answers) or at a constant rate.

Reads what to do as JSON from standard input, prints what it found. At a constant rate the time of an answer
counts from the moment at which its request was due, so that a server that stalls cannot hide it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
BLANK: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length: "


@dataclass(frozen=True)
class Load:
    """What is sent: the same bodies in turn, over so many connections, for so long."""

    port: int
    path: str
    bodies: Sequence[str]
    key: str = ""
    connections: int = 32
    seconds: float = 5.0
    rate: float | None = None
    """Requests a second; as many as are answered where it is None."""


@dataclass(frozen=True)
class Found:
    """What came back."""

    requests: int
    seconds: float
    statuses: dict[str, int]
    p50: float
    p99: float
    longest: float

    @property
    def a_second(self) -> float:
        return self.requests / self.seconds


def run(load: Load) -> Found:
    """Put the load on, from another process."""
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Found(**json.loads(answer.stdout))


class Connection(asyncio.Protocol):
    """One kept connection with one request under way."""

    def __init__(self, done: Any) -> None:
        self.done = done
        self.buffer = b""
        self.transport: Any = None
        self.due = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(BLANK)
        if end < 0:
            return
        start = self.buffer.find(LENGTH, 0, end) + len(LENGTH)
        length = int(self.buffer[start : self.buffer.index(b"\r", start)])
        if len(self.buffer) < end + len(BLANK) + length:
            return
        status, self.buffer = self.buffer[9:12].decode(), b""
        self.done(self, status, perf_counter() - self.due)


class Driver:
    """All connections of one load."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.requests = [written(load, body) for body in load.bodies]
        self.sent = 0
        self.times: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.free: list[Connection] = []
        self.late: list[float] = []
        self.end = 0.0

    def next(self, connection: Connection, due: float) -> None:
        connection.send(self.requests[self.sent % len(self.requests)], due)
        self.sent += 1

    def answered(self, connection: Connection, status: str, seconds: float) -> None:
        self.times.append(seconds)
        self.statuses[status] += 1
        if self.load.rate is not None:
            if self.late:
                self.next(connection, self.late.pop(0))
            else:
                self.free.append(connection)
        elif perf_counter() < self.end:
            self.next(connection, perf_counter())

    async def drive(self) -> Found:
        loop = asyncio.get_running_loop()
        for _ in range(self.load.connections):
            _, made = await loop.create_connection(
                lambda: Connection(self.answered), "127.0.0.1", self.load.port
            )
            self.free.append(made)
        start = perf_counter()
        self.end = start + self.load.seconds
        if self.load.rate is None:
            for connection in self.free:
                self.next(connection, perf_counter())
        else:
            await self.at_rate(start, self.load.rate)
        while len(self.times) < self.sent and perf_counter() < self.end + 30:
            await asyncio.sleep(0.005)
        return self.found(perf_counter() - start)

    async def at_rate(self, start: float, rate: float) -> None:
        for number in range(int(self.load.seconds * rate)):
            due = start + number / rate
            if (wait := due - perf_counter()) > 0:
                await asyncio.sleep(wait)
            if self.free:
                self.next(self.free.pop(0), due)
            else:
                self.late.append(due)

    def found(self, seconds: float) -> Found:
        times = sorted(self.times)

        def at(share: float) -> float:
            return times[min(len(times) - 1, int(len(times) * share))]

        return Found(len(times), seconds, dict(self.statuses), at(0.5), at(0.99), times[-1])


def written(load: Load, body: str) -> bytes:
    content = body.encode()
    head = [
        f"POST {load.path} HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/json",
        f"content-length: {len(content)}",
    ]
    head += [f"authorization: Bearer {load.key}"] if load.key else []
    return "\r\n".join(head).encode() + BLANK + content


def main() -> None:
    import uvloop

    load = Load(**json.load(sys.stdin))
    print(json.dumps(asdict(uvloop.run(Driver(load).drive()))))


if __name__ == "__main__":
    main()
