"""Homes for tests: a store with a model in service, a key of each scope, and whole servers of it."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from leadlight.flows.promote import promote_bundle
from leadlight.serve import rescoring
from leadlight.serve.application import build
from leadlight.serve.journal import Journal
from leadlight.serve.limits import Limits
from leadlight.serve.state import State
from leadlight.serve.store_poll import StorePoll
from leadlight.store import Home, Store, create_store, keys, secret
from leadlight.store.writer import GroupWriter
from tests.model.trained import bundle
from tests.serve.running import HOST, PATIENT, free_port

PROGRAM = Path(sys.executable).with_name("leadlight")
START_SECONDS = 60


@dataclass
class Made:
    """A home with what is needed to call it."""

    store: Store
    folder: Path
    secrets: dict[str, str]

    def headers(self, scope: str, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secrets[scope]}", **more}


def home(folder: Path, family: str | None = "glassbox", database: str | None = None) -> Made:
    store = create_store(Home.of(folder, folder), database)
    secrets = {}
    with store.writing() as connection:
        for scope in secret.SCOPES:
            _, secrets[scope] = keys.create(connection, [scope], time.time(), name=scope)
    if family is not None:
        promote_bundle(store, bundle(family), time.time(), "test")
    return Made(store, folder, secrets)


@dataclass
class Process:
    """A server that was started as people start it."""

    process: subprocess.Popen[bytes]
    port: int
    client: httpx.Client
    log: Path

    def stop(self) -> int:
        """Ask it to end, and wait."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def started(made: Made, *words: str) -> Iterator[Process]:
    port = free_port()
    log = made.folder / f"server-{port}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [PROGRAM, "serve", "--home", made.folder, "--port", str(port), *words],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    with httpx.Client(base_url=f"{HOST}:{port}", timeout=30) as client:
        server = Process(process, port, client, log)
        try:
            _wait(server)
            yield server
        finally:
            server.stop()


def _wait(server: Process) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert server.process.poll() is None, server.log.read_text()
        try:
            if server.client.get("/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(server.log.read_text())


def events(server: Process) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.log.read_text().splitlines()]


@dataclass
class Called:
    """A home served in this process."""

    made: Made
    state: State
    log: io.StringIO
    client: TestClient

    def send(
        self, method: str, path: str, scope: str = "write", body: Any = None, **headers: str
    ) -> httpx.Response:
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"content-type": "application/json"}
        sent = (
            self.made.headers(scope)
            | kind
            | {name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer: httpx.Response = self.client.request(method, path, content=content, headers=sent)
        return answer

    def told(self, method: str, path: str, scope: str = "write", body: Any = None, **headers: str) -> Any:
        answer = self.send(method, path, scope, body, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def settle(self) -> None:
        """Wait until what came in is scored."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with self.made.store.reading() as connection:
                open_leads = connection.exec_driver_sql(
                    "SELECT count(*) FROM leads LEFT JOIN current"
                    " ON lead = number AND current.version = leads.version"
                    " WHERE lead IS NULL AND NOT suppressed"
                ).scalar()
            if not open_leads:
                return
            time.sleep(0.05)
        raise AssertionError("the leads were not scored")


@contextmanager
def calling(
    folder: Path,
    family: str | None = "glassbox",
    limits: Limits = PATIENT,
    database: str | None = None,
) -> Iterator[Called]:
    """A home in this process, with all that runs beside it."""
    made = home(folder, family, database)
    log = io.StringIO()
    state = State(Journal(log), limits=limits, store=made.store, writer=GroupWriter(made.store))
    watch = StorePoll(state, made.store)
    watch.look()
    application = build(state, watch.run, lambda: rescoring.run(state))
    with TestClient(application, base_url=HOST, raise_server_exceptions=False) as client:
        yield Called(made, state, log, client)
    made.store.close()
