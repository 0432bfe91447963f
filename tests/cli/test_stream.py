"""`leadlight stream` as people call it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from leadlight.store import Home, create_store
from tests.cli.calls import PROGRAM, call
from tests.run.streams import NAMES, Stream, leads, made


def words(stream: Stream) -> list[str]:
    plan = stream.plan
    told = {"home": str(stream.store.home.folder), "brokers": plan.brokers, "leads": plan.leads}
    told |= {"scores": plan.scores, "events": plan.events or "", "dead-letters": plan.letters or ""}
    return ["stream", *(word for name, value in told.items() for word in (f"--{name}", value))]


def test_what_is_there_is_taken_in_once(
    tmp_path: Path, broker: str, topics: Callable[..., list[str]]
) -> None:
    stream = made(tmp_path / "home", broker, topics(*NAMES))
    stream.send_leads(leads(20))
    stream.send(stream.plan.leads, [("", b"{")])
    command = [PROGRAM, *words(stream), "--once", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert (told["messages"], told["new"], told["scored"], told["letters"]) == (21, 20, 20, 1)
    lines = [json.loads(line) for line in answer.stderr.splitlines()]
    assert [line["count"] for line in lines if line["event"] == "taken"] == [21]
    assert not any(each["Name"] in answer.stderr for each in leads(20))


def test_a_signal_ends_it_in_its_own_order(
    tmp_path: Path, broker: str, topics: Callable[..., list[str]]
) -> None:
    stream = made(tmp_path / "home", broker, topics(*NAMES))
    process = subprocess.Popen([PROGRAM, *words(stream)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    stream.send_leads(leads(50))
    until = time.monotonic() + 60
    while len(stream.rows("leads")) < 50 and time.monotonic() < until:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert b"50 messages: 50 new leads" in out
    assert stream.rows("outbox") == []


def test_a_home_without_a_model_is_refused(tmp_path: Path) -> None:
    create_store(Home.of(tmp_path / "home", tmp_path)).close()
    given = ("--home", tmp_path / "home", "--leads", "leads", "--scores", "scores")
    refused = call("stream", "--brokers", "127.0.0.1:1", *given)
    assert (refused.code, refused.error) == (2, "no_model")
