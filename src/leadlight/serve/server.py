"""A home served: one process, or several that share a port."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import uvicorn
from uvicorn.importer import import_from_string

from leadlight.errors import ConfigError
from leadlight.serve import gate, listen, metrics
from leadlight.store import Home

WORKER: Final = "leadlight.serve.worker:application"
TOLD: Final = "LEADLIGHT_SERVE"
LOCAL: Final = ("127.0.0.1", "localhost", "::1")
NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
MOST_FILES: Final = 65_536
LAST_SECONDS: Final = 0.3
"""For so long a server on its way out still answers what was already sent."""


@dataclass(frozen=True)
class ServerPlan:
    """How a home is to be served."""

    place: str
    state: str
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    names: tuple[str, ...] = field(default=())
    """Names under which others reach it."""

    def check(self) -> None:
        """Nobody outside of this machine is served by accident."""
        if self.host not in LOCAL and not self.names:
            raise ConfigError(
                "Other machines could reach this address, but not the name under which they would.",
                code="host_name",
                hint="Say the name that they use: --host-name leads.example.com (docs/how-to/serve.md).",
            )

    def home(self) -> Home:
        return Home.of(self.place, Path(self.state))

    def hosts(self) -> frozenset[bytes]:
        return gate.allowed_hosts((*NAMES, *self.names))


class Server(uvicorn.Server):
    """uvicorn, which on its way out answers what is under way and tells clients to come back elsewhere."""

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        self.config.loaded_app.state.is_leaving = True
        await asyncio.sleep(LAST_SECONDS)
        await super().shutdown(sockets)


def run(plan: ServerPlan, worker: str = WORKER) -> None:
    """Serve until a signal comes; `worker` names what makes the application of a process."""
    _allow_many_files()
    os.environ[TOLD] = msgspec.json.encode(plan).decode()
    listen.quiet_libraries()
    if plan.workers == 1:
        application = import_from_string(worker)
        Server(listen.configuration(application(), plan.host, plan.port)).run()
        return
    with tempfile.TemporaryDirectory(prefix="leadlight-metrics-") as shared:
        os.environ[metrics.SHARED] = shared
        _run_several(plan, worker)


def _run_several(plan: ServerPlan, worker: str) -> None:
    from uvicorn.supervisors import Multiprocess

    config = listen.configuration(worker, plan.host, plan.port, factory=True, workers=plan.workers)
    sock = config.bind_socket()
    Multiprocess(config, sockets=[sock]).run()


def _allow_many_files() -> None:
    """Each connection is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def plan_from_environment() -> ServerPlan:
    """The plan that the process was started with."""
    try:
        return msgspec.json.decode(os.environ[TOLD], type=ServerPlan)
    except KeyError:
        sys.stderr.write("Start it with: leadlight serve\n")
        raise SystemExit(2) from None
