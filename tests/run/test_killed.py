"""Workers that are killed at any moment, and brokers that go away: the home is what it has to be, exactly."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from confluent_kafka import Producer

from leadlight.api import Model
from leadlight.store import upkeep
from tests.brokers import make_topics
from tests.run import streams
from tests.run.killed_worker import POINTS
from tests.run.streams import Stream
from tools import kafka

ROOT = Path(__file__).resolve().parents[2]
WORKERS = ("1", "2")
ID = "Lead ID"


@dataclass
class Worker:
    """A process, and what it has said."""

    process: subprocess.Popen[str]
    begun: float
    lines: list[dict[str, Any]] = field(default_factory=list)

    def has_taken(self) -> bool:
        """Whether it has taken in anything yet; reads what it said since."""
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            self.lines.append(json.loads(line))
        return any(line["event"] == "taken" for line in self.lines)


def start(stream: Stream, member: str, point: str | None = None, turn: int = 1) -> Worker:
    plan = {**vars(stream.plan), "member": member}
    told = {"folder": str(stream.store.home.folder), "plan": plan, "point": point, "turn": turn}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.run.killed_worker", json.dumps(told)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    return Worker(process, time.monotonic())


@dataclass
class Sent:
    """What was sent, and what has to come of it."""

    leads: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    events: set[str] = field(default_factory=set)
    messages: int = 0
    poison: int = 0


class Sender:
    """Sends leads that change, events, repeats and poison, always the same ones for a seed."""

    def __init__(self, stream: Stream, messages: int) -> None:
        self.stream, self.sent = stream, Sent()
        self.dice = random.Random(5)
        self.leads = streams.leads(max(20, messages // 20))
        settings = {"bootstrap.servers": stream.plan.brokers, "enable.idempotence": True, "log_level": 0}
        self.producer = Producer(settings)

    def send(self, count: int) -> None:
        for _ in range(count):
            chance = self.dice.random()
            if chance < 0.005:
                self._poison()
            elif chance < 0.1:
                self._event()
            else:
                self._lead(times=2 if chance > 0.99 else 1)
        self.producer.poll(0)

    def _put(self, topic: str, key: str, raw: bytes) -> None:
        self.sent.messages += 1
        streams.produce(self.producer, topic, key, raw)

    def _lead(self, times: int) -> None:
        lead = {**self.dice.choice(self.leads), "Visits": self.dice.randrange(30)}
        for _ in range(times):
            self.sent.leads[lead[ID]].append(lead)
            self._put(self.stream.plan.leads, lead[ID], json.dumps(lead).encode())

    def _event(self) -> None:
        """Some of them twice, and some before their lead."""
        key, lead = f"event-{len(self.sent.events)}", self.dice.choice(self.leads)[ID]
        self.sent.events.add(key)
        raw = {"id": lead, "name": "visit", "at": "2026-03-31T09:00Z", "key": key}
        for _ in range(2 if self.dice.random() < 0.1 else 1):
            self._put(str(self.stream.plan.events), lead, json.dumps(raw).encode())

    def _poison(self) -> None:
        self.sent.poison += 1
        raw = self.dice.choice([b"{", b"[]", b'{"Visits": 3}', b'{"Lead ID": "a", "id": "b"}'])
        self._put(self.stream.plan.leads, "", raw)


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[kafka.Broker]:
    """One that this test may kill."""
    if not kafka.is_possible():
        if os.environ.get("CI"):
            pytest.fail("Java or Maven is not installed")
        pytest.skip("a broker that can be killed needs Java and Maven")
    (tmp_path / "kafka").mkdir()
    with kafka.running(tmp_path / "kafka") as broker:
        yield broker


@dataclass
class Turmoil:
    """Two workers that are killed again and again, a third that comes and goes, a broker that restarts."""

    stream: Stream
    broker: kafka.Broker
    dice: random.Random = field(default_factory=lambda: random.Random(9))
    workers: dict[str, Worker] = field(default_factory=dict)
    first_scores: list[float] = field(default_factory=list)

    def kill(self, number: int) -> None:
        """One more death: by its own hand at a named point, or from outside at any moment."""
        member = self.dice.choice(WORKERS)
        if number % 2:
            point = list(POINTS)[number // 2 % len(POINTS)]
            self.replace(member, point, self.dice.randrange(1, 4))
            self._wait(member, lambda worker: worker.process.poll() is not None, 15)
        else:
            self._wait(member, Worker.has_taken, 15)
            time.sleep(self.dice.random() * 0.3)
        self.end(member, signal.SIGKILL)
        self.replace(member)

    def replace(self, member: str, point: str | None = None, turn: int = 1) -> None:
        self.end(member, signal.SIGKILL)
        self.workers[member] = start(self.stream, member, point, turn)

    def end(self, member: str, sign: int) -> None:
        worker = self.workers.pop(member, None)
        if worker is not None:
            worker.process.send_signal(sign)
            worker.process.wait(60)
            assert worker.process.stdout is not None
            worker.process.stdout.close()

    def _wait(self, member: str, is_so: Callable[[Worker], bool], seconds: float) -> None:
        worker, until = self.workers[member], time.monotonic() + seconds
        while time.monotonic() < until:
            if is_so(worker):
                if worker.has_taken():
                    self.first_scores.append(time.monotonic() - worker.begun)
                return
            time.sleep(0.02)

    def rebalance(self) -> None:
        """Another worker joins the group and leaves it again."""
        self.replace("3")
        self._wait("3", lambda worker: any(worker.lines) or worker.has_taken(), 15)
        self.end("3", signal.SIGTERM)

    def restart_broker(self) -> None:
        self.broker.kill()
        self.broker.start()

    def settle(self) -> None:
        """Let both finish, in their own order."""
        for member in WORKERS:
            if member not in self.workers or self.workers[member].process.poll() is not None:
                self.replace(member)
        until = time.monotonic() + 300
        while not is_through(self.stream):
            assert time.monotonic() < until, self.stream.rows("stream_positions")
            assert all(worker.process.poll() is None for worker in self.workers.values())
            time.sleep(0.2)
        for member in list(self.workers):
            self.end(member, signal.SIGTERM)


def is_through(stream: Stream) -> bool:
    """Whether every message was taken in and everything sent."""
    ends = {place: end for place, end in streams.ends(stream).items() if end}
    there = {(row["topic"], row["partition"]): row["next"] for row in stream.rows("stream_positions")}
    return there.items() >= ends.items() and not stream.rows("outbox")


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_store_is_exact_whoever_dies_when(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    own_broker: kafka.Broker,
    count: Callable[[int], int],
    kind: str,
    record_property: Callable[[str, object], None],
) -> None:
    messages, kills = (count(100_000), count(200)) if kind == "postgresql" else (count(20_000), count(40))
    rebalances, restarts = max(1, min(5, kills // 8)), max(1, min(2, kills // 10))
    names = make_topics(own_broker.address, streams.NAMES, 4, {})
    address = request.getfixturevalue("database")() if kind == "postgresql" else None
    stream = streams.made(tmp_path / "home", own_broker.address, names, database=address)
    turmoil, sender = Turmoil(stream, own_broker), Sender(stream, messages)
    for member in WORKERS:
        turmoil.replace(member)
    for number in range(kills):
        sender.send(messages // kills)
        turmoil.kill(number)
        if number % (kills // rebalances) == kills // rebalances - 1:
            turmoil.rebalance()
        if number % (kills // restarts) == kills // restarts // 2:
            turmoil.restart_broker()
    assert sender.producer.flush(120) == 0
    turmoil.settle()
    check(stream, sender.sent)
    record_property("messages", sender.sent.messages)
    record_property("kills", kills)
    waited = turmoil.first_scores or [0.0]
    record_property("seconds from a restart to the first scores, median", round(median(waited), 2))
    record_property("seconds from a restart to the first scores, longest", round(max(waited), 2))


def check(stream: Stream, sent: Sent) -> None:
    check_leads(stream, sent)
    check_others(stream, sent)
    check_outcome_topic(stream, sent)
    assert all(found.passed for found in upkeep.checks(stream.store))


def check_leads(stream: Stream, sent: Sent) -> None:
    """Each lead as its last message told it, each change scored once; events may ask for another score."""
    kept = {row["id"]: row for row in stream.rows("leads")}
    scores = defaultdict(list)
    for row in stream.rows("scores"):
        scores[row["lead"]].append(row["probability"])
    happened = Counter(row["lead"] for row in stream.rows("events"))
    model = Model(streams.serving())
    assert kept.keys() == sent.leads.keys()
    for identity, told in sent.leads.items():
        assert json.loads(kept[identity]["fields"]) == told[-1]
        changes = [one for one, before in zip(told, [None, *told], strict=False) if one != before]
        asked_again = kept[identity]["version"] - len(changes)
        assert 0 <= asked_again <= happened[kept[identity]["number"]]
        said = [model.score_one(lead).probability for lead in changes]
        assert distinct(scores[kept[identity]["number"]]) == distinct(said)


def distinct(values: list[float]) -> list[float]:
    """Without those that are as the one before."""
    return [one for one, before in zip(values, [None, *values], strict=False) if one != before]


def check_others(stream: Stream, sent: Sent) -> None:
    events = Counter(row["key"] for row in stream.rows("events"))
    waiting = [json.loads(row["body"]) for row in stream.rows("dead_letters") if row["waits_for"]]
    assert {*events, *(each["key"] for each in waiting)} == sent.events
    assert all(each["id"] not in sent.leads for each in waiting)
    assert set(events.values()) <= {1}
    letters = Counter(row["place"] for row in stream.rows("dead_letters") if not row["waits_for"])
    assert len(letters) == letters.total() == sent.poison


def check_outcome_topic(stream: Stream, sent: Sent) -> None:
    """At least once: each message with a lead has its score, and a repeat says what was said before."""
    found: dict[bytes, set[bytes]] = defaultdict(set)
    for message in stream.read(stream.plan.scores):
        found[dict(message.headers())["idempotency-key"]].add(message.value())
    assert {len(said) for said in found.values()} == {1}
    asked = Counter(json.loads(next(iter(said)))["id"] for said in found.values())
    assert asked == Counter({identity: len(told) for identity, told in sent.leads.items()})
    letters = {dict(each.headers())["place"] for each in stream.read(str(stream.plan.letters))}
    assert len(letters) == sent.poison
