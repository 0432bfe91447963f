"""The events that a home holds, on their way into scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from leadlight.flows.gather import ID, gather_leads
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import in_place, source_of
from leadlight.model.outcome import decided
from leadlight.store import Store, event_rows, watched_leads

if TYPE_CHECKING:
    from sqlalchemy import Connection


def with_events(
    store: Store,
    bundle: Bundle,
    raw: pl.DataFrame,
    at: float | None = None,
    numbers: Sequence[int] | None = None,
    connection: Connection | None = None,
) -> pl.DataFrame:
    """Leads of the home with the columns that the model takes from events, as of a moment, by default now.

    A transaction that has taken events in sees them through its own connection alone.
    """
    if bundle.events is None:
        return raw
    with nullcontext(connection) if connection is not None else store.reading() as own:
        events = event_rows.event_table(own, numbers)
    now = time.time() if at is None else at
    source = source_of(bundle, events, now, now)
    return raw if source is None else source.beside(raw)


def with_past_events(store: Store, bundle: Bundle, raw: pl.DataFrame) -> pl.DataFrame:
    """Leads of the home with what their events said when the model would have learnt from them.

    Of a lead that was decided before that, nothing from its end on counts.
    """
    if bundle.events is None or bundle.scorer.schema.name_of("time") not in raw.columns:
        return raw
    ids = raw[bundle.scorer.schema.name_of("id") or ID].cast(pl.String).drop_nulls().to_list()
    with store.reading() as connection:
        events = event_rows.event_table(connection, ids=ids)
        ended = event_rows.ended_table(connection, ids)
    source = source_of(bundle, events, None, time.time())
    return raw if source is None else replace(source, ended=ended).beside(raw)


def as_learnt(store: Store, bundle: Bundle, raw: pl.DataFrame) -> pl.DataFrame:
    """Leads of the home as of now, but decided ones with what their events said in time.

    What a buyer does once it has bought is nothing by which its engagement could be judged.
    """
    ended = decided(bundle, raw) if bundle.events is not None else np.zeros(raw.height, dtype=bool)
    if not ended.any() or bundle.scorer.schema.name_of("time") not in raw.columns:
        return raw
    return in_place(raw, ended, with_past_events(store, bundle, raw.filter(ended)))


def stored_rows(store: Store, bundle: Bundle, numbers: Sequence[int]) -> pl.DataFrame:
    """Leads by number with their ids and what the model needs of them, but for what it takes from events."""
    taken = () if bundle.events is None else bundle.events.columns
    names = [column.name for column in bundle.scorer.schema.needed if column.name not in taken]
    identity = bundle.scorer.schema.name_of("id") or ID
    with store.reading() as connection:
        raw = watched_leads.of_numbers(connection, numbers, names)
        ids = watched_leads.ids_of(connection, numbers)
    return raw.drop("#").with_columns(pl.Series(identity, ids, dtype=pl.String))


def gather_for(store: Store, bundle: Bundle, at: float | None = None) -> pl.DataFrame:
    """All leads of the home who have not objected, with all that the model looks at."""
    identity = bundle.scorer.schema.name_of("id") or ID
    raw = gather_leads(store, bundle.target.column, identity, objecting=False, realised=True)
    return with_events(store, bundle, raw, at) if raw.height else raw
