"""The work of `leadlight sync`: rows into the home a batch at a time, and what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.cli import account, homes
from leadlight.cli.account import Rejects
from leadlight.cli.page import Page, print_json, progress
from leadlight.cli.scoring import BLANK_ID, STANDARD, blank_ids, stem_of
from leadlight.connect.files import Batches, Leads, Rejected
from leadlight.data import frame, handles, rows
from leadlight.data.structure import find_id, sure_id
from leadlight.errors import ColumnError, StoreError
from leadlight.flows.promote import model_in_service
from leadlight.flows.score import Scored, score_waiting
from leadlight.flows.take import PAGE, take_leads
from leadlight.insight.wording import counted, listed
from leadlight.store import Store, models
from leadlight.store.leads import Taken

DOUBLED: Final = "duplicate_id"
WORDS: Final = {"id": "id", "email": "e-mail", "phone": "phone"}


@dataclass
class Synced:
    """Rows in = new + changed + same + forgotten + rejected."""

    rejects: Path
    taken: Taken = field(default_factory=Taken)
    rejected: Counter[str] = field(default_factory=Counter)
    known_by: dict[str, str] = field(default_factory=dict)
    """The columns that people are known by, with what each holds."""

    @property
    def rows(self) -> int:
        taken = self.taken
        return taken.new + taken.changed + taken.same + taken.forgotten + self.rejected.total()


def run(store: Store, leads: str, batches: Batches, identity: str | None, *, force: bool) -> Synced:
    """Take the rows in; each batch is durable by itself, and running it again does no harm."""
    found = Synced(rejects=_rejects(leads))
    account.check_rejects(found.rejects, force=force)
    parts = iter(batches)
    first = next(parts)
    name = _identity(store, first, identity)
    seen: set[str] = set()
    found.known_by[name] = "id"
    with progress("taking leads in") as observe, account.opened(found.rejects) as rejects:
        for batch in chain([first], parts):
            raw = _readable(batch, name, seen, rejects, found)
            _look(raw, found.known_by)
            for start in range(0, raw.height, PAGE):
                part = raw[start : start + PAGE]
                found.taken += take_leads(store, part, name, batches.source, homes.now())
            observe(f"taking leads in, {found.rows:,} so far")
    return found


def _rejects(leads: str) -> Path:
    """Beside the file that they stand in."""
    name = f"{stem_of(leads)}.rejected.csv"
    return Path(name) if leads == STANDARD else Path(leads).with_name(name)


def _identity(store: Store, leads: Leads, given: str | None) -> str:
    """The column of the ids: named, known to the model in service, or plain to see."""
    known, columns = given, leads.frame.columns
    if known is None and (serving := model_in_service(store)):
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


def _readable(batch: Leads, identity: str, seen: set[str], rejects: Rejects, found: Synced) -> pl.DataFrame:
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


def _look(raw: pl.DataFrame, known_by: dict[str, str]) -> None:
    """Find the columns by which people are known; those named for addresses make all others count no more."""
    new = {name: kind for name, kind in handles.columns(raw.columns).items() if name not in known_by}
    for name, kind in sorted(new.items(), key=lambda each: each[1] == handles.MAYBE):
        if kind == handles.MAYBE and "email" in known_by.values():
            return
        texts = frame.as_text(raw[name]).drop_nulls()
        texts = texts if kind == "phone" else texts.filter(texts.str.contains("@", literal=True))
        if any(handles.in_cell(kind, text) for text in texts):
            known_by[name] = "phone" if kind == "phone" else "email"


def scored(store: Store) -> Scored | None:
    """Score what waits, where a model is in service."""
    with store.reading() as connection:
        ready = models.in_service(connection) is not None
    if not ready:
        return None
    with progress("scoring") as observe:
        return score_waiting(store, homes.now(), observe=lambda count: observe(f"scoring, {count:,} so far"))


def score_home(home: str | None, *, as_json: bool) -> None:
    """Score what waits in a home, and tell."""
    with homes.opened(homes.asked(home, "MODEL")) as store:
        found = scored(store)
    if found is None:
        raise StoreError(
            "No model is in service here.",
            code="no_model",
            hint="Put one in service with: leadlight promote MODEL --home HOME",
        )
    if as_json:
        print_json(told(found))
    else:
        say_scored(Page.of(), found)


def tell(found: Synced, scored: Scored | None, *, as_json: bool) -> None:
    taken, rejected = found.taken, found.rejected.total()
    if as_json:
        print_json(
            {
                "rows": {"in": found.rows, **vars(taken), "rejected": rejected},
                "rejected": dict(found.rejected),
                "rejects": str(found.rejects) if rejected else None,
                "known_by": found.known_by,
                "scored": None if scored is None else told(scored),
            }
        )
        return
    page = Page.of()
    page.say(
        f"{found.rows:,} in = {taken.new:,} new + {taken.changed:,} changed + {taken.same:,} as before"
        f" + {taken.forgotten:,} forgotten people kept out + {rejected:,} rejected."
    )
    page.say(_told_by(found.known_by))
    if rejected:
        page.say(f"Rejected rows: {found.rejects}")
    if taken.suppressed:
        page.say(f"{taken.suppressed:,} of them objected: they are kept, and not scored.")
    if scored is not None:
        say_scored(page, scored)


def _told_by(columns: dict[str, str]) -> str:
    named = listed([f"{name!r} ({WORDS[kind]})" for name, kind in columns.items()])
    if len(columns) > 1:
        return f"People are known by {named}."
    return f"People are known by {named} alone: no column is named like an e-mail address or a phone."


def say_scored(page: Page, scored: Scored) -> None:
    page.say(
        f"{counted(scored.looked_at, 'lead')} looked at by model {scored.model}:"
        f" {counted(scored.written, 'score')} written,"
        f" {scored.unchanged:,} as before."
    )


def told(scored: Scored) -> dict[str, Any]:
    return {
        "model": scored.model,
        "looked_at": scored.looked_at,
        "written": scored.written,
        "unchanged": scored.unchanged,
    }
