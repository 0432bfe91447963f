"""Leads of people who are easy to tell apart, and the short way to the store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from leadlight.data.handles import Handle, in_cell
from leadlight.store import Store, data_subject, intake, leads, records
from leadlight.store.data_subject import Person
from leadlight.store.intake import Taken
from leadlight.store.tables import dead_letters, idempotency, metadata

WHO = "test"


def take(store: Store, told: dict[str, dict[str, Any]], at: float = 1.0) -> Taken:
    with store.writing() as connection:
        return intake.upsert(store, connection, list(told), list(told.values()), "crm.csv", at)


def asked(**named: str) -> list[Handle]:
    """What somebody is looked for by, such as email="..." or id="..."."""
    return [found for kind, value in named.items() for found in in_cell(kind, value)]


def who(store: Store, **named: str) -> Person:
    with store.reading() as connection:
        return data_subject.find(store, connection, asked(**named))


def ids(found: Iterable[leads.StoredLead]) -> list[str]:
    return [lead.id for lead in found]


def canary(number: int) -> dict[str, str]:
    """Values of one person that stand nowhere else."""
    return {
        "Email": f"canary{number:05d}@example.com",
        "Phone": f"+358 40 77{number:05d}",
        "Name": f"Zoë Canarybird{number:05d}",
    }


def happen(store: Store, identity: str, person: dict[str, str]) -> None:
    """Everything that may be kept of a lead besides its values."""
    name = person["Name"]
    with store.writing() as connection:
        event = {"id": identity, "name": "visit", "at": 2.0, "properties": {"who": name}, "key": f"e-{name}"}
        records.add_events(connection, [event])
        call = {"id": identity, "channel": "phone", "at": 2.0, "who": "Ann", "result": f"{name} is out"}
        records.add_contacts(connection, [{**call, "key": f"c-{name}"}])
        records.add_outcomes(connection, [{"id": identity, "outcome": f"won by {name}", "at": 3.0}], "crm")
        letter = {"source": "crm", "place": "line 3", "reason": "bad", "at": 2.0}
        body = f'{{"mail": "{person["Email"].upper()}", "name": "{name}"}}'.encode()
        connection.execute(insert(dead_letters), {**letter, "body": body})
        other = b'{"mail": "somebody.else@example.com"}'
        connection.execute(insert(dead_letters), {**letter, "body": other})
        answer = {"key": name.encode(), "request": b"r", "status": 200, "at": 2.0}
        body = f'{{"id": "{identity}", "name": "{name}"}}'.encode()
        connection.execute(insert(idempotency), {**answer, "key": b"k" + name[-5:].encode(), "body": body})


def contents(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, to be compared."""
    found = {}
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(table.select().order_by(*table.primary_key.columns)).all()
            found[table.name] = [tuple(row) for row in rows]
    return found


def bytes_of(store: Store) -> bytes:
    """All that lies in the home's folder, the journals too."""
    return b"".join(path.read_bytes() for path in files_of(store.home.folder))


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
