"""Leads by the e-mail addresses that they are known by."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, select

from leadlight.data import handles
from leadlight.store import bulk, handle_keys
from leadlight.store.store import Store
from leadlight.store.tables import handles as table
from leadlight.store.tables import leads


def ids_of_addresses(store: Store, connection: Connection, addresses: Iterable[str]) -> dict[str, list[str]]:
    """The ids of the leads behind each address; those without a lead are not among them."""
    keys: dict[bytes, list[str]] = {}
    for address in addresses:
        for kind, digest in handle_keys.lookup_keys(store, handles.in_cell("email", address)):
            if kind == "email":
                keys.setdefault(digest, []).append(address)
    found: dict[str, dict[str, None]] = {}
    those = (table.c.kind == "email") & bulk.among(connection, table.c.hash, list(keys))
    query = select(table.c.hash, leads.c.id).join(leads, leads.c.number == table.c.lead).where(those)
    for digest, identity in connection.execute(query.order_by(leads.c.number)):
        for address in keys[bytes(digest)]:
            found.setdefault(address, {})[identity] = None
    return {address: list(ids) for address, ids in found.items()}
