"""Leads that their own system deleted or merged.

A deleted lead is neither scored nor listed any more, and comes back with all that is known of it when its
system shows it again. That is no erasure: nothing is taken away, and nobody is kept from coming in again. A
lead that was merged into another gives it all that happened to it, and is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, delete, select, update

from leadlight.data.handles import of_id
from leadlight.store import audit, bulk, data_subject, erasure, handle_keys, leads
from leadlight.store.connection_tables import departures
from leadlight.store.leads import StoredLead
from leadlight.store.store import Store
from leadlight.store.tables import contacts, events, handles, outcomes, suppressions
from leadlight.store.tables import leads as lead_table
from leadlight.store.watch_tables import disputes

MOVED = (events, contacts, outcomes, disputes)


def numbers(connection: Connection) -> set[int]:
    """The leads that were deleted where they came from."""
    return {*connection.execute(select(departures.c.lead)).scalars()}


def since(connection: Connection, lead: int) -> float | None:
    """When it became known that a lead was deleted, if it was."""
    return connection.execute(select(departures.c.at).where(departures.c.lead == lead)).scalar()


def depart(connection: Connection, ids: Sequence[str], source: str, at: float) -> int:
    """Score and list those of these leads of a system no more; gives how many are new among them."""
    those = bulk.among(connection, lead_table.c.id, ids) & (lead_table.c.source == source)
    found = {*connection.execute(select(lead_table.c.number).where(those)).scalars()}
    fresh = sorted(found - numbers(connection)) if found else []
    bulk.insert_missing(connection, departures, ("lead", "at"), [(number, at) for number in fresh])
    if fresh:
        data_subject.stop_scoring(connection, fresh)
    return len(fresh)


def come_back(connection: Connection, ids: Sequence[str]) -> int:
    """Leads that are shown again may be scored, unless somebody objected; gives how many there were."""
    those = bulk.among(connection, lead_table.c.id, ids)
    query = select(departures.c.lead).join(lead_table, lead_table.c.number == departures.c.lead)
    found = sorted(connection.execute(query.where(those)).scalars())
    if found:
        connection.execute(delete(departures).where(bulk.among(connection, departures.c.lead, found)))
        data_subject.resume_scoring(connection, found)
    return len(found)


def merge(store: Store, connection: Connection, into: Mapping[str, str], source: str, at: float) -> int:
    """Make one lead of two: the first of each pair becomes the second; gives how many there were.

    Where the second is not here, the first stays, deleted.
    """
    merged, here = 0, leads.known_ids(connection, list(into))
    for old, new in ((old, new) for old, new in into.items() if old in here):
        one, other = leads.find(connection, old), leads.find(connection, new)
        if one is None or one.source != source or old == new:
            continue
        if other is None:
            merged += depart(connection, [old], source, at)
            continue
        _move(store, connection, one, other, at)
        subject = data_subject.subject_of(store, [of_id(new)])
        audit.append(store, connection, f"sync:{source}", "merge", subject, {"leads": 1}, at)
        merged += 1
    return merged


def _move(store: Store, connection: Connection, one: StoredLead, other: StoredLead, at: float) -> None:
    """What happened to one is the other's; an objection holds for both, and addresses lead to the other."""
    objected = handle_keys.leads_with_keys_in(suppressions)
    has_objected = connection.execute(objected.where(handles.c.lead == one.number)).first() is not None
    for table in MOVED:
        moved = update(table).where(table.c.lead == one.number).values(lead=other.number)
        connection.execute(moved)
    former = handle_keys.former_keys(handle_keys.keys_of_lead(store, one.fields, one.id))
    bulk.insert_missing(
        connection, handles, ("kind", "hash", "lead"), [(*key, other.number) for key in former]
    )
    if has_objected:
        data_subject.extend_objection(store, connection, [one.id, other.id], at)
    erasure.erase(connection, [one.number])
    leads.ask_for_scores(connection, [other.number])
