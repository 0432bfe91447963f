"""The one writer: many at once, each for itself, told when it is durable."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, insert, select

from leadlight.errors import InputError, StoreError
from leadlight.store import Store
from leadlight.store.tables import spend
from leadlight.store.writer import GroupWriter


@pytest.fixture
def writer(store: Store) -> Iterator[GroupWriter]:
    made = GroupWriter(store)
    yield made
    made.close()


def adding(name: str) -> Any:
    def work(connection: Connection) -> str:
        row = {"channel": name, "day": "2026-01-01", "amount": 1.0, "currency": ""}
        connection.execute(insert(spend), row)
        return name

    return work


def kept(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(spend)).scalar_one())


def test_all_that_is_acknowledged_is_there(store: Store, writer: GroupWriter) -> None:
    futures = [writer.submit(adding(f"c{k}")) for k in range(300)]
    assert [future.result(30) for future in futures] == [f"c{k}" for k in range(300)]
    assert kept(store) == 300


def test_one_that_is_refused_takes_nothing_with_it(store: Store, writer: GroupWriter) -> None:
    def refuse(connection: Connection) -> None:
        adding("half")(connection)
        raise InputError("No.", code="no")

    futures = [writer.submit(work) for work in (adding("a"), refuse, adding("a"), adding("b"))]
    assert futures[0].result(30) == "a"
    with pytest.raises(InputError):
        futures[1].result(30)
    with pytest.raises(StoreError):
        futures[2].result(30)
    assert futures[3].result(30) == "b"
    assert kept(store) == 2


def breaking(connection: Connection) -> None:
    """Something that the database answers by undoing everything: a full disk, a connection that ends."""
    if connection.dialect.name == "sqlite":
        adding("x" * 1_000_000)(connection)
    else:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


def narrow(connection: Any, _: Any) -> None:
    """Room for a few pages more and no other."""
    raw = connection.raw
    raw.execute(f"PRAGMA max_page_count={raw.execute('PRAGMA page_count').get + 20}")


@pytest.mark.parametrize("others", [1, 0])
def test_what_the_database_undoes_is_acknowledged_to_nobody(store: Store, others: int) -> None:
    """Where one work takes the whole transaction with it, all of them are told, the ones before too."""
    if store.home.is_sqlite:
        store.engine.dispose()
        event.listen(store.engine, "connect", narrow)
    writer, gate, began = GroupWriter(store), threading.Event(), threading.Event()
    first = writer.submit(lambda connection: (began.set(), gate.wait(30)))
    assert began.wait(30)
    works = [adding("before"), breaking, *[adding("after")] * others]
    futures = [writer.submit(work) for work in works]
    gate.set()
    first.result(30)
    problems = [future.exception(30) for future in futures]
    assert all(isinstance(problem, StoreError) for problem in problems)
    assert len({problem.code for problem in problems if isinstance(problem, StoreError)}) == 1
    assert kept(store) == 0
    assert writer.submit(adding("before")).result(30) == "before"
    writer.close()
    assert kept(store) == 1


def test_what_waits_is_written_together(store: Store, writer: GroupWriter) -> None:
    """While one transaction is under way, others gather for the next."""
    gate, began = threading.Event(), threading.Event()
    transactions = []

    def hold(connection: Connection) -> None:
        began.set()
        gate.wait(30)

    def note(connection: Connection) -> None:
        transactions.append(id(connection.get_transaction()))

    first = writer.submit(hold)
    assert began.wait(30)
    futures = [writer.submit(note) for _ in range(50)]
    gate.set()
    first.result(30)
    for future in futures:
        future.result(30)
    assert len(set(transactions)) == 1


def test_a_queue_that_is_full_says_so(store: Store, writer: GroupWriter) -> None:
    gate = threading.Event()
    futures = [writer.submit(lambda connection: gate.wait(30))]

    def ask_for_more() -> None:
        for _ in range(5_000):
            futures.append(writer.submit(lambda connection: None))

    with pytest.raises(StoreError, match="More is waiting"):
        ask_for_more()
    gate.set()
    for future in futures:
        future.result(30)


def test_nothing_is_lost_at_the_end(store: Store) -> None:
    writer = GroupWriter(store)
    futures = [writer.submit(adding(f"d{k}")) for k in range(20)]
    writer.close()
    assert all(future.done() for future in futures)
    assert kept(store) == 20
