"""A service of a small model: called in this process, or listening on a port of its own."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import uvicorn
from starlette.testclient import TestClient

from leadlight.serve.application import build
from leadlight.serve.gate import Gate, KeyHolder
from leadlight.serve.journal import Journal
from leadlight.serve.limits import Limits
from leadlight.serve.listen import configuration
from leadlight.serve.serving import Serving
from leadlight.serve.state import State
from leadlight.store import secret
from tests.model.trained import bundle, sample

HOST = "http://127.0.0.1"
PATIENT = Limits(lag_seconds=60.0)
"""Tests share their cores, so that a late loop says nothing."""


@cache
def serving(family: str = "glassbox") -> Serving:
    return Serving.of(bundle(family))


def leads(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Leads as a CRM sends them: every property a string."""
    rows = sample().leads.drop("Converted").slice(start, count).cast(str).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@dataclass
class Keys:
    """Keys of each scope, and the callers behind them."""

    secrets: dict[str, str] = field(default_factory=dict)
    callers: dict[bytes, KeyHolder] = field(default_factory=dict)

    @staticmethod
    def made(**more: Any) -> Keys:
        keys = Keys()
        for scope, letter in secret.SCOPES.items():
            keys.add(scope, letter, **more)
        return keys

    def add(self, scope: str, letter: str = "s", **more: Any) -> str:
        made = secret.make(letter)
        digest = secret.digest(made)
        self.secrets[scope] = made
        self.callers[digest] = KeyHolder(scope, frozenset({scope}), digest, **more)
        return made


@dataclass
class Service:
    """An application with what the test may look at."""

    state: State
    keys: Keys
    log: io.StringIO
    client: Any

    def post(
        self, body: Any = None, *, raw: bytes | None = None, scope: str = "score", **headers: str
    ) -> Any:
        return self.client.post(
            "/v1/score",
            content=json.dumps(body).encode() if raw is None else raw,
            headers=self.headers(scope) | headers,
        )

    def headers(self, scope: str = "score") -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.secrets[scope]}", "content-type": "application/json"}

    def score(self, *sent: Mapping[str, Any], **more: Any) -> list[dict[str, Any]]:
        answer = self.post({"leads": list(sent), **more})
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    def said(self) -> str:
        """The log so far."""
        self.state.journal.flush()
        return self.log.getvalue()


def state(keys: Keys, limits: Limits = PATIENT, family: str | None = "glassbox") -> State:
    made = State(Journal(io.StringIO()), Gate(keys.callers), limits)
    made.hosts |= {b"testserver"}
    if family is not None:
        made.swap(serving(family))
    return made


@contextmanager
def service(limits: Limits = PATIENT, family: str | None = "glassbox", **more: Any) -> Iterator[Service]:
    """In this process."""
    keys = Keys.made(**more)
    made = state(keys, limits, family)
    with TestClient(build(made), base_url=HOST, raise_server_exceptions=False) as client:
        yield Service(made, keys, made.journal.stream, client)  # type: ignore[arg-type]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def listening(application: Callable[..., Any]) -> Iterator[int]:
    """On a port, in a thread."""
    port = free_port()
    server = uvicorn.Server(configuration(application, "127.0.0.1", port))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(400):
        if server.started:
            break
        time.sleep(0.01)
    assert server.started
    yield port
    server.should_exit = True
    thread.join(15)


@contextmanager
def live(limits: Limits = PATIENT, **more: Any) -> Iterator[tuple[Service, int]]:
    """A service on a port."""
    keys = Keys.made(**more)
    made = state(keys, limits)
    with listening(build(made)) as port, httpx.Client(base_url=f"{HOST}:{port}") as client:
        yield Service(made, keys, made.journal.stream, client), port  # type: ignore[arg-type]


def exchange(port: int, *pieces: bytes, wait: float = 0.0, patience: float = 10.0) -> bytes:
    """Send raw bytes and read what comes until the other side closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(wait)
        connection.settimeout(patience)
        return _until_closed(connection)


def _until_closed(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
            head, blank, body = received.partition(b"\r\n\r\n")
            if blank and b"content-length: " in head:
                length = int(head.split(b"content-length: ")[1].split(b"\r")[0])
                if len(body) >= length:
                    break
    except ConnectionResetError:
        pass
    return received


def head(path: str, headers: Mapping[str, str], *more: Sequence[str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()
