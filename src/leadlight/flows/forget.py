"""Erasing a person, with what has to be said of copies elsewhere."""

from __future__ import annotations

from leadlight.store import Store, erasure
from leadlight.store.data_subject import Person
from leadlight.store.erasure import Erased


def forget_person(store: Store, person: Person, who: str, at: float) -> Erased:
    """Erase a person everywhere, for good, and keep a mark that lets no import bring them back."""
    return erasure.forget(store, person, who, at)


def where_copies_remain(store: Store) -> str:
    """Where bytes of what was erased may lie that we cannot reach."""
    if store.home.is_sqlite:
        return "Backups, snapshots of the disk and freed blocks of it may hold copies: let them expire."
    return (
        "PostgreSQL's write-ahead log, replicas and backups may hold copies until they expire; its own files"
        " do until `leadlight db vacuum`, which locks the tables while it runs."
    )
