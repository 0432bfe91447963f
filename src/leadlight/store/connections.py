"""Connections to other systems: how far each was read, and what became of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from leadlight.store import bulk
from leadlight.store.connection_tables import cursors, sync_runs

KEPT_RUNS: Final = 1_000


@dataclass(frozen=True)
class SyncRun:
    """One run of a connection; a run without an end is under way, or was cut off."""

    connection: str
    began: float
    ended: float | None
    counts: Mapping[str, int]
    problem: str
    step: str
    """What to do about the problem."""


def cursor(connection: Connection, name: str, part: str) -> str | None:
    """Where the reading of a part goes on."""
    here = (cursors.c.connection == name) & (cursors.c.part == part)
    return connection.execute(select(cursors.c.cursor).where(here)).scalar()


def put_cursor(connection: Connection, name: str, part: str, place: str, at: float) -> None:
    bulk.upsert(connection, cursors, ("connection", "part", "cursor", "at"), [(name, part, place, at)])


def forget_cursors(connection: Connection, name: str) -> None:
    """Read everything of a connection again at its next run."""
    connection.execute(delete(cursors).where(cursors.c.connection == name))


def begin_run(connection: Connection, name: str, at: float) -> int:
    """Note that a run began; the oldest runs make room."""
    row = {"connection": name, "began": at, "counts": "{}", "problem": "", "step": ""}
    number = int(connection.execute(insert(sync_runs).values(row).returning(sync_runs.c.number)).scalar_one())
    connection.execute(delete(sync_runs).where(sync_runs.c.number <= number - KEPT_RUNS))
    return number


def end_run(
    connection: Connection,
    number: int,
    at: float,
    counts: Mapping[str, int],
    problem: str = "",
    step: str = "",
) -> None:
    said = msgspec.json.encode(dict(counts)).decode()
    change = update(sync_runs).where(sync_runs.c.number == number)
    connection.execute(change.values(ended=at, counts=said, problem=problem, step=step))


def latest_runs(connection: Connection) -> list[SyncRun]:
    """The last run of every connection, by name."""
    last = select(func.max(sync_runs.c.number)).group_by(sync_runs.c.connection)
    query = select(sync_runs).where(sync_runs.c.number.in_(last)).order_by(sync_runs.c.connection)
    return [_run(dict(row)) for row in connection.execute(query).mappings()]


def runs(connection: Connection, name: str, limit: int = 20) -> list[SyncRun]:
    """The runs of a connection, the last first."""
    here = select(sync_runs).where(sync_runs.c.connection == name)
    query = here.order_by(sync_runs.c.number.desc()).limit(limit)
    return [_run(dict(row)) for row in connection.execute(query).mappings()]


def _run(row: dict[str, Any]) -> SyncRun:
    del row["number"]
    return SyncRun(**{**row, "counts": msgspec.json.decode(row["counts"])})
