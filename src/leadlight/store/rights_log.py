"""Every act on people's rights in order, as the database keeps them: beside the file, and for every machine.

Where several machines write to one database each has a file of its own; the last act on a key counts,
wherever it was asked for. Times only climb, so that no machine's clock puts an act before an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, nextafter
from typing import Final

from sqlalchemy import Connection, Table, func, inspect, select

from leadlight.store import bulk, rights_file
from leadlight.store.handle_keys import HandleKey
from leadlight.store.rights_file import RightsLine, Standing
from leadlight.store.store import Store
from leadlight.store.tables import rights as table
from leadlight.store.tables import suppressions, tombstones

SIGNED: Final = "signed"
"""No act on anybody: the row that says until when the file has lines without a mark."""
COLUMNS: Final = ("act", "kind", "hash", "at", "reason")


def append(
    store: Store, connection: Connection, act: str, keys: Iterable[HandleKey], at: float, reason: str = ""
) -> None:
    """Keep an act in the file and then here, after all that came before it."""
    last = connection.execute(select(func.max(table.c.at))).scalar()
    moment = at if last is None else max(at, nextafter(last, inf))
    _insert(connection, rights_file.append(store.home, act, keys, moment, reason))


def add_missing(connection: Connection, lines: Iterable[RightsLine]) -> None:
    """Keep acts that were noted elsewhere and are not here yet."""
    here = set(all_lines(connection))
    _insert(connection, [line for line in dict.fromkeys(lines) if line not in here])


def all_lines(connection: Connection) -> list[RightsLine]:
    """All acts that the database knows of; one of before the log tells what its marks tell."""
    if not inspect(connection).has_table(table.name):
        return [*_marks(connection, tombstones), *_marks(connection, suppressions)]
    acts = select(*(table.c[name] for name in COLUMNS)).where(table.c.act != SIGNED)
    query = acts.order_by(table.c.number)
    rows = connection.execute(query)
    return [RightsLine(act, kind, bytes(digest).hex(), at, reason) for act, kind, digest, at, reason in rows]


def standing(store: Store, connection: Connection) -> Standing:
    """What stands by the file and the database together."""
    return Standing.of([*noted(store, connection), *all_lines(connection)])


def noted(store: Store, connection: Connection) -> list[RightsLine]:
    """What the file says, where all of it was written by this home."""
    return rights_file.read_lines(store.home, _signed_since(connection))


def begin_signing(store: Store, connection: Connection) -> None:
    """From now on a line without a mark counts only if it is of before."""
    if _signed_since(connection) is None:
        lines = [*rights_file.read_unsigned(store.home), *all_lines(connection)]
        last = max((line.at for line in lines), default=0.0)
        bulk.insert(connection, table, COLUMNS, [(SIGNED, "", b"", last, "")])


def _signed_since(connection: Connection) -> float | None:
    if not inspect(connection).has_table(table.name):
        return None
    return connection.execute(select(func.min(table.c.at)).where(table.c.act == SIGNED)).scalar()


def unmet_keys(connection: Connection, asked: Standing) -> set[HandleKey]:
    """The keys of which the marks of the database say something else."""
    gone, barred = ({line.key for line in _marks(connection, each)} for each in (tombstones, suppressions))
    lacking = (asked.forgotten.keys() - gone) | (asked.objected.keys() - barred)
    return lacking | (asked.allowed & (gone | barred))


def _marks(connection: Connection, kept_in: Table) -> list[RightsLine]:
    is_erased = kept_in is tombstones
    act = rights_file.FORGOTTEN if is_erased else rights_file.OBJECTED
    return [
        RightsLine(act, row.kind, bytes(row.hash).hex(), row.at, "" if is_erased else row.reason)
        for row in connection.execute(select(kept_in))
    ]


def _insert(connection: Connection, lines: Iterable[RightsLine]) -> None:
    rows = [(line.act, *line.key, line.at, line.reason) for line in lines]
    bulk.insert(connection, table, COLUMNS, rows)
