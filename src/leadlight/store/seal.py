"""The mark that ties a database to the key of its home.

Under another key nobody who was forgotten would be known again, and nobody be found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from leadlight.errors import StoreError
from leadlight.store.tables import seal

if TYPE_CHECKING:
    from leadlight.store.store import Store


def put(store: Store, connection: Connection) -> None:
    """Seal a database that was just made."""
    connection.execute(insert(seal), {"hash": _made(store)})


def fits(store: Store, connection: Connection) -> bool:
    """Whether what is in the database was kept under this key."""
    return connection.execute(select(seal.c.hash)).scalar() == _made(store)


def check(store: Store, connection: Connection) -> None:
    """Refuse a database of another key."""
    if not fits(store, connection):
        raise StoreError(
            "The database was kept under another key than the one that lies here.",
            code="other_key",
            where=str(store.home.folder),
            hint="Put the secret.key of this database back from where its copy is kept.",
        )


def _made(store: Store) -> bytes:
    return store.keyed("seal", b"")
