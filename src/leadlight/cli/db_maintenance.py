"""The work of the commands that care for the database, and what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leadlight.cli import homes
from leadlight.cli.output import Output
from leadlight.cli.page import Page, progress
from leadlight.data.atomic import replacing
from leadlight.errors import ConfigError, FileError, StoreError
from leadlight.insight.wording import counted
from leadlight.store import Store, audit, bi_views, derived, leads, opening, schema
from leadlight.store import restore as restoring
from leadlight.store.backup import Backup
from leadlight.store.dossier import moment
from leadlight.store.replay import Replayed
from leadlight.store.restore import Restored
from leadlight.store.retention import Expired
from leadlight.store.store import connected
from leadlight.store.upkeep import StoreCheck

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(place: str | None) -> str:
    """Bring a database up; gives its version."""
    with connected(homes.named(place)) as store, store.writing() as connection:
        opening.make_or_upgrade(store, connection)
        audit.append(store, connection, homes.who(), "upgrade", None, None, homes.now())
    return schema.VERSION


def copy_views(store: Store, names: Sequence[str], folder: Path) -> list[Path]:
    """Each view as a Parquet file, in the place of what an earlier run wrote."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with store.reading() as connection:
        for name in names:
            path = folder / f"{name}.parquet"
            with replacing(path, force=True) as handle:
                bi_views.read(connection, name).write_parquet(handle)
            written.append(path)
    return written


def tell_backup(found: Backup, *, as_json: bool) -> None:
    told = {"output": str(found.path), "bytes": found.size, "sha256": found.digest}

    def tell(page: Page) -> None:
        page.say(
            f"{found.path}: {counted(found.rows['leads'], 'lead')}, {counted(found.rows['scores'], 'score')},"
            f" {found.size:,} bytes, checked."
        )
        page.say("The key of the home is not in it: keep a copy of secret.key apart from the backups.")

    Output(as_json).show({**told, "rows": found.rows}, tell)


def restore(place: str | None, file: Path, *, force: bool) -> Restored:
    """Refuse to replace leads unless told to."""
    home = homes.named(place)
    if not file.is_file():
        raise FileError(
            "There is no such file.",
            code="backup",
            where=str(file),
            hint="Name one that was written by: leadlight db backup FILE --home HOME",
        )
    if not force and _holds_leads(home):
        raise StoreError(
            "The home holds leads, which the backup would replace.",
            code="exists",
            where=str(home.folder),
            hint="Back it up first, then add --force.",
        )
    with progress("restoring"):
        return restoring.restore(home, file, homes.who(), homes.now())


def _holds_leads(home: Any) -> bool:
    try:
        with connected(home) as store, store.reading() as connection:
            return schema.version(connection) is not None and leads.count(connection) > 0
    except StoreError as problem:
        if problem.code != "damaged":
            raise
        return True


def tell_restore(found: Restored, *, as_json: bool) -> None:
    erased, aside = found.applied.erased, None if found.aside is None else str(found.aside)
    told = {"rows": found.rows, "erased_again": erased.counts, "held_again": found.applied.held}

    def tell(page: Page) -> None:
        page.say(
            f"Restored: {counted(found.rows['leads'], 'lead')}, {counted(found.rows['scores'], 'score')}."
        )
        page.say(
            f"Erased again, as asked for since: {counted(erased.leads, 'lead')},"
            f" {counted(erased.letters, 'dead letter')}, {counted(erased.answers, 'kept answer')};"
            f" {counted(found.applied.held, 'lead')} of people who objected are not scored."
        )
        kept = "goes on" if found.trail_kept else "is the backup's: the one of here was not the same, or lost"
        page.say(
            f"The trail {kept}. {counted(found.shut_out, 'key or user', 'keys or users')} stay shut out."
        )
        if aside:
            page.say(
                f"The database that could not be read lies in {aside}; delete it when you need it no more."
            )

    Output(as_json).show(
        {**told, "trail_kept": found.trail_kept, "shut_out": found.shut_out, "aside": aside}, tell
    )


def repair(store: Store) -> None:
    """Make true what people asked for, then write anew what is derived from the leads."""
    restoring.repair(store, homes.who(), homes.now())
    with store.writing() as connection:
        derived.rebuild(store, connection)


def tell_checks(found: Sequence[StoreCheck], *, as_json: bool) -> None:
    rows = [(each.name, "ok" if each.passed else "FAILED", each.detail) for each in found]
    Output(as_json).show(
        {"sound": all(each.passed for each in found), "checks": [vars(each) for each in found]},
        lambda page: page.table(("check", "", "found"), rows),
    )


def tell_expired(found: Expired, days: float, note: str, *, dry_run: bool, as_json: bool) -> None:
    def tell(page: Page) -> None:
        page.say(
            f"{'Would be erased' if dry_run else 'Erased'} after {days:g} days: "
            f"{counted(found.leads, 'lead')}, {counted(found.letters, 'dead letter')},"
            f" {counted(found.answers, 'kept answer')}."
        )
        if not dry_run and any(found.counts.values()):
            page.say(note)

    Output(as_json).show(
        {"days": days, "dry_run": dry_run, "erased": found.counts, "clean": found.clean}, tell
    )


def tell_replay(found: Replayed, *, as_json: bool) -> None:
    differing = dict(found.differing)
    told = {"scores": found.scores, "models": found.models, "same": found.same}

    def tell(page: Page) -> None:
        page.say(
            f"{counted(found.scores, 'score')} of {counted(found.models, 'model')}:"
            f" {found.same:,} the same to the last bit, {found.scores - found.same:,} not."
        )
        if differing:
            first = ", ".join(map(str, found.numbers))
            page.say(f"What differs first: {', '.join(f'{k} {n:,}' for k, n in differing.items())}.")
            page.say(f"Numbers in the table scores: {first}.")

    Output(as_json).show({**told, "differing": differing, "numbers": found.numbers}, tell)


def tell_acts(connection: Connection, last: int, *, as_json: bool) -> None:
    rows = audit.latest(connection, last)
    told = [{"number": row.number, "at": moment(row.at), "who": row.who, "act": row.act} for row in rows]
    details = [audit.detail(row) for row in rows]

    def tell(page: Page) -> None:
        if not rows:
            page.say("Nothing was done yet.")
            return
        told_rows = [(moment(row.at)[:16].replace("T", " "), row.who, row.act, row.detail) for row in rows]
        page.table(("when (UTC)", "who", "what", "with"), told_rows)

    Output(as_json).show(
        {"entries": [each | {"detail": more} for each, more in zip(told, details, strict=True)]}, tell
    )


def verified(store: Store, connection: Connection, head: str | None, *, as_json: bool) -> bool:
    """Whether the trail is as it was written; told with its head."""
    found = audit.verify(store, connection, _noted(head))
    told = {"sound": found.sound, "entries": found.entries, "head": found.head.hex()}
    if found.broken is not None:
        text = f"The trail is broken: entry {found.broken} is not what was written, or one before is gone."
    elif not found.noted:
        text = "The head that was noted is not on the trail: entries were cut off its end."
    else:
        text = f"{counted(found.entries, 'entry', 'entries')}, none altered. Head: {found.head.hex()}"
    Output(as_json).show({**told, "broken": found.broken, "head_noted_is_on_it": found.noted}, text)
    return found.sound


def _noted(head: str | None) -> bytes | None:
    try:
        return None if head is None else bytes.fromhex(head)
    except ValueError:
        raise ConfigError("A head is written in hexadecimal digits.", code="head") from None
