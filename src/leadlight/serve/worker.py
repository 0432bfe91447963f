"""One process of the service: its store, its state, its application."""

from __future__ import annotations

import sys
from collections.abc import Callable

from fastapi import FastAPI

from leadlight.serve import listen, rescoring, server, telling
from leadlight.serve.application import build
from leadlight.serve.edge import Edge
from leadlight.serve.journal import Journal
from leadlight.serve.state import State
from leadlight.serve.store_poll import StorePoll
from leadlight.store import open_store
from leadlight.store.writer import GroupWriter


def application(more: Callable[[FastAPI], None] | None = None) -> Edge:
    """What uvicorn runs; it knows keys and model before it listens. `more` adds routes."""
    plan = server.plan_from_environment()
    listen.quiet_libraries()
    store = open_store(plan.home())
    state = State(Journal(sys.stderr), hosts=plan.hosts(), store=store, writer=GroupWriter(store))
    poll = StorePoll(state, store, plan.workers)
    poll.look()
    made = build(state, poll.run, lambda: rescoring.run(state), lambda: telling.run(state), more=more)
    listen.settle()
    return made
