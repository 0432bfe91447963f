"""Bringing leads into a home, a batch at a time, with what became of each row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

from leadlight.connect.files import Batches, Leads, Rejected
from leadlight.data import frame, handles, rows
from leadlight.data.structure import find_id, sure_id
from leadlight.errors import ColumnError
from leadlight.flows.promote import model_in_service
from leadlight.flows.row_accounting import BLANK_ID, Rejects, blank_ids
from leadlight.flows.take import PAGE, take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import Store
from leadlight.store.intake import Taken

Clock = Callable[[], float]
Observe = Callable[[str], None]
DOUBLED: Final = "duplicate_id"


@dataclass
class SyncedLeads:
    """Rows in = new + changed + same + forgotten + rejected."""

    taken: Taken = field(default_factory=Taken)
    rejected: Counter[str] = field(default_factory=Counter)
    known_by: dict[str, str] = field(default_factory=dict)
    """The columns that people are known by, with what each holds."""
    outcome: str | None = None
    """The outcome's column of the model in service, where the rows do not have it."""

    @property
    def notes(self) -> list[str]:
        """What the rows do not say, and what follows from it."""
        if self.outcome is None or not self.taken.new:
            return []
        return [
            f"There is no column {self.outcome!r}, which says who was won: the new leads count as open."
            " Name the column so, or record outcomes as they are known (POST /v1/outcomes)."
        ]

    @property
    def rows(self) -> int:
        return self.taken.rows + self.rejected.total()


def sync_leads(
    store: Store,
    batches: Batches,
    rejects: Rejects,
    clock: Clock,
    *,
    identity: str | None = None,
    observe: Observe = lambda _: None,
) -> SyncedLeads:
    """Take the rows in; each batch is durable by itself, and running it again does no harm."""
    parts = iter(batches)
    first = next(parts)
    serving = model_in_service(store)
    name = _identity(serving, first, identity)
    found = SyncedLeads(known_by={name: "id"})
    if serving is not None and serving.target.column not in batches.columns:
        found.outcome = serving.target.column
    seen: set[str] = set()
    for batch in chain([first], parts):
        raw = _readable(batch, name, seen, rejects, found)
        _note_handles(raw, found.known_by)
        for start in range(0, raw.height, PAGE):
            found.taken += take_leads(store, raw[start : start + PAGE], name, batches.source, clock())
        observe(f"taking leads in, {found.rows:,} so far")
    return found


def _identity(serving: Bundle | None, leads: Leads, given: str | None) -> str:
    """The column of the ids: named, known to the model in service, or plain to see."""
    known, columns = given, leads.frame.columns
    if known is None and serving is not None:
        known = serving.scorer.schema.name_of("id")
    known = known or sure_id(leads.frame)
    if known in columns:
        return known
    raise ColumnError(
        f"There is no column {given!r}."
        if given
        else "It is not known which column holds the ids of the leads.",
        code="which_id",
        where=leads.source,
        hint=f"Name it with --id, for example --id {(find_id(leads.frame, '') or columns[0])!r}."
        if columns
        else None,
    )


def _readable(
    batch: Leads, identity: str, seen: set[str], rejects: Rejects, found: SyncedLeads
) -> pl.DataFrame:
    """The rows with an id that did not stand earlier in the file."""
    raw = batch.frame.with_columns(rows.identities(batch.frame[identity]).alias(identity))
    blank = blank_ids(raw, identity)
    doubled = np.zeros(raw.height, dtype=bool)
    for row, known in enumerate(raw[identity].to_list()):
        doubled[row] = not blank[row] and known in seen
        seen.add(known)
    odd = [*batch.rejected]
    for rows_of, reason in ((blank, BLANK_ID), (doubled, DOUBLED)):
        odd += [Rejected(line, reason) for line in batch.lines[rows_of].tolist()]
    rejects.write(sorted(odd))
    found.rejected.update(row.reason for row in odd)
    return raw.filter(~(blank | doubled))


def _note_handles(raw: pl.DataFrame, known_by: dict[str, str]) -> None:
    """Find the columns by which people are known; those named for addresses make all others count no more."""
    new = {name: kind for name, kind in handles.columns(raw.columns).items() if name not in known_by}
    for name, kind in sorted(new.items(), key=lambda each: each[1] == handles.MAYBE):
        if kind == handles.MAYBE and "email" in known_by.values():
            return
        texts = frame.as_text(raw[name]).drop_nulls()
        texts = texts if kind == "phone" else texts.filter(texts.str.contains("@", literal=True))
        if any(handles.in_cell(kind, text) for text in texts):
            known_by[name] = "phone" if kind == "phone" else "email"
