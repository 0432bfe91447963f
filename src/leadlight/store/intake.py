"""Leads on their way in: new ones, known ones with what they say anew, and nobody who was forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, bindparam, delete, select, update

from leadlight.data import cells, frame, handles
from leadlight.data.handles import Handle
from leadlight.errors import InputError
from leadlight.store import board, bulk, columns, data_subject, handle_keys, leads
from leadlight.store.connection_tables import departures
from leadlight.store.handle_keys import HandleKey
from leadlight.store.leads import StoredLead
from leadlight.store.store import Store
from leadlight.store.tables import current, suppressions, tombstones
from leadlight.store.tables import handles as handle_table
from leadlight.store.tables import leads as lead_table


@dataclass(frozen=True)
class Taken:
    """What became of the leads that came in."""

    new: int = 0
    changed: int = 0
    same: int = 0
    forgotten: int = 0
    suppressed: int = 0

    @property
    def rows(self) -> int:
        """All of them; who must not be contacted is among them."""
        return self.new + self.changed + self.same + self.forgotten

    def __add__(self, other: Taken) -> Taken:
        return Taken(**{name: getattr(self, name) + getattr(other, name) for name in vars(self)})


def upsert(
    store: Store,
    connection: Connection,
    ids: Sequence[str],
    records: Sequence[Mapping[str, Any]],
    source: str,
    at: float,
) -> Taken:
    """Take leads in, known ones with what they say anew; people who were forgotten stay out."""
    if len(set(ids)) < len(ids):
        raise InputError(
            "An id stands twice among these leads.", code="duplicate_ids", hint="Give each lead once."
        )
    keys = _keys(store, ids, records, barring=handle_keys.bars_anyone(connection))
    every = list(dict.fromkeys(key for known in keys for key in known.sought))
    gone = handle_keys.keys_present(connection, tombstones, every)
    barred = handle_keys.keys_present(connection, suppressions, every)
    staying = [row for row, known in enumerate(keys) if gone.isdisjoint(known.sought)]
    columns.admit(store, connection, [records[row] for row in staying])
    there = _present(connection, [ids[row] for row in staying])
    taken = _Work(store, connection, source, at, barred)
    for row in staying:
        taken.take(ids[row], records[row], there.get(ids[row]), keys[row])
    return taken.done(len(ids) - len(staying))


def upsert_frame(
    store: Store, connection: Connection, raw: pl.DataFrame, identity: str, source: str, at: float
) -> Taken:
    """Take a table of leads in whose ids are not blank."""
    ids = frame.as_text(raw[identity]).to_list()
    return upsert(store, connection, ids, records_of(raw), source, at)


def records_of(raw: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: numbers and flags stay what they are, all else becomes text one way."""
    plain = raw.select(map(_plain, raw))
    records = plain.to_dicts()
    for series in filter(frame.has_numbers, plain):
        for row in series.str.ends_with(cells.NUMBER).fill_null(False).arg_true():
            records[row][series.name] = cells.value_of(records[row][series.name])
    return records


def _plain(series: pl.Series) -> pl.Series:
    """A column as it is kept; what is no finite number is missing, as JSON has no word for it."""
    if series.dtype == pl.Float64:
        return series.set(~series.is_finite(), None)
    if series.dtype.is_integer() or series.dtype == pl.Boolean:
        return series
    return frame.texts(series)


@dataclass(frozen=True)
class _Known:
    """Who a lead is: as it was read, as it is kept, and under which keys it may be barred, if anyone is."""

    handles: list[Handle]
    kept: list[HandleKey]
    sought: list[HandleKey]


def _keys(
    store: Store, ids: Sequence[str], records: Sequence[Mapping[str, Any]], *, barring: bool
) -> list[_Known]:
    found = []
    for identity, record in zip(ids, records, strict=True):
        known = handles.of_lead(record, identity, handles.columns(record))
        sought = handle_keys.lookup_keys(store, known) if barring else []
        found.append(_Known(known, handle_keys.stored_keys(store, known), sought))
    return found


def _present(connection: Connection, ids: Sequence[str]) -> dict[str, StoredLead]:
    query = leads.stored_leads().where(bulk.among(connection, lead_table.c.id, ids))
    return {lead.id: lead for lead in leads.rows_of(connection, query)}


class _Work:
    """One batch on its way in: new rows and changed rows are gathered, then written together."""

    def __init__(
        self, store: Store, connection: Connection, source: str, at: float, barred: set[HandleKey]
    ) -> None:
        self.store, self.connection, self.source, self.at, self.barred = store, connection, source, at, barred
        self.new: list[tuple[Any, ...]] = []
        self.changed: list[dict[str, Any]] = []
        self.keys: dict[str, list[HandleKey]] = {}
        self.moved: list[int] = []
        self.held: list[int] = []
        self.shown: list[StoredLead] = []
        self.people: list[list[Handle]] = []
        self.objecting: list[str] = []
        self.same = self.suppressed = 0

    def take(
        self,
        identity: str,
        record: Mapping[str, Any],
        there: StoredLead | None,
        known: _Known,
    ) -> None:
        barred = not self.barred.isdisjoint(known.sought)
        self.suppressed += barred
        if there is None:
            fields = {name: value for name, value in record.items() if value is not None}
            self.new.append((identity, leads.encoded(fields), self.source, self.at, self.at, 1, barred))
            self.keys[identity] = known.kept
            if not barred:
                self.shown.append(StoredLead(0, identity, fields, 1, self.source, self.at, self.at))
                self.people.append(known.handles)
            return
        merged = _merged(there.fields, record)
        if merged == there.fields and barred <= there.suppressed:
            self.same += 1
            return
        self._change(there, merged, barred)

    def _change(self, there: StoredLead, merged: Mapping[str, Any], barred: bool) -> None:
        row = {
            "row": there.number,
            "fields": leads.encoded(merged),
            "changed": self.at,
            "version": there.version + 1,
        }
        self.changed.append(row | {"suppressed": barred or there.suppressed})
        old, new = (handle_keys.handles_of_lead(fields, there.id) for fields in (there.fields, merged))
        if barred:
            self.held.append(there.number)
        elif not there.suppressed:
            self.shown.append(replace(there, fields=merged, changed=self.at))
            self.people.append(new)
        kept = handle_keys.stored_keys(self.store, new)
        if handle_keys.stored_keys(self.store, old) != kept:
            self.moved.append(there.number)
            lost = handle_keys.stored_keys(self.store, [each for each in old if each not in new])
            self.keys[there.id] = [*kept, *handle_keys.former_keys(lost)]
            if there.suppressed:
                self.objecting.append(there.id)

    def done(self, forgotten: int) -> Taken:
        bulk.insert(self.connection, lead_table, _WRITTEN, self.new)
        if self.changed:
            self.connection.execute(_CHANGE, self.changed)
        if self.moved:
            moved = bulk.among(self.connection, handle_table.c.lead, self.moved)
            now = handle_table.c.kind.not_in(handle_keys.FORMER.values())
            self.connection.execute(delete(handle_table).where(moved, now))
        if self.held:
            held = bulk.among(self.connection, current.c.lead, self.held)
            self.connection.execute(delete(current).where(held))
            board.take_off(self.connection, self.held)
        numbers = self._numbers(list(self.keys))
        shown = [replace(each, number=each.number or numbers[each.id]) for each in self.shown]
        board.put(self.connection, shown, self.people)
        rows = [
            (*key, numbers[identity]) for identity, keys in self.keys.items() for key in dict.fromkeys(keys)
        ]
        write = bulk.insert_missing if self.moved else bulk.insert
        write(self.connection, handle_table, ("kind", "hash", "lead"), rows)
        if self.objecting:
            self.objecting = self._without_departed(self.objecting)
        if self.objecting:
            data_subject.extend_objection(self.store, self.connection, self.objecting, self.at)
        return Taken(len(self.new), len(self.changed), self.same, forgotten, self.suppressed)

    def _without_departed(self, ids: Sequence[str]) -> list[str]:
        """Who is not scored because they objected, and not because their system deleted them."""
        gone = select(departures.c.lead).scalar_subquery()
        known = bulk.among(self.connection, lead_table.c.id, ids)
        query = select(lead_table.c.id).where(known, lead_table.c.number.not_in(gone))
        return list(self.connection.execute(query).scalars())

    def _numbers(self, ids: Sequence[str]) -> dict[str, int]:
        known = bulk.among(self.connection, lead_table.c.id, ids)
        query = select(lead_table.c.id, lead_table.c.number).where(known)
        return {row.id: row.number for row in self.connection.execute(query)}


_WRITTEN: Final = ("id", "fields", "source", "created", "changed", "version", "suppressed")
_CHANGE: Final = (
    update(lead_table)
    .where(lead_table.c.number == bindparam("row"))
    .values(
        fields=bindparam("fields"),
        changed=bindparam("changed"),
        version=bindparam("version"),
        suppressed=bindparam("suppressed"),
    )
)


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What a lead says anew replaces the old; nothing said in a column clears it."""
    merged = {**old, **new}
    return {name: value for name, value in merged.items() if value is not None}
