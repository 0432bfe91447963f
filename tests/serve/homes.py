"""Homes for tests: a store with a model in service, a key of each scope, and whole servers of it."""

from __future__ import annotations

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

import httpx

from leadlight import flows
from leadlight.store import Home, Store, keys, secret
from tests.model.trained import bundle
from tests.serve.running import HOST, free_port

PROGRAM = Path(sys.executable).with_name("leadlight")
START_SECONDS = 60


@dataclass
class Made:
    """A home with what is needed to call it."""

    store: Store
    folder: Path
    secrets: dict[str, str]

    def headers(self, scope: str, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secrets[scope]}", **more}


def home(folder: Path, family: str | None = "glassbox") -> Made:
    store = Store.create(Home.of(folder, folder))
    secrets = {}
    with store.writing() as connection:
        for scope in secret.SCOPES:
            _, secrets[scope] = keys.create(connection, [scope], time.time(), name=scope)
    if family is not None:
        flows.promote(store, bundle(family), time.time(), "test")
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
