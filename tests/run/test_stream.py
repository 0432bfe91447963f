"""Leads and events in, scores out: what a stream keeps, what it sends, and when it stops."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from leadlight.api import Model
from leadlight.data.handles import in_cell
from leadlight.errors import ConfigError, StreamError
from leadlight.flows.promote import promote_bundle
from leadlight.run.stream_plan import StreamPlan, read_properties
from leadlight.store import data_subject, erasure, intake, upkeep
from tests.model.trained import bundle
from tests.run.conftest import Make
from tests.run.streams import Stream, leads, serving

ID = "Lead ID"


def headers(message: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in message.headers() or ()}


def test_every_lead_is_kept_scored_and_told_once(make: Make) -> None:
    stream = make()
    sent = leads(300)
    stream.send_leads(sent)
    stream.run()
    told = {each["id"]: each for each in stream.scores()}
    expected = Model(serving()).score(sent, reasons=3)
    assert {each[ID]: told[each[ID]]["probability"] for each in sent} == dict(
        zip(expected[ID].to_list(), expected["probability"].to_list(), strict=True)
    )
    assert len(stream.scores()) == len(stream.rows("leads")) == len(stream.rows("scores")) == 300
    assert stream.rows("outbox") == []
    assert all(found.passed for found in upkeep.checks(stream.store))


def test_a_second_run_goes_on_where_the_first_one_ended(make: Make) -> None:
    stream = make()
    stream.send_leads(leads(40))
    stream.run()
    stream.run()
    stream.send_leads(leads(40, 40))
    stream.run()
    assert len(stream.scores()) == len(stream.rows("leads")) == 80
    assert sum(row["next"] for row in stream.rows("stream_positions")) == 80


def test_of_one_lead_the_last_word_counts_and_each_word_is_scored(make: Make) -> None:
    stream = make()
    (lead,) = leads(1)
    visits = [0, 1, 9, 2, 30, 0, 12]
    stream.send_leads({**lead, "Visits": each} for each in visits)
    stream.run()
    (row,) = stream.rows("leads")
    assert json.loads(row["fields"])["Visits"] == 12
    assert row["version"] == len(visits)
    one = Model(serving())
    said = [each["probability"] for each in stream.scores()]
    assert said == [one.score_one({**lead, "Visits": each}).probability for each in visits]
    assert [each["message"].rsplit("/", 1)[1] for each in stream.scores()] == list("0123456")


POISON = {
    "empty": None,
    "malformed": b"{",
    "shape": b'{"Lead ID": "a", "Visits": [1]}',
    "lead_id": b'{"Lead ID": " ", "Visits": 1}',
    "two_ids": b'{"Lead ID": "a", "id": "b"}',
    "doubled_name": b'{"Lead ID": "a", "Visits": 1, "Visits" : 2}',
    "integer_too_large": b'{"Lead ID": "a", "Visits": 18446744073709551616}',
    "text": b'{"Lead ID": "a", "Country": "\\u0000"}',
}


def test_what_cannot_be_used_is_kept_and_sent_on_with_the_reason(make: Make) -> None:
    stream = make(partitions=1)
    good = leads(5)
    stream.send_leads(good[:2])
    stream.send(stream.plan.leads, [("", raw) for raw in POISON.values()])
    stream.send_leads(good[2:])
    stream.run()
    assert len(stream.scores()) == 5
    kept = {row["reason"]: row for row in stream.rows("dead_letters")}
    assert kept.keys() == POISON.keys()
    sent = {headers(each)["reason"]: each for each in stream.read(stream.plan.letters)}
    for reason, raw in POISON.items():
        assert kept[reason]["body"] == (raw or b"")
        assert (sent[reason].value() or b"") == (raw or b"")
        assert headers(sent[reason])["place"] == kept[reason]["place"]


def test_a_lead_that_the_store_refuses_takes_nothing_of_the_others_with_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = make(partitions=1)
    monkeypatch.setattr("leadlight.store.columns.MAX_COLUMNS", 30)
    good, wide = leads(6), {ID: "wide", **{f"column {n}": n for n in range(40)}}
    stream.send_leads([*good[:3], wide, *good[3:]])
    stream.run()
    assert [row["reason"] for row in stream.rows("dead_letters")] == ["too_many_columns"]
    assert {each["id"] for each in stream.scores()} == {each[ID] for each in good}


def test_events_are_kept_once_and_wait_for_their_lead(make: Make) -> None:
    stream = make()
    first, second = leads(2)
    event = {"name": "visit", "at": "2026-03-31T09:00Z"}
    told = [{"id": first[ID], **event, "key": "a"}, {"id": second[ID], **event}, {"id": second[ID], **event}]
    stream.send_leads([first])
    stream.send(stream.plan.events, [(each["id"], each) for each in [*told, told[0]]])
    stream.run()
    assert [row["key"] for row in stream.rows("events")] == ["a"]
    assert [row["reason"] for row in stream.rows("dead_letters")] == ["unknown_lead"] * 2
    stream.send_leads([second])
    stream.run()
    assert Counter(row["lead"] for row in stream.rows("events")) == {1: 1, 2: 2}
    assert stream.rows("dead_letters") == []


def test_who_objected_is_kept_and_not_scored_and_who_was_forgotten_stays_out(make: Make) -> None:
    stream = make()
    told = leads(3)
    with stream.store.writing() as connection:
        ids = [each[ID] for each in told]
        intake.upsert(stream.store, connection, ids, [{} for _ in ids], "crm", 1.0)
    objecting, gone, other = ids
    data_subject.suppress(stream.store, person(stream, objecting), "test", "objected", 2.0)
    erasure.forget(stream.store, person(stream, gone), "test", 2.0)
    stream.send_leads(told)
    event = {"name": "visit", "at": "2026-03-31T09:00Z"}
    stream.send(stream.plan.events, [(each, {"id": each, **event}) for each in ids])
    stream.send(stream.plan.leads, [("", f'{{"Lead ID": "{gone}", "x": ['.encode())])
    stream.run()
    assert [each["id"] for each in stream.scores()] == [other]
    assert {row["id"] for row in stream.rows("leads")} == {objecting, other}
    assert [row["body"] for row in stream.rows("dead_letters")] == [b""]


def person(stream: Stream, identity: str) -> data_subject.Person:
    with stream.store.reading() as connection:
        return data_subject.find(stream.store, connection, in_cell("id", identity))


@pytest.mark.long
def test_a_model_that_is_put_in_service_scores_from_then_on(make: Make) -> None:
    stream = make()
    worker = stream.worker()
    running = threading.Thread(target=worker.run)
    running.start()
    first, second = leads(40), leads(40, 40)
    stream.send_leads(first)
    wait(lambda: len(stream.rows("leads")) == 40)
    name = promote_bundle(stream.store, bundle("logistic"), time.time(), "test")
    stream.send_leads(second)
    wait(lambda: len(stream.rows("leads")) == 80)
    worker.stop()
    running.join(30)
    by_model = Counter(each["model"] for each in stream.scores())
    assert by_model == {serving().name: 40, name: 40}


def wait(is_so: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_messages_that_are_gone_unread_stop_it_with_the_reason(make: Make, real_broker: str) -> None:
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import AdminClient

    stream = make(partitions=1)
    stream.send_leads(leads(10))
    stream.run()
    stream.send_leads(leads(10, 10))
    client = AdminClient({"bootstrap.servers": stream.plan.brokers})
    for waiting in client.delete_records([TopicPartition(stream.plan.leads, 0, 15)]).values():
        waiting.result(30)
    with pytest.raises(StreamError) as found:
        stream.run()
    assert found.value.code == "gap"
    assert found.value.message.startswith("5 messages are gone")
    stream.run(accepts_loss=True)
    assert len(stream.rows("leads")) == 15
    stream.send_leads(leads(5, 20))
    stream.run()
    assert len(stream.rows("leads")) == 20


@pytest.mark.long
def test_a_topic_that_was_made_anew_stops_it_with_the_reason(make: Make, real_broker: str) -> None:
    stream = make(partitions=1)
    stream.send_leads(leads(5))
    stream.run()
    make_anew(stream, stream.plan.leads)
    stream.send_leads(leads(9, 20))
    with pytest.raises(StreamError) as found:
        stream.run()
    assert found.value.code == "recreated"
    stream.run(accepts_loss=True)
    assert len(stream.rows("leads")) == 14


def make_anew(stream: Stream, topic: str) -> None:
    from confluent_kafka.admin import AdminClient, NewTopic

    client = AdminClient({"bootstrap.servers": stream.plan.brokers})
    client.delete_topics([topic])[topic].result(30)
    wait(lambda: topic not in client.list_topics(timeout=10).topics)
    wait(lambda: client.create_topics([NewTopic(topic, 1, 1)])[topic].exception(30) is None)


def test_topics_that_are_not_there_are_refused(make: Make) -> None:
    stream = make()
    with pytest.raises(ConfigError) as found:
        stream.run(scores="nowhere")
    assert found.value.code == "no_topic"


def test_two_topics_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError):
        StreamPlan("127.0.0.1:1", "leads", "leads")


def test_settings_of_the_client_are_read_and_those_that_we_rely_on_refused(tmp_path: Any) -> None:
    path = tmp_path / "client.properties"
    path.write_text("# login\nsecurity.protocol = SASL_SSL\nsasl.password=a=b\n")
    assert read_properties(path) == {"security.protocol": "SASL_SSL", "sasl.password": "a=b"}
    path.write_text("enable.auto.commit=true\n")
    with pytest.raises(ConfigError) as found:
        read_properties(path)
    assert found.value.where == f"{path}:1"
