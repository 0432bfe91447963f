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
from leadlight.cli.tell import tell_after_scoring
from leadlight.connect import files
from leadlight.connect.systems import SYSTEMS, is_system
from leadlight.errors import ConfigError
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
    check: Annotated[
        bool, typer.Option("--check", help="Of a system: show what would be read, and what is missing.")
    ] = False,
    setup: Annotated[
        bool, typer.Option("--setup", help="Of a system: show the fields for scores that it lacks.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --setup: make these fields.")] = False,
    every: Annotated[
        str | None, typer.Option("--every", help="Of a system: go on for ever, with pauses such as 15m.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Of a system: read everything, not what changed alone.")
    ] = False,
    write_back: Annotated[
        bool, typer.Option("--write-back/--no-write-back", help="Of a system: write scores to it.")
    ] = True,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Bring leads into the home, from a file, a database or a system such as hubspot://contacts.

    New leads come whole, known ones with what is said anew. An empty cell clears what was there; a column
    that the file lacks stays as it was. People who were forgotten do not come back. The exit code is 1 if
    rows were rejected; they are listed beside the file. Of a system only what changed is read, and scores go
    back to it. Where a webhook is set, it is told which leads became hot.
    """
    if is_system(leads):
        from leadlight.cli.connections import RunAsked, sync_system

        asked = RunAsked(again, score, write_back, as_json)
        sync_system(leads, home, asked, check=check, setup=setup, yes=yes, every=every)
        return
    _refuse_idle(check=check, setup=setup, every=bool(every), again=again)
    rejects = _rejects(leads)
    with homes.opened(home) as store:
        batches = files.read_batches(
            leads, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows
        )
        check_rejects(rejects, force=force)
        with progress("taking leads in") as observe, open_rejects(rejects) as odd:
            found = sync_leads(store, batches, odd, homes.now, identity=identity, observe=observe)
        scored = score_store(store) if score else None
        told = tell_after_scoring(store)
    summary = {**_summary(found, rejects, scored), "told_hot": told}
    Output(as_json).show(summary, partial(_tell, found, rejects, scored))
    if found.rejected:
        raise typer.Exit(INCOMPLETE)


def _refuse_idle(**asked: bool) -> None:
    """An option for systems does nothing for a file."""
    for option, given_ in asked.items():
        if given_:
            raise ConfigError(
                f"--{option} is for systems, such as hubspot://contacts.",
                code="idle_option",
                hint=f"Leave --{option} out, or name a system: {', '.join(SYSTEMS)}.",
            )


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
