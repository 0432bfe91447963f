"""All the leads of a home as one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import polars as pl

from leadlight.data import cells, frame
from leadlight.insight.deal_values import REALISED
from leadlight.store import Store, departures, leads, records
from leadlight.store.leads import StoredLead

ID: Final = "id"


def gather_leads(
    store: Store,
    target: str | None = None,
    identity: str | None = None,
    *,
    objecting: bool = True,
    departed: bool = False,
    realised: bool = False,
) -> pl.DataFrame:
    """All leads with all that they say, in the order in which they came; outcomes recorded since count more.

    `target` is where the outcomes go and `identity` where the ids, by default the column that brought them;
    `objecting` is whether people who objected to scoring are among them, and `departed` whether leads are
    that their system deleted since: they were leads, and may be learnt from. `realised` adds what deals came
    to, which nothing may be learnt from.
    """
    with store.reading() as connection:
        gone = set() if departed else departures.numbers(connection)
        kept = [
            lead
            for page in leads.pages(connection)
            for lead in page
            if (objecting or not lead.suppressed) and lead.number not in gone
        ]
        ended = records.latest_outcomes(connection) if target else {}
        worth = records.latest_values(connection) if realised else {}
    said, ids = [lead.fields for lead in kept], [lead.id for lead in kept]
    raw = leads.whole_table(said, ids, identity or _identity_column(kept))
    raw = with_realised(raw, worth, [lead.number for lead in kept])
    if not ended or target is None:
        return raw
    outcomes = [ended.get(lead.number, lead.fields.get(target)) for lead in kept]
    return raw.with_columns(frame.column(target, outcomes))


def with_realised(raw: pl.DataFrame, worth: Mapping[int, float], numbers: Iterable[int]) -> pl.DataFrame:
    """The leads of these numbers with what their deals came to, where any did."""
    if not worth or REALISED in raw.columns:
        return raw
    return raw.with_columns(pl.Series(REALISED, [worth.get(each) for each in numbers], dtype=pl.Float64))


def _identity_column(kept: Sequence[StoredLead]) -> str:
    """The column that most leads brought their ids in; where there is none, one of our own."""
    said, ids = Counter[str](), Counter[str]()
    for lead in kept:
        said.update(lead.fields.keys())
        ids.update(name for name, value in lead.fields.items() if cells.text_of(value) == lead.id)
    brought = (name for name, count in ids.most_common() if 2 * count > len(kept) and count == said[name])
    return next(brought, ID)
