"""What goes wrong around a stream: a zombie, a database that goes away, a broker that takes nothing more."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from leadlight.errors import StoreError
from leadlight.flows.promote import promote_bundle
from leadlight.flows.stream import StreamBatch, StreamScorer, release_arrived, take_batch
from leadlight.flows.stream_messages import StreamMessage
from leadlight.store import Home, Store, create_store, intake, stream
from leadlight.store.stream import MessagePlace, Move, StreamPosition
from tests.run.conftest import Make
from tests.run.streams import leads, serving
from tests.run.test_stream import wait
from tests.store.people import contents

ID = "Lead ID"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    address = request.getfixturevalue("database")() if request.param == "postgresql" else None
    made = create_store(Home.of(tmp_path / "home", tmp_path), address)
    promote_bundle(made, serving(), 1.0, "test")
    return made


def batch(start: int, count: int, *, is_event: bool = False) -> StreamBatch:
    """Messages of one partition, and the step behind them."""
    topic = "events" if is_event else "leads"
    places = [MessagePlace(topic, 0, offset) for offset in range(start, start + count)]
    told = [
        {"id": lead[ID], "name": "visit", "at": "2026-03-31T09:00Z"} if is_event else lead
        for lead in leads(count, start)
    ]
    messages = [
        StreamMessage(place, b"", json.dumps(each).encode(), is_event, 5.0)
        for place, each in zip(places, told, strict=True)
    ]
    after = StreamPosition(topic, 0, "x", start + count, 1_000, 9.0)
    return StreamBatch(messages, [Move(start or None, after)])


def test_a_zombie_writes_nothing(store: Store) -> None:
    """One that was away while another took its partition over and went on."""
    scorer = StreamScorer.in_service(store)
    take_batch(store, scorer, batch(0, 5), 9.0)
    late = batch(5, 5)
    take_batch(store, scorer, batch(5, 3), 9.0)
    before = contents(store)
    for again in (late, batch(0, 5), batch(5, 3)):
        with pytest.raises(StoreError) as found:
            take_batch(store, scorer, again, 10.0)
        assert found.value.code == "overtaken"
    assert contents(store) == before


def test_an_event_waits_for_a_lead_that_comes_by_another_way(store: Store) -> None:
    scorer = StreamScorer.in_service(store)
    taken = take_batch(store, scorer, batch(0, 3, is_event=True), 9.0)
    assert taken.counts["events_waiting"] == 3
    assert release_arrived(store) == 0
    first, second, _ = leads(3)
    with store.writing() as connection:
        intake.upsert(store, connection, [first[ID], second[ID]], [{}, {}], "crm", 10.0)
    assert release_arrived(store) == 2
    with store.reading() as connection:
        found = stream.state(connection)
    assert (found.waiting, found.refused) == (1, 0)


@pytest.mark.long
def test_a_broker_that_takes_nothing_more_holds_the_stream_up_and_loses_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make()
    monkeypatch.setattr("leadlight.run.outbox.MOST_UNDER_WAY", 10)
    made.send_leads(leads(60))
    made.run(most=20)
    assert {each["id"] for each in made.scores()} == {lead[ID] for lead in leads(60)}
    assert len(made.rows("leads")) == len(made.rows("scores")) == 60


@pytest.mark.long
def test_a_database_that_drops_its_connections_costs_nothing(make: Make, database: Callable[[], str]) -> None:
    import psycopg

    address = database()
    made = make(database=address)
    worker = made.worker(most=10)
    running = threading.Thread(target=worker.run)
    running.start()
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    cut += " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with psycopg.connect(address, autocommit=True) as other:
        for start in range(0, 200, 20):
            made.send_leads(leads(20, start))
            time.sleep(0.05)
            other.execute(cut)
    wait(lambda: not running.is_alive() or len(made.rows("leads")) == 200)
    worker.stop()
    running.join(60)
    assert len(made.rows("leads")) == len(made.rows("scores")) == 200
    assert made.rows("dead_letters") == made.rows("outbox") == []
    assert {each["id"] for each in made.scores()} == {lead[ID] for lead in leads(200)}
