"""What leads do, as messages of a stream: it counts in the score of its lead at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from leadlight.data.event_features import DAY
from leadlight.data.frame import seconds_of
from leadlight.flows.promote import promote_bundle
from leadlight.flows.stream import StreamBatch, StreamScorer, TakenBatch, take_batch
from leadlight.flows.stream_messages import StreamMessage
from leadlight.ready import Model
from leadlight.store import Home, Store, create_store
from leadlight.store.stream import MessagePlace
from leadlight.store.tables import current, leads, scores
from tests.serve.test_events import bundle, end, lead_of, made, open_leads

WRITTEN = "%Y-%m-%dT%H:%M:%SZ"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = create_store(Home.of(tmp_path / "home", tmp_path / "home"))
    promote_bundle(found, bundle(), time.time(), "test")
    yield found
    found.close()


def message(number: int, body: Any, *, is_event: bool = False) -> StreamMessage:
    place = MessagePlace("events" if is_event else "leads", 0, number)
    return StreamMessage(place, b"", json.dumps(body, default=str).encode(), is_event, 0.0)


def events() -> list[dict[str, Any]]:
    """What the open leads did, as a web site tells it."""
    mine = open_leads()["Lead ID"].to_list()
    rows = made().events.to_dicts()
    return [
        {
            "id": row["lead"],
            "name": row["type"],
            "at": f"{row['time']:%Y-%m-%dT%H:%M:%SZ}",
            "key": f"k{place}",
        }
        for place, row in enumerate(rows)
        if row["lead"] in mine
    ]


def taken(store: Store, messages: Sequence[StreamMessage]) -> TakenBatch:
    return take_batch(store, StreamScorer.in_service(store), StreamBatch(messages, ()), ends())


def ends() -> float:
    return seconds_of(made().ends)


def told(found: TakenBatch) -> dict[str, float]:
    bodies = [json.loads(each.body) for each in found.outgoing]
    return {each["id"]: each["probability"] for each in bodies}


def test_an_event_scores_its_lead_again_as_a_file_would(store: Store) -> None:
    """With the event of the same transaction; said again it changes nothing and sends nothing."""
    rows = [lead_of(row) for row in open_leads().to_dicts()]
    model, sent = Model(bundle()), events()
    first = taken(store, [message(place, row) for place, row in enumerate(rows)])
    silent = model.score(open_leads(), events=made().events.head(0), at=end())
    assert told(first) == dict(silent.select("Lead ID", "probability").iter_rows())
    after = taken(store, [message(place, each, is_event=True) for place, each in enumerate(sent)])
    scored = model.score(open_leads(), events=made().events, at=end())
    expected = dict(scored.select("Lead ID", "probability").iter_rows())
    active = {each["id"] for each in sent}
    assert told(after) == {lead: expected[lead] for lead in active}
    assert len(after.outgoing) == len(active) == after.counts["scored"]
    assert told(after) != {lead: told(first)[lead] for lead in active}
    with store.reading() as connection:
        stale = select(leads.c.id, current.c.lead).where(
            current.c.lead == leads.c.number, current.c.version != leads.c.version
        )
        assert connection.execute(stale).all() == []
        count = len(connection.execute(select(scores.c.number)).all())
    again = taken(store, [message(place, each, is_event=True) for place, each in enumerate(sent)])
    assert (again.counts["events"], again.counts["events_again"], again.outgoing) == (0, len(sent), [])
    with store.reading() as connection:
        assert len(connection.execute(select(scores.c.number)).all()) == count


def test_events_that_waited_count_when_their_lead_comes(store: Store) -> None:
    """The first score of the lead knows what it did before it came."""
    row = lead_of(open_leads().row(0, named=True))
    mine = [each for each in events() if each["id"] == row["Lead ID"]]
    assert mine
    waiting = taken(store, [message(place, each, is_event=True) for place, each in enumerate(mine)])
    assert waiting.counts["events_waiting"] == len(mine)
    found = taken(store, [message(0, row)])
    scored = Model(bundle()).score(open_leads(), events=made().events, at=end())
    assert told(found) == dict(scored.head(1).select("Lead ID", "probability").iter_rows())


def test_an_event_says_when_it_came_to_be_known(store: Store) -> None:
    """What is known later counts later; a moment that cannot be read makes a letter."""
    row = lead_of(open_leads().row(0, named=True))
    before = told(taken(store, [message(0, row)]))
    known = time.strftime(WRITTEN, time.gmtime(ends() + DAY))
    late = {"id": row["Lead ID"], "name": "Demo video", "at": end(), "known_at": known}
    assert told(taken(store, [message(0, late, is_event=True)])) == before
    odd = taken(store, [message(1, {**late, "known_at": "soon"}, is_event=True)])
    assert (odd.counts["letters"], odd.counts["events"]) == (1, 0)
