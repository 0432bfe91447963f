"""A stream end to end: leads through Kafka into the home, scored, and the scores back in Kafka.

A real broker, `leadlight stream` as a whole process, and a sender share the cores. First a full topic is
taken in as fast as it goes; then leads come at a steady rate, and it is measured how long each takes from
being sent to being stored and scored.

python -m benchmarks.bench_stream [--rows 50000] [--rate 500] [--seconds 20]
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from statistics import quantiles
from typing import Any, Final

from benchmarks.bench_score import LEADLIGHT
from benchmarks.bench_store import leads
from benchmarks.measure import WORK, Figure, process, skip
from benchmarks.reporting import report
from leadlight.connect import files
from leadlight.store import Home, Store, open_store, stream
from tools import kafka, postgresql

ROWS: Final = 50_000
RATE: Final = 500
SECONDS: Final = 20
PARTITIONS: Final = 4
AT_LEAST: Final = 5_000
AT_MOST: Final = 250
WARM: Final = 2_000


@dataclass(frozen=True)
class Feed:
    """A home, its topics, and the leads as they are sent."""

    store: Store
    broker: str
    topics: Sequence[str]
    leads: Sequence[tuple[bytes, bytes]]

    def words(self) -> list[str | Path]:
        lead, score = self.topics
        home = ("--home", self.store.home.folder, "--group", lead)
        return [LEADLIGHT, "stream", *home, "--brokers", self.broker, "--leads", lead, "--scores", score]

    def taken(self) -> int:
        with self.store.reading() as connection:
            return sum(each.next for each in stream.positions(connection).values())


def sent(count: int) -> list[tuple[bytes, bytes]]:
    """Key and value of leads as a CRM would send them."""
    raw = files.read(leads(count)).frame.head(count)
    name = raw.columns[0]
    rows = [{key: value for key, value in row.items() if value is not None} for row in raw.to_dicts()]
    return [(str(row[name]).encode(), json.dumps(row).encode()) for row in rows]


def fill(feed: Feed, messages: Sequence[tuple[bytes, bytes]]) -> None:
    """Send as fast as it goes."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": feed.broker, "linger.ms": 20})
    for key, value in messages:
        while True:
            try:
                producer.produce(feed.topics[0], value, key)
            except BufferError:
                producer.poll(0.05)
            else:
                break
    producer.flush(120)


@contextmanager
def streaming(feed: Feed) -> Iterator[subprocess.Popen[bytes]]:
    """`leadlight stream` as people start it."""
    with (WORK / "stream.log").open("wb") as log:
        running = subprocess.Popen(list(map(str, feed.words())), stdout=log, stderr=log)
    try:
        yield running
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


@dataclass(frozen=True)
class Pace:
    """Leads a second on the clock, and for each second of the worker's own processor time."""

    wall: float
    processor: float


def drained(feed: Feed, warm: int) -> Pace:
    """How fast a topic that is full already is taken in, from the first leads on."""
    fill(feed, feed.leads)
    with streaming(feed) as running:
        wait_for(feed, warm, running)
        begun, used, already = time.monotonic(), processor_seconds(running.pid), feed.taken()
        wait_for(feed, len(feed.leads), running)
        rows = len(feed.leads) - already
        wall, processor = time.monotonic() - begun, processor_seconds(running.pid) - used
    return Pace(rows / wall, rows / processor)


def wait_for(feed: Feed, count: int, running: subprocess.Popen[bytes]) -> None:
    while feed.taken() < count:
        if running.poll() is not None:
            raise SystemExit(f"the stream ended: {(WORK / 'stream.log').read_text(encoding='utf-8')}")
        time.sleep(0.02)


def processor_seconds(number: int) -> float:
    """What a process has used so far."""
    words = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def latencies(feed: Feed, rate: int, seconds: int) -> list[float]:
    """Milliseconds from being sent to being stored, for leads that come at a steady rate."""
    from confluent_kafka import Producer

    before = feed.taken()
    producer = Producer({"bootstrap.servers": feed.broker, "linger.ms": 1})
    with streaming(feed) as running:
        steady(producer, feed, feed.leads[:rate], rate)
        wait_for(feed, before + rate, running)
        moments = steady(producer, feed, feed.leads[rate : rate * (seconds + 1)], rate)
        wait_for(feed, before + rate + len(moments), running)
    told = told_at(feed)
    return [1_000 * (told[identity] - at) for identity, at in moments.items()]


def told_at(feed: Feed) -> dict[bytes, float]:
    """When the last score of each lead was sent, which is after it was stored."""
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": feed.broker, "group.id": "told", "enable.auto.commit": False})
    places = [TopicPartition(feed.topics[1], number, 0) for number in range(PARTITIONS)]
    left = sum(consumer.get_watermark_offsets(place, timeout=30)[1] for place in places)
    consumer.assign(places)
    found: dict[bytes, float] = {}
    while left:
        for message in consumer.consume(5_000, 1.0):
            left -= 1
            found[message.key() or b""] = message.timestamp()[1] / 1_000
    consumer.close()
    return found


def steady(
    producer: Any, feed: Feed, messages: Sequence[tuple[bytes, bytes]], rate: int
) -> dict[bytes, float]:
    """Send at this rate; gives when each was sent."""
    moments, begun = {}, time.monotonic()
    for place, (key, value) in enumerate(messages):
        wait = begun + place / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        moments[key] = time.time()
        producer.produce(feed.topics[0], value, key)
        producer.poll(0)
    producer.flush(30)
    return moments


@contextmanager
def feeds(rows: int) -> Iterator[dict[str, Feed]]:
    """A feed on each database that is here."""
    model = WORK / "made.leadlight"
    process(LEADLIGHT, "train", leads(10_000), "--models", "glassbox", "-o", model, "--force")
    made = sent(rows)
    with tempfile.TemporaryDirectory(prefix="leadlight-bench-") as folder:
        for name in ("kafka", "server"):
            (Path(folder) / name).mkdir()
        with kafka.running(Path(folder) / "kafka") as broker:
            found = {"SQLite": feed(broker.address, "sqlite", None, model, made)}
            if postgresql.programs() is None:
                yield found
                return
            with postgresql.running(Path(folder) / "server", durable=True) as address:
                found["PostgreSQL"] = feed(broker.address, "postgresql", f"{address}/postgres", model, made)
                yield found


def feed(
    broker: str, name: str, database: str | None, model: Path, made: Sequence[tuple[bytes, bytes]]
) -> Feed:
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewTopic

    folder = WORK / f"stream-{name}"
    rmtree(folder, ignore_errors=True)
    process(LEADLIGHT, "init", "--home", folder, *(["--database", database] if database else []))
    process(LEADLIGHT, "promote", model, "--home", folder)
    topics = [f"leads-{name}", f"scores-{name}"]
    client = AdminClient({"bootstrap.servers": broker})
    for waiting in client.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in topics]).values():
        waiting.result(30)
    return Feed(open_store(Home.of(folder, folder)), broker, topics, made)


def figures(what: str, feed: Feed, rate: int, seconds: int) -> list[Figure]:
    pace = drained(feed, WARM)
    changed = [
        (key, json.dumps({**json.loads(value), "Visits": "77"}).encode())
        for key, value in feed.leads[: rate * (seconds + 1)]
    ]
    late = latencies(Feed(feed.store, feed.broker, feed.topics, changed), rate, seconds)
    middle, latest = quantiles(late, n=100)[49], quantiles(late, n=100)[94]
    return [
        Figure(
            f"{what}: leads taken in, scored and told",
            "leads/s",
            pace.wall,
            bar=AT_LEAST,
            lower_is_better=False,
            advisory=True,
        ),
        Figure(
            f"{what}: for each second of the worker's processor time",
            "leads",
            pace.processor,
            lower_is_better=False,
            advisory=True,
        ),
        Figure(f"{what}: sent to stored at {rate}/s, median", "ms", middle, advisory=True),
        Figure(f"{what}: sent to stored at {rate}/s, 95 of 100", "ms", latest, bar=AT_MOST, advisory=True),
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    asked = parser.parse_args()
    if not kafka.is_possible():
        skip("Java or Maven is not installed")
    WORK.mkdir(parents=True, exist_ok=True)
    with feeds(asked.rows) as found:
        told = [
            each for what, feed in found.items() for each in figures(what, feed, asked.rate, asked.seconds)
        ]
    is_full = (asked.rows, asked.rate, asked.seconds) == (ROWS, RATE, SECONDS)
    report("stream", told, keep=is_full)


if __name__ == "__main__":
    main()
