"""Homes made, opened and brought up to the version that this Leadlight knows."""

from __future__ import annotations

from sqlalchemy import Connection

from leadlight.errors import LeadlightError
from leadlight.store import derived, erasure, rights_file, rights_log, schema, seal
from leadlight.store.home import Home
from leadlight.store.store import Store


def open_store(home: Home) -> Store:
    """Open a home that exists, at the version that this Leadlight knows and with its own key."""
    store = Store.connect(home)
    with store.reading() as connection:
        schema.check(connection, home)
        seal.check(store, connection)
    return store


def create_store(home: Home, database: str | None = None) -> Store:
    """Open a home, made and upgraded where it has to be; a lost key is not replaced by a new one."""
    had_key, was_elsewhere = home.exists, home.is_elsewhere
    home = home.create(database)
    try:
        store = Store.connect(home)
        with store.writing() as connection:
            make_or_upgrade(store, connection)
    except LeadlightError as problem:
        is_lost = problem.code == "other_key" and not had_key
        home.undo(key=is_lost, elsewhere=not was_elsewhere)
        if is_lost:
            raise home.lost_key() from None
        raise
    return store


def make_or_upgrade(store: Store, connection: Connection) -> None:
    """Bring the database up to this version; a new one is sealed with the key of the home."""
    if schema.version(connection) is not None:
        seal.check(store, connection)
        upgrade(store, connection)
        return
    schema.upgrade(connection)
    seal.put(store, connection)
    _keep_out(store, connection)
    rights_log.begin_signing(store, connection)


def upgrade(store: Store, connection: Connection) -> None:
    """Bring the tables up to this version, then write anew what is derived from the leads."""
    before = schema.version(connection)
    schema.upgrade(connection)
    if before != schema.VERSION:
        derived.rebuild(store, connection)
        rights_log.begin_signing(store, connection)


def _keep_out(store: Store, connection: Connection) -> None:
    """Where the database before this one was lost, its file still says who is to be left alone."""
    lines = rights_file.read_lines(store.home)
    erasure.apply_rights(store, connection, lines, max((line.at for line in lines), default=0.0))
