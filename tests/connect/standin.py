"""A real HTTP server on loopback that plays another system, with the faults that a test asks for."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Answer:
    """What the stand-in says; `cut` sends only so many bytes, `drop` nothing, `wait` makes it hang first."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: int | None = None
    drop: bool = False
    applied: bool = False
    """For a fault: the request is carried out, only its answer is lost."""
    clock: float = 0.0
    """How many seconds the system's clock is ahead."""


Handle = Callable[[Asked], Answer]


@dataclass
class Standin:
    """A running stand-in: what it was asked, and the faults that come next, each once."""

    handle: Handle
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    faults: deque[Answer | None] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        return f"http://{self.host}"

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            self.asked.append(asked)
            fault = self.faults.popleft() if self.faults else None
            if fault is None or fault.applied:
                answer = self.handle(asked)
        return answer if fault is None else fault


@contextmanager
def running(handle: Handle) -> Iterator[Standin]:
    """The stand-in for as long as the block lasts."""
    standin = Standin(handle)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            query = {
                name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
            }
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(
                standin.answer(Asked(self.command, parts.path, query, headers, self.rfile.read(length)))
            )

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815

        def _send(self, answer: Answer) -> None:
            time.sleep(answer.wait)
            if answer.drop:
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            body = b"" if answer.body is None else body
            self.send_response_only(answer.status)
            self.send_header("Date", formatdate(time.time() + answer.clock, usegmt=True))
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            if "content-length" not in {name.lower() for name in answer.headers}:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if answer.cut is None else body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, TimeoutError):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    standin.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
