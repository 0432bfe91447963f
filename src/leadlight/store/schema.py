"""The version of the database, and the way up to it in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from leadlight.errors import StoreError
from leadlight.store.home import Home

VERSION: Final = "0011"
MIGRATIONS: Final = Path(__file__).parent / "migrations"
KNOWN: Final = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")


def version(connection: Connection) -> str | None:
    """Which version the database is at; nothing where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check(connection: Connection, home: Home) -> None:
    """Refuse a database that is older or newer than the code."""
    found = version(connection)
    if found == VERSION:
        return
    if found is None:
        raise StoreError(
            "The database of this home is empty.",
            code="empty_database",
            where=str(home.folder),
            hint="Restore a backup: leadlight db restore FILE --home HOME; or begin anew:"
            " leadlight init --home HOME",
        )
    if found in KNOWN:
        raise StoreError(
            "The database is of an older Leadlight.",
            code="older_database",
            where=str(home.folder),
            hint=f"Bring it up with: leadlight db upgrade --home {home.folder}",
        )
    raise StoreError(
        f"A newer Leadlight made this database: version {found}; this one knows {VERSION}.",
        code="newer_database",
        where=str(home.folder),
        hint="Install the newer Leadlight, or restore a backup of before.",
    )


def upgrade(connection: Connection) -> None:
    """Bring the tables up to this version; all of it or nothing."""
    from alembic import command
    from alembic.config import Config

    found = version(connection)
    if found is not None and found not in KNOWN:
        raise StoreError(f"A newer Leadlight made this database: version {found}.", code="newer_database")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, VERSION)
