"""Who a lead is: keyed hashes of ids, e-mails and phones, and what must not come back or be scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, tuple_

from leadlight.data import handles
from leadlight.data.handles import Handle
from leadlight.store import bulk
from leadlight.store.store import Store
from leadlight.store.tables import handles as table

Key = tuple[str, bytes]


def hashed(store: Store, found: Handle) -> Key:
    """A handle as the store keeps it."""
    return found.kind, store.keyed(found.kind, found.text.encode("utf-8", "surrogatepass"))


def kept(store: Store, found: Iterable[Handle]) -> list[Key]:
    """The keys under which a lead with these handles is kept."""
    return [hashed(store, form) for each in found for form in handles.kept(each)]


def sought(store: Store, found: Iterable[Handle]) -> list[Key]:
    """The keys under which a person with these handles may be kept."""
    return [hashed(store, form) for each in found for form in handles.sought(each)]


def of_lead(lead: Mapping[str, Any], identity: str) -> list[Handle]:
    return handles.of(lead, identity, handles.columns(lead))


def known(connection: Connection, kept_in: Table, keys: Iterable[Key]) -> set[Key]:
    """Those of the keys that stand in a table of kinds and hashes."""
    hashes: dict[str, list[bytes]] = {}
    for kind, digest in keys:
        hashes.setdefault(kind, []).append(digest)
    found: set[Key] = set()
    for kind, wanted in hashes.items():
        query = select(kept_in.c.hash).where(
            kept_in.c.kind == kind, bulk.among(connection, kept_in.c.hash, wanted)
        )
        found.update((kind, bytes(digest)) for digest in connection.execute(query).scalars())
    return found


def numbers(connection: Connection, keys: Sequence[Key]) -> list[int]:
    """The leads that are kept under any of these keys."""
    query = select(table.c.lead).where(tuple_(table.c.kind, table.c.hash).in_(list(keys))).distinct()
    return sorted(connection.execute(query).scalars())
