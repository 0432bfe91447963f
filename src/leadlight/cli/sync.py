"""`leadlight sync`: leads from where they are into the home."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE
from leadlight.cli.output import STANDARD, Output, check_rejects, stem_of
from leadlight.cli.page import Page, progress
from leadlight.cli.score import say_scored, score_store, scored_json
from leadlight.connect import files
from leadlight.flows.row_accounting import open_rejects
from leadlight.flows.score import Scored
from leadlight.flows.sync import SyncedLeads, sync_leads
from leadlight.insight.wording import listed

WORDS: Final = {"id": "id", "email": "e-mail", "phone": "phone"}


def sync(
    leads: given.Leads,
    home: given.Home = None,
    identity: given.Id = None,
    score: Annotated[
        bool, typer.Option("--score/--no-score", help="Score what is new or changed afterwards.")
    ] = True,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Bring leads into the home: new ones whole, known ones with what the file says anew.

    An empty cell clears what was there; a column that the file lacks stays as it was. People who were
    forgotten do not come back. The exit code is 1 if rows were rejected; they are listed beside the file.
    """
    rejects = _rejects(leads)
    with homes.opened(home) as store:
        batches = files.read_batches(
            leads, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows
        )
        check_rejects(rejects, force=force)
        with progress("taking leads in") as observe, open_rejects(rejects) as odd:
            found = sync_leads(store, batches, odd, homes.now, identity=identity, observe=observe)
        scored = score_store(store) if score else None
    Output(as_json).show(_summary(found, rejects, scored), partial(_tell, found, rejects, scored))
    if found.rejected:
        raise typer.Exit(INCOMPLETE)


def _rejects(leads: str) -> Path:
    """Beside the file that they stand in."""
    name = f"{stem_of(leads)}.rejected.csv"
    return Path(name) if leads == STANDARD or "://" in leads else Path(leads).with_name(name)


def _summary(found: SyncedLeads, rejects: Path, scored: Scored | None) -> dict[str, Any]:
    rejected = found.rejected.total()
    return {
        "rows": {"in": found.rows, **vars(found.taken), "rejected": rejected},
        "rejected": dict(found.rejected),
        "rejects": str(rejects) if rejected else None,
        "known_by": found.known_by,
        "notes": found.notes,
        "scored": None if scored is None else scored_json(scored),
    }


def _tell(found: SyncedLeads, rejects: Path, scored: Scored | None, page: Page) -> None:
    taken, rejected = found.taken, found.rejected.total()
    page.say(
        f"{found.rows:,} in = {taken.new:,} new + {taken.changed:,} changed + {taken.same:,} as before"
        f" + {taken.forgotten:,} forgotten people kept out + {rejected:,} rejected."
    )
    page.say(_known_by(found.known_by))
    for note in found.notes:
        page.say(note)
    if rejected:
        page.say(f"Rejected rows: {rejects}")
    if taken.suppressed:
        page.say(f"{taken.suppressed:,} of them objected: they are kept, and not scored.")
    if scored is not None:
        say_scored(scored, page)


def _known_by(columns: dict[str, str]) -> str:
    named = listed([f"{name!r} ({WORDS[kind]})" for name, kind in columns.items()])
    if len(columns) > 1:
        return f"People are known by {named}."
    return f"People are known by {named} alone: no column is named like an e-mail address or a phone."
