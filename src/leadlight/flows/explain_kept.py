"""One lead of a home as the model in service sees it now, and its score taken apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from leadlight.errors import RequestError
from leadlight.flows.events import with_events
from leadlight.flows.gather import ID
from leadlight.model import whatif
from leadlight.model.bundle import Bundle
from leadlight.model.whatif import Explanation
from leadlight.store import Store, leads
from leadlight.store.leads import StoredLead


def explain_kept(store: Store, bundle: Bundle, identity: str, at: float) -> Explanation:
    """Why the model in service says what it says of a lead; whoever objected is not scored."""
    with store.reading() as connection:
        kept = None if "\0" in identity else leads.find(connection, identity)
    if kept is None or kept.suppressed:
        raise RequestError(
            404, "There is no such lead, or it must not be scored.", code="no_such_lead", hint="GET /v1/leads"
        )
    return explanation(bundle, as_seen(store, bundle, kept, at))


def explanation(bundle: Bundle, seen: StoredLead) -> Explanation:
    """Exactly, of a lead with what its events say."""
    raw = frame_of(bundle, [seen.fields], [seen.id])
    return whatif.explain(bundle.scorer, dict(seen.fields), bundle.scorer.encode(raw))


def as_seen(store: Store, bundle: Bundle, kept: StoredLead, at: float) -> StoredLead:
    """The lead with what its events say now, for a model that looks at any."""
    if bundle.events is None:
        return kept
    raw = with_events(store, bundle, frame_of(bundle, [kept.fields], [kept.id]), at, [kept.number])
    row = raw.row(0, named=True)
    own = {name: row[name] for name in bundle.events.columns if row[name] is not None}
    return replace(kept, fields={**kept.fields, **own})


def frame_of(bundle: Bundle, rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> pl.DataFrame:
    """Leads of the store as the model reads them."""
    columns = {
        column.name: [fields.get(column.name) for fields in rows] for column in bundle.scorer.schema.needed
    }
    return leads.table(columns, list(ids), bundle.scorer.schema.name_of("id") or ID)
