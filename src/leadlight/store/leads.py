"""The leads as they came: one JSON object each, merged when a lead comes again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import polars as pl
from msgspec.structs import astuple
from sqlalchemy import Connection, Select, func, select, update

from leadlight.data import frame
from leadlight.store import bulk
from leadlight.store.tables import leads

PAGE: Final = 2_000


@dataclass(frozen=True)
class StoredLead:
    """One lead of the store."""

    number: int
    id: str
    fields: Mapping[str, Any]
    version: int
    source: str = ""
    created: float = 0.0
    changed: float = 0.0
    suppressed: bool = False


def encoded(fields: Mapping[str, Any]) -> str:
    return msgspec.json.encode(fields).decode()


def find(connection: Connection, identity: str) -> StoredLead | None:
    """The lead with this id."""
    return next(rows_of(connection, stored_leads().where(leads.c.id == identity)), None)


def known_ids(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of these ids that are of leads."""
    query = select(leads.c.id).where(bulk.among(connection, leads.c.id, list(dict.fromkeys(ids))))
    return set(connection.execute(query).scalars())


def by_numbers(connection: Connection, numbers: Sequence[int]) -> list[StoredLead]:
    """The leads with these numbers, in their order."""
    wanted = bulk.among(connection, leads.c.number, numbers)
    return list(rows_of(connection, stored_leads().where(wanted).order_by(leads.c.number)))


def fields_by_id(connection: Connection, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What the leads with these ids say."""
    wanted = bulk.among(connection, leads.c.id, ids)
    return {lead.id: lead.fields for lead in rows_of(connection, stored_leads().where(wanted))}


def pages(
    connection: Connection, size: int = PAGE, *, source: str | None = None
) -> Iterator[list[StoredLead]]:
    """All leads, or those of one source, in the order in which they came."""
    query = stored_leads() if source is None else stored_leads().where(leads.c.source == source)
    query, after = query.order_by(leads.c.number).limit(size), 0
    while page := list(rows_of(connection, query.where(leads.c.number > after))):
        yield page
        after = page[-1].number


def ask_for_scores(connection: Connection, numbers: Sequence[int]) -> None:
    """Let these leads be scored again: what the model looks at has changed, though not what they say."""
    known = bulk.among(connection, leads.c.number, numbers)
    connection.execute(update(leads).where(known).values(version=leads.c.version + 1))


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(leads)).scalar_one())


def table(columns: Mapping[str, Sequence[Any]], ids: Sequence[str], identity: str) -> pl.DataFrame:
    """These columns of leads as a raw frame, with the ids in the column that the model knows."""
    read = {name: frame.column(name, values) for name, values in columns.items() if name != identity}
    return pl.DataFrame({identity: pl.Series(ids, dtype=pl.String), **read})


def whole_table(rows: Sequence[Mapping[str, Any]], ids: Sequence[str], identity: str) -> pl.DataFrame:
    """All columns in which any of these leads says something."""
    names = dict.fromkeys(name for fields in rows for name in fields)
    return table({name: [fields.get(name) for fields in rows] for name in names}, ids, identity)


def stored_leads() -> Select[Any]:
    names = ("number", "id", "fields", "version", "source", "created", "changed", "suppressed")
    return select(*(leads.c[name] for name in names))


decode = msgspec.json.Decoder(dict[str, Any]).decode


class Columns:
    """Some columns of leads out of the texts that these are kept as; what a lead does not say is missing."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self.row = _picker(self.names)

    def of(self, texts: Sequence[str]) -> dict[str, Sequence[Any]]:
        return dict(zip(self.names, zip(*map(self.row, texts), strict=True), strict=bool(texts)))


_ESCAPED: Final = re.compile(r'[\x00-\x1f"\\]')


def _picker(names: tuple[str, ...]) -> Callable[[str], tuple[Any, ...]]:
    """What reads only these values of a lead; names that JSON escapes take the longer way."""
    if any(map(_ESCAPED.search, names)):
        return lambda text: tuple(map(decode(text).get, names))
    places = [f"c{place}" for place in range(len(names))]
    fields = [(place, Any, None) for place in places]
    shape = msgspec.defstruct("Lead", fields, rename=dict(zip(places, names, strict=True)), gc=False)
    read = msgspec.json.Decoder(shape).decode
    return lambda text: astuple(read(text))


def rows_of(connection: Connection, query: Select[Any]) -> Iterator[StoredLead]:
    for number, identity, fields, *rest in connection.execute(query).all():
        yield StoredLead(number, identity, decode(fields), *rest)
