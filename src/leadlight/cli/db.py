"""`leadlight db`: the database of a home, and the people in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import db_maintenance, homes, rights
from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.failure import INCOMPLETE
from leadlight.cli.output import Output
from leadlight.cli.page import progress
from leadlight.flows.forget import where_copies_remain
from leadlight.store import backup as backups
from leadlight.store import bi_views, upkeep
from leadlight.store import replay as again
from leadlight.store import retention as keep

app = typer.Typer(
    no_args_is_help=True, help="The database of a home: its care, and the rights of the people in it."
)


@app.command(cls=Command)
def upgrade(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Bring the database up to this version of Leadlight, all of it or nothing."""
    version = db_maintenance.upgrade(home)
    Output(as_json).show({"version": version}, f"The database is at version {version}.")


@app.command(cls=Command)
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where the backup goes.")],
    home: given.Home = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Copy everything into one file while others go on working, and check it.

    The key of the home is not in it: keep a copy of secret.key apart, or nobody in the backup can be found.
    """
    with homes.opened(home) as store:
        found = backups.write(store, file, homes.who(), homes.now(), force=force)
    db_maintenance.tell_backup(found, as_json=as_json)


@app.command(cls=Command)
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that `leadlight db backup` wrote.")],
    home: given.Home = None,
    force: Annotated[
        bool, typer.Option("--force", help="Put it in the place of what is in the home now.")
    ] = False,
    as_json: given.AsJson = False,
) -> None:
    """Put a backup in the place of what is here, whole or not at all.

    People who were forgotten or objected since stay so, the trail goes on, revoked keys stay revoked, and
    everybody signs in anew. Stop the service first, and start it afterwards.
    """
    found = db_maintenance.restore(home, file, force=force)
    db_maintenance.tell_restore(found, as_json=as_json)


@app.command(cls=Command)
def check(
    home: given.Home = None,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="First make true what rights.jsonl says and the database does not, and write lists anew.",
        ),
    ] = False,
    as_json: given.AsJson = False,
) -> None:
    """Look whether the database is sound and all that belongs together is there; exit code 1 if not."""
    with homes.opened(home) as store:
        if repair:
            db_maintenance.repair(store)
        found = upkeep.checks(store)
    db_maintenance.tell_checks(found, as_json=as_json)
    if not all(each.passed for each in found):
        raise typer.Exit(INCOMPLETE)


@app.command(cls=Command)
def vacuum(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Write the files anew, without room that is no longer used and without bytes of what was erased."""
    with homes.opened(home) as store:
        with progress("writing the files anew"):
            upkeep.vacuum(store)
        note = where_copies_remain(store)
    Output(as_json).show({"clean": True, "note": note}, f"Done. {note}")


@app.command(cls=Command)
def retention(
    days: Annotated[
        float, typer.Option("--days", help="Erase leads of whom nothing was heard for so many days.")
    ],
    home: given.Home = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
    as_json: given.AsJson = False,
) -> None:
    """Erase what is older than it may be kept: leads, dead letters and kept answers.

    A lead's age counts from its last change of a value, event, contact or outcome. They asked for nothing,
    so they may come in again.
    """
    with homes.opened(home) as store:
        if dry_run:
            with store.reading() as connection:
                found = keep.expired(connection, days, homes.now())
        else:
            found = keep.expire(store, days, homes.who(), homes.now())
        note = where_copies_remain(store)
    db_maintenance.tell_expired(found, days, note, dry_run=dry_run, as_json=as_json)


@app.command(cls=Command)
def replay(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Compute every kept score again from what it was made from; exit code 1 where a bit differs."""
    with homes.opened(home) as store, progress("replaying") as observe:
        found = again.replay(store, lambda count: observe(f"replaying, {count:,} scores so far"))
    db_maintenance.tell_replay(found, as_json=as_json)
    if found.same < found.scores:
        raise typer.Exit(INCOMPLETE)


@app.command(cls=Command)
def audit(
    home: given.Home = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Follow the whole trail; exit code 1 if an entry was altered.")
    ] = False,
    head: Annotated[
        str | None,
        typer.Option("--head", help="With --verify: a head that was noted before and must lie on the trail."),
    ] = None,
    last: Annotated[int, typer.Option("--last", min=1, max=1_000_000, help="How many entries to show.")] = 20,
    as_json: given.AsJson = False,
) -> None:
    """Show what was done lately, or check that nobody has altered the trail of it.

    Each entry's hash covers the one before. Entries cut off at its end show only where a head was noted
    elsewhere: --verify prints the one of now.
    """
    with homes.opened(home) as store, store.reading() as connection:
        if not verify:
            db_maintenance.tell_acts(connection, last, as_json=as_json)
            return
        sound = db_maintenance.verified(store, connection, head, as_json=as_json)
    if not sound:
        raise typer.Exit(INCOMPLETE)


@app.command(cls=Command)
def views(
    home: given.Home = None,
    role: Annotated[
        str | None,
        typer.Option("--role", help="PostgreSQL: a role that may read the views and nothing else."),
    ] = None,
    copy: Annotated[
        Path | None, typer.Option("--copy", help="A folder for each view as a Parquet file.")
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Make the views that a BI tool reads: leads, scores, sources, outcomes, spend; no names, no addresses.

    Run it again after an upgrade. The password of a role is shown once, and made anew each time.
    """
    with homes.opened(home) as store:
        with store.writing() as connection:
            made = bi_views.create(connection)
            password = None if role is None else bi_views.grant(connection, role)
        files = [] if copy is None else db_maintenance.copy_views(store, made, copy)
    told = [f"Views: {', '.join(made)}.", *(f"{path}" for path in files)]
    told += [f"Role {role}, password {password} (shown once)."] if password else []
    answer = {"views": made, "role": role, "password": password, "files": [str(path) for path in files]}
    Output(as_json).show(answer, "\n".join(told))


for command in rights.COMMANDS:
    app.command(cls=Command)(command)
