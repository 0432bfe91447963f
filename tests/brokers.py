"""One broker of Kafka for all the tests of a session, whichever of its processes they run in."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tools import kafka

PARTITIONS = 4


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker; in continuous integration it has to be a real one."""
    if not kafka.is_possible():
        if os.environ.get("CI"):
            pytest.fail("Java or Maven is not installed")
        yield from mock()
        return
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder
    yield from shared_broker(shared / "broker")


def mock() -> Iterator[str]:
    """The broker that the client itself brings: enough to send and to read, and no more."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": "nowhere:1", "test.mock.num.brokers": 1, "log_level": 0})
    yield str(next(iter(producer.list_topics(timeout=10).brokers.values()))).partition("/")[0]


def shared_broker(folder: Path) -> Iterator[str]:
    """The first who asks starts it, the last who leaves stops it, by its own process id."""
    folder.mkdir(exist_ok=True)
    with locked(folder):
        state = read(folder)
        if state is None:
            started = kafka.Broker(folder)
            started.format()
            started.start()
            assert started.process is not None
            state = {"address": started.address, "process": started.process.pid, "users": 0}
        write(folder, state | {"users": state["users"] + 1})
    yield state["address"]
    with locked(folder):
        state = read(folder)
        assert state is not None
        write(folder, state | {"users": state["users"] - 1})
        if state["users"] == 1:
            end(state["process"])
            (folder / "state.json").unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read(folder: Path) -> Any:
    path = folder / "state.json"
    return json.loads(path.read_text()) if path.exists() else None


def write(folder: Path, state: Any) -> None:
    (folder / "state.json").write_text(json.dumps(state))


def end(process: int) -> None:
    """Stop a broker that perhaps another process of this session started."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
        for _ in range(100):
            with suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
            os.kill(process, 0)
            time.sleep(0.1)
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def real_broker(broker: str) -> str:
    """One that can do more than send and read: delete messages and topics, and tell a topic's own id."""
    if not kafka.is_possible():
        pytest.skip("this needs a real broker: install Java and Maven")
    return broker


@pytest.fixture
def topics(broker: str) -> Callable[..., list[str]]:
    """Makes fresh topics, each with a name of its own."""

    def make(*names: str, partitions: int = PARTITIONS, **settings: str) -> list[str]:
        return make_topics(broker, names, partitions, settings)

    return make


def make_topics(address: str, names: Sequence[str], partitions: int, settings: dict[str, str]) -> list[str]:
    from confluent_kafka.admin import AdminClient, NewTopic

    mark = uuid.uuid4().hex[:8]
    made = [f"{name}-{mark}" for name in names]
    client = AdminClient({"bootstrap.servers": address, "allow.auto.create.topics": True})
    if not kafka.is_possible():
        assert all(client.list_topics(name, timeout=10).topics for name in made)
        return made
    asked = [NewTopic(name, partitions, 1, config=settings) for name in made]
    for waiting in client.create_topics(asked).values():
        waiting.result(30)
    return made
