"""All leads of a home with many of their columns, for figures that are made of these and then kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.data.schema import Schema
from leadlight.flows.events import as_learnt, with_events
from leadlight.flows.gather import ID, with_realised
from leadlight.insight.accounts import Accounts, roll_up
from leadlight.insight.population import Population
from leadlight.model.bundle import Bundle
from leadlight.store import Store, records, roster

FEW_WORDS: Final = ("category", "flag")
NOT_LOOKED_AT: Final = ("personal", "ignore")


def whole_leads(store: Store, bundle: Bundle, wanted: Callable[[str], bool] = lambda _: True) -> pl.DataFrame:
    """All who have not objected, as texts, read a page at a time; `wanted` says which columns to read."""
    schema = bundle.scorer.schema
    identity, target = schema.name_of("id") or ID, bundle.target.column
    with store.reading() as connection:
        names = [name for name in roster.names(store, connection) if name not in (identity, target)]
        pages = roster.pages(connection, bundle.name, [name for name in names if wanted(name)])
        parts = [(page.numbers, _texts(schema, identity, target, page)) for page in pages]
        worth = records.latest_values(connection)
    if not parts:
        return pl.DataFrame(schema={identity: pl.String})
    raw = pl.concat([texts for _, texts in parts], rechunk=True)
    raw = with_realised(raw, worth, np.concatenate([numbers for numbers, _ in parts]).tolist())
    return with_events(store, bundle, raw) if raw.height else raw


def _texts(schema: Schema, identity: str, target: str, page: roster.RosterPage) -> pl.DataFrame:
    columns = {identity: pl.Series(page.ids, dtype=pl.String)}
    for name, raw in page.columns.items():
        is_few = name in schema and schema[name].kind in FEW_WORDS
        texts = frame.texts(raw)
        columns[name] = texts.cast(pl.Categorical) if is_few else texts
    if target:
        ended = pl.Series(page.outcome, dtype=pl.String)
        columns[target] = ended.set(ended == "", None)
    return pl.DataFrame(columns)


def population_of_home(store: Store, bundle: Bundle) -> Population:
    """All leads of the home, one row each, with all that the model looks at."""
    schema = bundle.scorer.schema

    def looked_at(name: str) -> bool:
        return name not in schema or schema[name].role not in NOT_LOOKED_AT

    return Population.of(bundle, as_learnt(store, bundle, whole_leads(store, bundle, looked_at)))


def accounts_of_home(store: Store, bundle: Bundle) -> Accounts:
    """The leads of each company as one account, the most promising first."""
    raw = as_learnt(store, bundle, whole_leads(store, bundle))
    return roll_up(bundle, raw, bundle.scorer.score(raw).probability)
