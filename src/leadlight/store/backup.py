"""Backups: one file that holds everything but the key of the home, checked before it gets its name."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final

import apsw

from leadlight.data.atomic import placing
from leadlight.errors import FileError, StoreError
from leadlight.store import audit, copies, schema, sqlite
from leadlight.store.store import Store
from leadlight.store.tables import metadata

MAGIC: Final = b"SQLite format 3\x00"


@dataclass(frozen=True)
class Backup:
    """A backup that was written."""

    path: Path
    size: int
    digest: str
    rows: dict[str, int]


def write(store: Store, path: Path, who: str, at: float, *, force: bool = False) -> Backup:
    """Copy the store as it stands, under load as well; the file is there whole and sound or not at all."""
    with placing(path, force=force) as temporary:
        try:
            copies.write(store, temporary)
            rows = check(temporary)
        finally:
            for journal in sqlite.journals(temporary):
                journal.unlink(missing_ok=True)
        with open(temporary, "rb") as handle:
            digest = file_digest(handle, "sha256").hexdigest()
        size = temporary.stat().st_size
    with store.writing() as connection:
        audit.append(store, connection, who, "backup", None, {"sha256": digest, "bytes": size}, at)
    return Backup(path, size, digest, rows)


def check(path: Path) -> dict[str, int]:
    """Refuse a file that is no sound backup of a Leadlight we know; else how many rows each table has."""
    try:
        with open(path, "rb") as handle:
            known = handle.read(len(MAGIC)) == MAGIC
    except OSError as problem:
        raise _refused(path, f"The backup cannot be read: {(problem.strerror or '').lower()}.") from None
    if not known:
        raise _refused(path, "The file is no backup of Leadlight.")
    try:
        return _looked_through(path)
    except apsw.Error:
        raise _refused(path, "The backup is damaged.") from None


def _looked_through(path: Path) -> dict[str, int]:
    database = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        database.execute("PRAGMA trusted_schema=off")
        found = set(database.execute("SELECT type, tbl_name FROM sqlite_schema"))
        ours = {*metadata.tables, "alembic_version", "sqlite_sequence"}
        if any(kind not in ("table", "index") or name not in ours for kind, name in found):
            raise _refused(path, "The file holds what no backup of Leadlight holds.")
        if [row[0] for row in database.execute("PRAGMA integrity_check")] != ["ok"]:
            raise _refused(path, "The backup is damaged.")
        _known(path, database.execute("SELECT version_num FROM alembic_version").get)
        tables = sorted(name for kind, name in found if kind == "table" and name in metadata.tables)
        _check_columns(path, database, tables)
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').get for name in tables}  # noqa: S608
    finally:
        database.close()


def _check_columns(path: Path, database: apsw.Connection, tables: list[str]) -> None:
    """A backup of today's version has every column; an older one gets what it lacks from the migrations."""
    if database.execute("SELECT version_num FROM alembic_version").get != schema.VERSION:
        return
    for name, table in metadata.tables.items():
        there = {row[1] for row in database.execute(f'PRAGMA table_info("{name}")')}
        lacking = [column.name for column in table.columns if column.name not in there]
        if name not in tables or lacking:
            raise _refused(
                path, f"The backup lacks what belongs to it: {name} {' '.join(lacking)}".strip() + "."
            )


def _known(path: Path, version: str | None) -> None:
    if version not in schema.KNOWN:
        raise StoreError(
            f"A newer Leadlight made this backup: version {version}; this one knows {schema.VERSION}.",
            code="newer_database",
            where=str(path),
            hint="Install the newer Leadlight, then restore.",
        )


def _refused(path: Path, message: str) -> FileError:
    return FileError(
        message,
        code="backup",
        where=str(path),
        hint="Take another backup; nothing was changed.",
    )
