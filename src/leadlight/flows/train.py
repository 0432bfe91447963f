"""Training a model on the leads of a home."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter, time

import polars as pl

from leadlight.errors import InputError
from leadlight.flows.gather import gather_leads
from leadlight.flows.late_fields import late_fields
from leadlight.flows.promote import model_in_service
from leadlight.model.bundle import Bundle
from leadlight.store import Store, event_rows, models
from leadlight.training.as_of import MOMENT, LeadLogs
from leadlight.training.early_model import train_or_start
from leadlight.training.fit import Trained
from leadlight.training.options import Options
from leadlight.training.progress import Observe, silent


def train_home(store: Store, wanted: Options, *, version: str = "", observe: Observe = silent) -> Trained:
    """Learn from the home's leads and the outcomes recorded since; nothing is kept or put in service yet.

    `observe` is told each step, such as "fitting glassbox, fold 2 of 5"; what it raises ends the training.
    """
    wanted = as_in_service(wanted, model_in_service(store))
    raw = training_leads(store, wanted)
    logs = logs_to_learn(store)
    return train_or_start(raw, wanted, logs=logs, version=version, clock=perf_counter, observe=observe)


def logs_to_learn(store: Store, moment: float = MOMENT) -> LeadLogs | None:
    """What training may know beside leads: what they did, when they were decided, what was filled late."""
    found, late = _happened(store, moment), late_fields(store)
    return replace(found or LeadLogs(moment=moment, now=time()), late=late) if late else found


def _happened(store: Store, moment: float) -> LeadLogs | None:
    ended = outcomes_to_learn(store)
    with store.reading() as connection:
        if not event_rows.has_events(connection):
            return ended
        events = event_rows.event_table(connection)
    return LeadLogs(events, None if ended is None else ended.outcomes, moment, time())


def outcomes_to_learn(store: Store) -> LeadLogs | None:
    """When leads of the home were decided; nothing where nobody ever said it."""
    with store.reading() as connection:
        ended = event_rows.outcome_table(connection)
    return LeadLogs(outcomes=ended, now=time()) if ended.height else None


def training_leads(store: Store, wanted: Options) -> pl.DataFrame:
    """All leads of the home, with the outcomes where the target stands; objections do not bar learning."""
    raw = gather_leads(store, wanted.target, wanted.id, departed=True)
    if not raw.height:
        raise InputError(
            "There are no leads in this home that may be looked at.",
            code="no_leads",
            where=str(store.home.folder),
            hint="Bring some in with: leadlight sync LEADS --home HOME",
        )
    return raw


def as_in_service(wanted: Options, serving: Bundle | None) -> Options:
    """Where nothing was said of the outcome: what it is for the model in service."""
    if serving is None:
        return wanted
    wanted = replace(wanted, id=wanted.id or serving.scorer.schema.name_of("id"))
    target = serving.target
    if wanted.target not in (None, target.column):
        return wanted
    wanted = replace(wanted, target=target.column)
    if wanted.positive or wanted.negative or wanted.open:
        return wanted
    return replace(wanted, positive=target.positive, negative=target.negative, open=target.open)


def keep_model(store: Store, bundle: Bundle, at: float) -> str:
    """Keep a model without putting it in service; gives its name."""
    with store.writing() as connection:
        models.add(connection, bundle, at)
    return bundle.name
