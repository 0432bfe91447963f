"""A stream with all that belongs to it: a home with a model in service, topics, and who sends and reads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from leadlight.flows.promote import promote_bundle
from leadlight.model.bundle import Bundle
from leadlight.run.kafka import StreamWorker
from leadlight.run.stream_plan import StreamPlan
from leadlight.store import Home, Store, create_store
from leadlight.store.tables import metadata
from tests.model.trained import bundle, sample

NAMES = ("leads", "scores", "events", "letters")


@dataclass
class Stream:
    """A home and its topics."""

    store: Store
    plan: StreamPlan
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def worker(self, **other: Any) -> StreamWorker:
        plan = StreamPlan(**{**vars(self.plan), **other})
        return StreamWorker(self.store, plan, lambda event, **more: self.seen.append((event, more)))

    def run(self, **other: Any) -> None:
        """Take in what is there."""
        self.worker(is_once=True, **other).run()

    def send(self, topic: str, messages: Iterable[tuple[str, Any]]) -> None:
        """Send key and value; what is not bytes goes as JSON."""
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": self.plan.brokers, "linger.ms": 2})
        for key, value in messages:
            raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
            produce(producer, topic, key, raw)
        assert producer.flush(60) == 0

    def send_leads(self, leads: Iterable[dict[str, Any]]) -> None:
        self.send(self.plan.leads, [(lead["Lead ID"], lead) for lead in leads])

    def read(self, topic: str) -> list[Any]:
        """Every message of a topic so far."""
        return read_all(self.plan.brokers, topic)

    def scores(self) -> list[dict[str, Any]]:
        return [json.loads(each.value()) for each in self.read(self.plan.scores)]

    def rows(self, table: str) -> list[Any]:
        found = metadata.tables[table]
        with self.store.reading() as connection:
            return list(connection.execute(select(found).order_by(*found.primary_key.columns)).mappings())


def produce(producer: Any, topic: str, key: str, raw: bytes | None) -> None:
    while True:
        try:
            producer.produce(topic, raw, key.encode())
        except BufferError:
            producer.poll(0.1)
        else:
            return


def ends(stream: Stream) -> dict[tuple[str, int], int]:
    """Where each partition of what comes in ends."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": stream.plan.brokers, "group.id": "reader"})
    found = {}
    for topic in stream.plan.inputs:
        for number in consumer.list_topics(topic, timeout=20).topics[topic].partitions:
            place = TopicPartition(topic, number)
            found[topic, number] = consumer.get_watermark_offsets(place, timeout=20)[1]
    consumer.close()
    return found


def read_all(address: str, topic: str) -> list[Any]:
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False})
    partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
    left = 0
    for number in partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=20)
        left += high - low
    consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
    found: list[Any] = []
    until = time.monotonic() + 60
    while len(found) < left and time.monotonic() < until:
        found += [each for each in consumer.consume(1_000, 0.5) if each.error() is None]
    consumer.close()
    return found


def leads(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Leads as a CRM sends them."""
    rows = sample().leads.drop("Converted").slice(start, count).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def made(
    folder: Path,
    address: str,
    names: Sequence[str],
    *,
    database: str | None = None,
    model: Bundle | None = None,
    **plan: Any,
) -> Stream:
    """A home with a model in service, and the plan of a stream on these topics."""
    home = Home.of(folder, folder)
    store = create_store(home, database)
    promote_bundle(store, model or serving(), time.time(), "test")
    lead, score, event, letter = names
    told = {"leads": lead, "scores": score, "events": event, "letters": letter, **plan}
    return Stream(store, StreamPlan(address, group=f"g-{lead}", **told))


def serving() -> Bundle:
    return bundle("glassbox")
