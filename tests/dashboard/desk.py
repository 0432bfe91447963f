"""A home with made-up leads, won, lost and open, served with its pages; and browsers that look at it."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from leadlight import dashboard
from leadlight.data.sample import generate
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.serve import rescoring
from leadlight.serve.application import build
from leadlight.serve.journal import Journal
from leadlight.serve.state import State
from leadlight.serve.store_poll import StorePoll
from leadlight.store import Home, Store, create_store, sessions, users
from leadlight.store.writer import GroupWriter
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.model.trained import few_rounds
from tests.serve.running import PATIENT, listening

PASSWORD = "a few words of mine"
ROWS = 1_200


@cache
def export() -> pl.DataFrame:
    """Leads as a CRM exports them."""
    return generate(ROWS, seed=3, stages=True).leads


@cache
def model() -> Bundle:
    options = Options(target="Stage", positive=("won",), negative=("lost",), models=["glassbox"], folds=3)
    with few_rounds():
        return train(export(), options).bundle


@dataclass
class Desk:
    """Pages on a port, and the store behind them."""

    store: Store
    folder: Path
    port: int
    state: State
    log: io.StringIO
    people: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def session(self, role: str) -> str:
        """The cookie of somebody of this role who is logged in."""
        if role not in self.people:
            with self.store.writing() as connection:
                user = users.add(connection, f"{role} of the tests", role, PASSWORD, time.time())
                self.people[role] = sessions.begin(connection, sessions.SESSION, user, time.time())
        return self.people[role]

    def said(self) -> str:
        self.state.journal.flush()
        return self.log.getvalue()


@contextmanager
def desk(folder: Path, *, empty: bool = False, leads: pl.DataFrame | None = None) -> Iterator[Desk]:
    """A home with a model and scored leads, or an empty one."""
    store = create_store(Home.of(folder, folder))
    if not empty:
        promote_bundle(store, model(), time.time(), "test")
        take_leads(store, export() if leads is None else leads, "Lead ID", "leads.csv", time.time())
        score_waiting(store, time.time())
    log = io.StringIO()
    state = State(Journal(log), limits=PATIENT, store=store, writer=GroupWriter(store))
    watch = StorePoll(state, store)
    watch.look()
    made = build(state, watch.run, lambda: rescoring.run(state), more=dashboard.add)
    with listening(made) as port:
        yield Desk(store, folder, port, state, log)
    store.close()


def signed_in(browser: Any, desk: Desk, role: str, width: int = 1280, **more: Any) -> Any:
    """A browser in which somebody is logged in."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    cookie = {"name": "ll_session", "value": desk.session(role), "url": desk.address}
    context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Strict"}])
    return context
