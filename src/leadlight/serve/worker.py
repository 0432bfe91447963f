"""One process of the service: its store, its state, its application."""

from __future__ import annotations

import sys
from collections.abc import Callable

from fastapi import FastAPI

from leadlight.serve import listen, rescoring, server
from leadlight.serve.application import build
from leadlight.serve.edge import Edge
from leadlight.serve.journal import Journal
from leadlight.serve.state import State
from leadlight.serve.watch import Watch
from leadlight.store import open_store
from leadlight.store.writer import GroupWriter


def application(more: Callable[[FastAPI], None] | None = None) -> Edge:
    """What uvicorn runs; it knows keys and model before it listens. `more` adds routes."""
    plan = server.told()
    listen.quiet_libraries()
    store = open_store(plan.home())
    state = State(Journal(sys.stderr), hosts=plan.hosts(), store=store, writer=GroupWriter(store))
    watch = Watch(state, store, plan.workers)
    watch.look()
    made = build(state, watch.run, lambda: rescoring.run(state), more=more)
    listen.settle()
    return made
