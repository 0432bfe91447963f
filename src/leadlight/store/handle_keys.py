"""Who a lead is: keyed hashes of ids, e-mails and phones, and what must not come back or be scored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, delete, func, or_, select

from leadlight.data import handles
from leadlight.data.handles import Handle
from leadlight.store import bulk
from leadlight.store.store import Store
from leadlight.store.tables import handles as table
from leadlight.store.tables import suppressions, tombstones

HandleKey = tuple[str, bytes]

PHONES: Final = ("phone", "national")
FORMER: Final = {kind: f"former_{kind}" for kind in ("email", *PHONES)}
"""What a lead had before it changed is kept to find it by, and bars nobody: it may be another person's."""


def hashed_key(store: Store, found: Handle) -> HandleKey:
    """A handle as the store keeps it; a phone with and without its country hashes alike, to be compared."""
    kind = "phone" if found.kind == "national" else found.kind
    return found.kind, store.keyed(kind, found.text.encode("utf-8", "surrogatepass"))


def stored_keys(store: Store, found: Iterable[Handle]) -> list[HandleKey]:
    """The keys under which a lead with these handles is kept."""
    return [hashed_key(store, form) for each in found for form in handles.stored_forms(each)]


def lookup_keys(store: Store, found: Iterable[Handle]) -> list[HandleKey]:
    """The keys under which a person with these handles may be kept."""
    return [hashed_key(store, form) for each in found for form in handles.lookup_forms(each)]


def former_keys(keys: Iterable[HandleKey]) -> list[HandleKey]:
    """The keys under which a lead is kept that had these before."""
    return [(FORMER[kind], digest) for kind, digest in keys if kind in FORMER]


def earlier_emails(connection: Connection, numbers: Sequence[int]) -> set[HandleKey]:
    """The e-mail addresses that these leads had before."""
    query = select(table.c.hash).where(
        table.c.kind == FORMER["email"], bulk.among(connection, table.c.lead, numbers)
    )
    return {("email", bytes(digest)) for digest in connection.execute(query).scalars()}


def tell_of_one_person(left: ColumnElement[str], right: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether two kept keys whose hashes are equal tell of one person, seen from their kinds."""
    either = and_(left != right, left.in_(PHONES), right.in_(PHONES))
    return or_(and_(left == right, left != "national"), either)


def leads_with_keys_in(kept_in: Table) -> Select[Any]:
    """The leads whose keys stand in a table of kinds and hashes."""
    return select(table.c.lead).join(
        kept_in, (kept_in.c.hash == table.c.hash) & tell_of_one_person(table.c.kind, kept_in.c.kind)
    )


def handles_of_lead(lead: Mapping[str, Any], identity: str) -> list[Handle]:
    return handles.of_lead(lead, identity, handles.columns(lead))


def keys_of_lead(store: Store, lead: Mapping[str, Any], identity: str) -> list[HandleKey]:
    """The keys under which a lead is kept, each once."""
    return list(dict.fromkeys(stored_keys(store, handles_of_lead(lead, identity))))


def named_handles(lead: Mapping[str, Any], identity: str) -> list[Handle]:
    """Those of them that stand in a column of their name."""
    return handles.named(lead, identity, handles.columns(lead))


def keys_present(connection: Connection, kept_in: Table, keys: Iterable[HandleKey]) -> set[HandleKey]:
    """Those of the keys that stand in a table of kinds and hashes."""
    found: set[HandleKey] = set()
    for kind, wanted in _by_kind(keys).items():
        query = select(kept_in.c.hash).where(
            kept_in.c.kind == kind, bulk.among(connection, kept_in.c.hash, wanted)
        )
        found.update((kind, bytes(digest)) for digest in connection.execute(query).scalars())
    return found


def lead_numbers(connection: Connection, keys: Iterable[HandleKey]) -> list[int]:
    """The leads that are kept under any of these keys."""
    found: set[int] = set()
    for kind, wanted in _by_kind(keys).items():
        those = (table.c.kind == kind) & bulk.among(connection, table.c.hash, wanted)
        found.update(connection.execute(select(table.c.lead).where(those)).scalars())
    return sorted(found)


def remove_keys(connection: Connection, kept_in: Table, keys: Iterable[HandleKey]) -> None:
    """Take keys out of a table of kinds and hashes."""
    for kind, wanted in _by_kind(keys).items():
        those = (kept_in.c.kind == kind) & bulk.among(connection, kept_in.c.hash, wanted)
        connection.execute(delete(kept_in).where(those))


def _by_kind(keys: Iterable[HandleKey]) -> dict[str, list[bytes]]:
    hashes: dict[str, list[bytes]] = {}
    for kind, digest in keys:
        hashes.setdefault(kind, []).append(digest)
    return hashes


def bars_anyone(connection: Connection) -> bool:
    """Whether anybody objected or was forgotten."""
    each = (select(kept_in.c.kind).exists() for kept_in in (suppressions, tombstones))
    return bool(connection.execute(select(or_(*each))).scalar_one())


def all_barring_keys(connection: Connection) -> frozenset[HandleKey]:
    """Every key of somebody who objected or was forgotten."""
    found: set[HandleKey] = set()
    for kept_in in (suppressions, tombstones):
        rows = connection.execute(select(kept_in.c.kind, kept_in.c.hash))
        found.update((kind, bytes(digest)) for kind, digest in rows)
    return frozenset(found)


def barring_state(connection: Connection) -> tuple[Any, ...]:
    """What is other whenever `barring` may be."""
    counts = [
        select(func.count(), func.max(each.c.at)).select_from(each) for each in (suppressions, tombstones)
    ]
    return tuple(value for query in counts for value in connection.execute(query).one())


def are_barred(
    store: Store, connection: Connection, ids: Sequence[str], records: Sequence[Mapping[str, Any]]
) -> list[bool]:
    """For each of these leads, stored or not, whether it is of someone who objected or was forgotten."""
    keys = [
        lookup_keys(store, handles_of_lead(record, name)) for name, record in zip(ids, records, strict=True)
    ]
    every = list(dict.fromkeys(key for each in keys for key in each))
    those = keys_present(connection, suppressions, every) | keys_present(connection, tombstones, every)
    return [not those.isdisjoint(each) for each in keys]
