"""A server killed while it writes has kept what it acknowledged, once; one asked to end fails nobody."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import pytest

from leadlight.flows.promote import promote_bundle, roll_back_model
from leadlight.store import leads
from tests.model.trained import bundle
from tests.serve.homes import Made, Process, home, started
from tests.serve.running import HOST
from tests.serve.running import leads as sample

KILLS = 100
SENDERS = 4


class Sender(threading.Thread):
    """Writes leads one after the other, and asks again with the same key when no answer came."""

    def __init__(self, made: Made, number: int) -> None:
        super().__init__(daemon=True)
        self.headers = made.headers("write")
        self.number = number
        self.port = 0
        self.sent = 0
        self.acknowledged: dict[str, int] = {}
        self.over = threading.Event()
        self.errors: list[str] = []

    def run(self) -> None:
        while not self.over.is_set():
            identity = f"{self.number}-{self.sent}"
            self.sent += 1
            self.once(identity, str(uuid4()))

    def once(self, identity: str, key: str) -> None:
        body = {"leads": [{"id": identity, "Visits": self.sent}]}
        while not self.over.is_set():
            try:
                answer = httpx.post(
                    f"{HOST}:{self.port}/v1/leads",
                    json=body,
                    headers=self.headers | {"Idempotency-Key": key},
                    timeout=20,
                )
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code == 200:
                self.acknowledged[identity] = answer.json()["new"]
                return
            self.errors.append(answer.text)
            return


@pytest.mark.long
def test_killed_at_any_moment_nothing_acknowledged_is_lost(
    tmp_path: Path, count: Callable[[int], int]
) -> None:
    made = home(tmp_path / "home")
    senders = [Sender(made, number) for number in range(SENDERS)]
    chance = Random(7)
    for sender in senders:
        sender.over.clear()
    begun = False
    for _ in range(count(KILLS)):
        with started(made) as server:
            for sender in senders:
                sender.port = server.port
                if not begun:
                    sender.start()
            begun = True
            time.sleep(chance.uniform(0.05, 0.8))
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(10)
    with started(made) as server:
        for sender in senders:
            sender.port = server.port
        time.sleep(1.0)
        for sender in senders:
            sender.over.set()
        for sender in senders:
            sender.join(30)
    assert not [error for sender in senders for error in sender.errors]
    acknowledged = {identity: new for sender in senders for identity, new in sender.acknowledged.items()}
    assert len(acknowledged) > SENDERS
    with made.store.reading() as connection:
        kept = [lead for page in leads.pages(connection) for lead in page]
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    ids = [lead.id for lead in kept]
    assert set(acknowledged) <= set(ids)
    assert len(ids) == len(set(ids))
    assert set(acknowledged.values()) == {1}, "a write was done twice"
    assert all(lead.version == 1 for lead in kept)
    made.store.close()


@pytest.mark.long
def test_18_flips_under_load_mix_nothing_and_fail_nobody(tmp_path: Path, count: Callable[[int], int]) -> None:
    made = home(tmp_path / "home")
    asked = {"leads": sample(3), "reasons": 3}
    with started(made) as server:
        loads = [Load(made, server, asked) for _ in range(3)]
        for load in loads:
            load.start()
        for _ in range(max(2, count(50) // 2)):
            promote_bundle(made.store, bundle("logistic"), time.time(), "test")
            served(server, bundle("logistic").name)
            roll_back_model(made.store, time.time(), "test")
            served(server, bundle().name)
        for load in loads:
            load.over.set()
            load.join(30)
    assert not [error for load in loads for error in load.errors]
    answers = {name: texts for load in loads for name, texts in load.answers.items()}
    assert set(answers) == {bundle().name, bundle("logistic").name}
    for load in loads:
        assert all(len(texts) == 1 for texts in load.answers.values())
    made.store.close()


def served(server: Process, name: str) -> None:
    """Wait until a model is in service; it has two seconds, twice that here."""
    until = time.monotonic() + 4.0
    while server.client.get("/readyz").json()["model"] != name:
        assert time.monotonic() < until, "the model was not swapped in time"
        time.sleep(0.02)


class Load(threading.Thread):
    """The same request again and again; what each model answered."""

    def __init__(self, made: Made, server: Process, asked: object) -> None:
        super().__init__(daemon=True)
        self.headers, self.asked, self.port = made.headers("score"), asked, server.port
        self.over = threading.Event()
        self.answers: dict[str, set[str]] = {}
        self.errors: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=f"{HOST}:{self.port}", headers=self.headers, timeout=30) as client:
            while not self.over.is_set():
                self.once(client)

    def once(self, client: httpx.Client) -> None:
        try:
            answer = client.post("/v1/score", json=self.asked)
        except httpx.TransportError as problem:
            if not self.over.is_set():
                self.errors.append(repr(problem))
            return
        if answer.status_code != 200:
            self.errors.append(answer.text)
            return
        self.answers.setdefault(answer.json()["model"], set()).add(answer.text)


@pytest.mark.long
def test_27_a_signal_lets_what_was_sent_be_answered(tmp_path: Path) -> None:
    made = home(tmp_path / "home")
    asked = {"leads": sample(50), "reasons": 3}
    with started(made) as server:
        loads = [Load(made, server, asked) for _ in range(3)]
        for load in loads:
            load.start()
        time.sleep(1.0)
        start = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        for load in loads:
            load.over.set()
        server.process.wait(20)
        assert time.monotonic() - start < 10
        for load in loads:
            load.join(30)
    assert not [error for load in loads for error in load.errors if "Connect" not in error]
    made.store.close()
