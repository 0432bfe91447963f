"""Erasing people everywhere, and keeping that they must not come back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select

from leadlight.data import handles
from leadlight.store import (
    audit,
    bulk,
    data_subject,
    handle_keys,
    rights_file,
    rights_log,
    saved_views,
    upkeep,
)
from leadlight.store.data_subject import Person
from leadlight.store.handle_keys import HandleKey
from leadlight.store.rights_file import RightsLine, Standing
from leadlight.store.store import Store
from leadlight.store.tables import (
    current,
    dead_letters,
    idempotency,
    inputs,
    leads,
    models,
    scores,
    suppressions,
    tombstones,
)


@dataclass(frozen=True)
class Erased:
    """What was erased, the models that may have learnt from it, and whether its bytes left the files."""

    leads: int
    letters: int
    answers: int
    models: tuple[str, ...]
    clean: bool = True

    @property
    def counts(self) -> dict[str, int]:
        return {"leads": self.leads, "letters": self.letters, "answers": self.answers}


def forget(store: Store, person: Person, who: str, at: float, *, clean: bool = True) -> Erased:
    """Erase a person for good; noted in the second file before the database changes."""
    with store.writing() as connection:
        person = data_subject.refreshed(store, connection, person)
        rights_log.append(store, connection, rights_file.FORGOTTEN, person.keys, at)
        learnt = _learnt(connection, person)
        add_tombstones(connection, person.keys, at)
        erase(connection, person.numbers)
        letters, answers = _mentions(store, connection, person.keys)
        erased = Erased(len(person.leads), letters, answers, learnt)
        audit.append(store, connection, who, "forget", person.subject, erased.counts, at)
    return Erased(**erased.counts, models=learnt, clean=clean and upkeep.scrub(store))


def add_tombstones(connection: Connection, keys: Sequence[HandleKey], at: float) -> None:
    """Keep that these people were forgotten; that they objected before is told by nothing else any more."""
    known = handle_keys.keys_present(connection, tombstones, keys)
    rows = [{"kind": kind, "hash": digest, "at": at} for kind, digest in keys if (kind, digest) not in known]
    if rows:
        connection.execute(insert(tombstones), rows)


def erase(connection: Connection, numbers: Sequence[int]) -> None:
    """Take leads away with all that hangs on them."""
    for column in (scores.c.lead, current.c.lead, inputs.c.lead, leads.c.number):
        connection.execute(delete(column.table).where(bulk.among(connection, column, numbers)))


def _learnt(connection: Connection, person: Person) -> tuple[str, ...]:
    """Every kept model: none holds a row of anyone or says whose it learnt from, also before they came in."""
    if not person.leads:
        return ()
    return tuple(connection.execute(select(models.c.name).order_by(models.c.number)).scalars())


def _mentions(store: Store, connection: Connection, keys: Sequence[HandleKey]) -> tuple[int, int]:
    """Erase what came in wrong, was answered or saved as a view, where it mentions one of these people."""
    barred = set(keys)
    letters = [n for n, text in _texts(connection, dead_letters, "number") if mentions(store, text, barred)]
    answers = [key for key, text in _texts(connection, idempotency, "key") if mentions(store, text, barred)]
    for table, column, found in (
        (dead_letters, dead_letters.c.number, letters),
        (idempotency, idempotency.c.key, answers),
    ):
        connection.execute(delete(table).where(bulk.among(connection, column, found)))
    for view in saved_views.every(connection):
        if mentions(store, view.texts, barred):
            saved_views.remove(connection, view.number)
    return len(letters), len(answers)


def mentions(store: Store, text: str, barred: set[HandleKey]) -> bool:
    """Whether a text names somebody who is kept under one of these keys."""
    return not barred.isdisjoint(handle_keys.lookup_keys(store, handles.mentioned(text)))


def _texts(connection: Connection, table: Table, key: str) -> Iterator[tuple[Any, str]]:
    query = select(table.c[key], table.c.body)
    for row in connection.execute(query).all():
        yield row[0], body_as_text(bytes(row[1]))


def body_as_text(body: bytes) -> str:
    """A body as text; the strings of JSON as they are meant, however they were escaped."""
    text = body.decode("utf-8", "replace")
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return text
    return "\n".join(_strings(found))


def _strings(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield from (str(name), *_strings(value))
    elif isinstance(found, list):
        for value in found:
            yield from _strings(value)
    elif found is not None:
        yield str(found)


@dataclass(frozen=True)
class Applied:
    """What acts that were kept elsewhere have changed here."""

    erased: Erased
    held: int


def apply_rights(store: Store, connection: Connection, lines: Sequence[RightsLine], at: float) -> Applied:
    """Make true here what stands, by these acts and those that are kept here."""
    rights_log.add_missing(connection, lines)
    asked = Standing.of(rights_log.all_lines(connection))
    _remove_marks(connection, asked.allowed)
    add_tombstones(connection, list(asked.forgotten), at)
    objected = asked.objected.values()
    for reason in sorted({line.reason for line in objected}):
        data_subject.add_suppressions(
            connection, [line.key for line in objected if line.reason == reason], reason, at
        )
    gone = _marked_leads(connection, tombstones)
    erase(connection, gone)
    every = [
        (kind, bytes(digest))
        for kind, digest in connection.execute(select(tombstones.c.kind, tombstones.c.hash))
    ]
    letters, answers = _mentions(store, connection, every) if every else (0, 0)
    barred = _marked_leads(connection, suppressions)
    data_subject.stop_scoring(connection, barred)
    return Applied(Erased(len(gone), letters, answers, ()), len(barred))


def _remove_marks(connection: Connection, allowed: Collection[HandleKey]) -> None:
    """Take away the marks of who was allowed again; leads that none is left for may be scored."""
    barred = _marked_leads(connection, suppressions)
    for kept_in in (suppressions, tombstones):
        handle_keys.remove_keys(connection, kept_in, allowed)
    data_subject.resume_scoring(connection, sorted({*barred} - {*_marked_leads(connection, suppressions)}))


def _marked_leads(connection: Connection, kept_in: Table) -> list[int]:
    """The leads whose keys stand in a table of kinds and hashes."""
    return sorted(set(connection.execute(handle_keys.leads_with_keys_in(kept_in)).scalars()))
