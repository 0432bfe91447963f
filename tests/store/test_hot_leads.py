"""A webhook is told which leads became hot: each once, signed, and never at the cost of a score."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadlight.connect.transport import CallLimits
from leadlight.connect.webhook import Webhook
from leadlight.data.handles import of_id
from leadlight.data.sample import generate
from leadlight.flows import tell_hot as flow
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.flows.tell_hot import HotTold, tell_hot
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.store import Store, connections, data_subject, erasure, hot_leads, records
from tests.cli.calls import call
from tests.connect.standin import Answer, Asked, Standin, running

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
ID = "Lead ID"
QUICK = CallLimits(answer_seconds=0.5, attempts=2, first_wait=0.01, longest_wait=0.05)


@pytest.fixture
def receiver() -> Iterator[Standin]:
    with running(lambda _: Answer(204)) as found:
        yield found


@pytest.fixture(scope="module")
def ranked(bundle: Bundle) -> pl.DataFrame:
    """Open leads that were not learnt from, the best first, with their margin."""
    raw = generate(400, 9).leads.with_columns(Converted=pl.lit(None, pl.Int64))
    margin = BatchScorer(bundle).score(raw).scores.margin
    return raw.with_columns(margin=pl.Series(margin)).sort("margin", descending=True)


@pytest.fixture
def near(bundle: Bundle, ranked: pl.DataFrame) -> Bundle:
    """The model with a line above which twenty of these leads are, the next ones closely below it."""
    margin = ranked["margin"]
    line = (margin[19] + margin[20]) / 2
    grades = replace(bundle.scorer.grades, hot=line, line=line, warm=line - 1.0)
    return replace(bundle, scorer=bundle.scorer.with_grades(grades))


class HotHome:
    """A home whose webhook is told when a test says so, by a clock of the test."""

    def __init__(self, store: Store, bundle: Bundle, ranked: pl.DataFrame, receiver: Standin) -> None:
        self.store, self.ranked, self.receiver, self.now = store, ranked, receiver, 1_000.0
        self.webhook = Webhook.of(receiver.address + "/hot", SECRET)
        promote_bundle(store, bundle, self.now, "test")
        self.tell()

    def put(self, identity: str, place: int) -> None:
        """A lead that says what the one at this place of the ranking says, scored at once."""
        self.now += 10
        row = self.ranked[place].drop("margin").with_columns(pl.lit(identity).alias(ID))
        take_leads(self.store, row, ID, "test", self.now)
        score_waiting(self.store, self.now)

    def tell(self) -> HotTold | None:
        self.now += 10
        return tell_hot(self.store, self.webhook, lambda: self.now, limits=QUICK)

    @property
    def told(self) -> list[str]:
        """Of whom it was told, in order, each message once by its id."""
        found = {each.headers["webhook-id"]: each.json["data"]["id"] for each in self.receiver.asked}
        return list(found.values())


@pytest.fixture
def hot(store: Store, near: Bundle, ranked: pl.DataFrame, receiver: Standin) -> HotHome:
    return HotHome(store, near, ranked, receiver)


def test_a_lead_that_comes_and_is_hot_is_told_of_once_and_signed(hot: HotHome) -> None:
    hot.put("A", 0)
    hot.put("B", 399)
    found = hot.tell()
    assert found is not None
    assert (found.sent, found.problem) == (1, None)
    assert hot.tell() is None
    (asked,) = hot.receiver.asked
    signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert asked.headers["webhook-signature"] == f"v1,{digest}"
    assert asked.path == "/hot"
    said = asked.json
    assert said["type"] == "leadlight.became_hot"
    assert (said["data"]["id"], said["data"]["grade"], said["data"]["call"]) == ("A", "hot", True)
    assert said["data"]["reasons"]
    assert said["data"]["at"] == "1970-01-01T00:17:00Z"
    with hot.store.reading() as connection:
        (run,) = connections.runs(connection, flow.NAME)
    assert (run.counts["sent"], run.problem) == (1, "")


def test_it_does_not_flap_about_the_line(hot: HotHome, ranked: pl.DataFrame) -> None:
    """Closely below the line a lead is hot still; well below it is not, and may become hot anew."""
    assert ranked["margin"][20] > ranked["margin"][19] - 0.2
    for place in (19, 20, 19, 20, 18):
        hot.put("A", place)
        hot.tell()
    assert hot.told == ["A"]
    hot.put("A", 399)
    hot.put("A", 0)
    hot.tell()
    assert hot.told == ["A", "A"]


def test_who_is_hot_before_anybody_asks_is_not_told_of(
    store: Store, near: Bundle, ranked: pl.DataFrame, receiver: Standin
) -> None:
    promote_bundle(store, near, 1.0, "test")
    take_leads(store, ranked.drop("margin"), ID, "test", 2.0)
    score_waiting(store, 3.0)
    hot = HotHome(store, near, ranked, receiver)
    hot.tell()
    assert hot.told == []
    hot.put("new", 1)
    hot.tell()
    assert hot.told == ["new"]


def test_another_model_makes_no_news(hot: HotHome, other: Bundle, ranked: pl.DataFrame) -> None:
    """That all leads are seen otherwise is no reason to call a hundred people."""
    take_leads(hot.store, ranked.drop("margin"), ID, "test", hot.now)
    score_waiting(hot.store, hot.now)
    grades = replace(other.scorer.grades, hot=-50.0, line=-50.0, warm=-50.0)
    everyone = replace(other, scorer=other.scorer.with_grades(grades))
    hot.tell()
    before = len(hot.told)
    promote_bundle(hot.store, everyone, hot.now + 1, "test")
    score_waiting(hot.store, hot.now + 2)
    hot.tell()
    assert len(hot.told) == before == 20
    hot.put("new", 399)
    hot.tell()
    assert hot.told[before:] == ["new"]


FAULTS = {
    "dropped": Answer(drop=True, applied=True),
    "503": Answer(503),
    "429": Answer(429, headers={"Retry-After": "0"}),
    "hangs": Answer(204, wait=0.8, applied=True),
    "redirect": Answer(307, headers={"Location": "http://192.0.2.1/"}),
    "422": Answer(422),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_fails_is_told_later_under_the_same_id(hot: HotHome, fault: str) -> None:
    for number in range(3):
        hot.put(f"lead {number}", number)
    hot.receiver.faults.extend([None, *[FAULTS[fault]] * 2])
    for _ in range(4):
        hot.tell()
        hot.now += 60
    assert sorted(hot.told) == ["lead 0", "lead 1", "lead 2"]
    with hot.store.reading() as connection:
        assert hot_leads.count_waiting(connection) == 0


def test_a_receiver_that_is_down_is_left_alone_for_longer_each_time(hot: HotHome) -> None:
    hot.put("A", 0)
    hot.receiver.faults.extend([Answer(500)] * 100)
    found = hot.tell()
    assert found is not None
    assert found.problem is not None
    assert found.problem.code == "server_error"
    tried = [len(hot.receiver.asked)]
    for _ in range(60):
        hot.tell()
        tried.append(len(hot.receiver.asked))
    assert tried[-1] <= 2 * 6
    hot.receiver.faults.clear()
    hot.now += 3_600
    hot.tell()
    with hot.store.reading() as connection:
        assert hot_leads.count_waiting(connection) == 0


def test_what_the_receiver_asks_to_wait_is_waited(hot: HotHome) -> None:
    hot.put("A", 0)
    hot.receiver.faults.append(Answer(429, headers={"Retry-After": "300"}))
    for _ in range(29):
        hot.tell()
    assert len(hot.receiver.asked) == 1
    hot.now += 20
    hot.tell()
    assert len(hot.receiver.asked) == 2


def test_the_newest_score_is_told_and_nobody_who_cooled(hot: HotHome) -> None:
    hot.receiver.faults.extend([Answer(500)] * 2)
    hot.put("A", 19)
    hot.put("B", 19)
    hot.tell()
    hot.put("A", 0)
    hot.put("B", 399)
    hot.now += 60
    hot.tell()
    told = [each.json["data"] for each in hot.receiver.asked[2:]]
    assert [each["id"] for each in told] == ["A"]
    assert told[0]["score"] > hot.receiver.asked[0].json["data"]["score"]


def test_only_who_is_open_and_may_be_called_is_told_of(hot: HotHome, store: Store) -> None:
    for place, identity in enumerate(("won", "objects", "gone", "open")):
        hot.put(identity, place)
    with store.writing() as connection:
        records.add_outcomes(connection, [{"id": "won", "outcome": "1", "value": None, "at": 1.0}], "test")
    objector, gone = (
        data_subject.find_before_acting(store, [of_id(identity)]) for identity in ("objects", "gone")
    )
    data_subject.suppress(store, objector, "test", "", hot.now)
    erasure.forget(store, gone, "test", hot.now, clean=False)
    found = hot.tell()
    assert found is not None
    assert (found.sent, found.left_out) == (1, 1)
    assert hot.told == ["open"]


def test_what_is_long_past_is_not_told(hot: HotHome) -> None:
    hot.put("A", 0)
    hot.now += 4 * 86_400
    found = hot.tell()
    assert found is not None
    assert (found.sent, found.expired) == (0, 1)


def test_leads_are_scored_while_the_receiver_thinks(hot: HotHome) -> None:
    """The store is free for as long as a message is under way, and a second sender finds nothing to do."""
    hot.put("A", 0)
    seen: list[Any] = []

    def slow(_: Asked) -> Answer:
        hot.put("B", 1)
        seen.append(hot.tell())
        return Answer(204)

    hot.receiver.handle = slow
    found = hot.tell()
    assert found is not None
    assert found.sent >= 1
    assert seen[0] is None


def test_a_command_tells_and_says_what_failed(
    tmp_path: Path, near: Bundle, ranked: pl.DataFrame, receiver: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, model = tmp_path / "home", tmp_path / "m.leadlight"
    model.write_bytes(near.to_bytes())
    assert call("init", "--home", place).code == 0
    assert call("promote", model, "--home", place).code == 0
    answer = call("tell", "--home", place)
    assert (answer.code, "LEADLIGHT_HOT_WEBHOOK" in answer.err) == (2, True)
    (place / "leadlight.toml").write_text(f'[webhook]\nhot = "{receiver.address}/hot?token=hush"\n')
    assert call("tell", "--home", place).code == 2
    monkeypatch.setenv("LEADLIGHT_WEBHOOK_SECRET", SECRET)
    assert call("tell", "--home", place, "--trial", "--json").json == {"arrived": True}
    assert receiver.asked[0].json["type"] == "leadlight.trial"
    assert call("tell", "--home", place, "--json").json["sent"] == 0
    ranked[:3].drop("margin").write_csv(tmp_path / "leads.csv")
    receiver.faults.extend([None, Answer(400)])
    answer = call("sync", tmp_path / "leads.csv", "--home", place, "--json")
    assert answer.json["told_hot"]["sent"] == 2
    assert answer.json["told_hot"]["problem"]["code"] == "refused"
    assert "hush" not in answer.err + answer.out
    answer = call("tell", "--home", place)
    assert (answer.code, answer.out.strip()) == (0, "Nobody became hot since the webhook was told last.")


def test_the_service_tells_within_seconds(
    store: Store, near: Bundle, ranked: pl.DataFrame, receiver: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadlight.serve import rescoring, telling
    from leadlight.serve.application import build
    from leadlight.serve.journal import Journal
    from leadlight.serve.state import State
    from leadlight.serve.store_poll import StorePoll
    from leadlight.store.writer import GroupWriter
    from tests.serve.running import PATIENT, listening

    monkeypatch.setenv("LEADLIGHT_HOT_WEBHOOK", receiver.address)
    monkeypatch.setenv("LEADLIGHT_WEBHOOK_SECRET", SECRET)
    hot = HotHome(store, near, ranked, receiver)
    log = io.StringIO()
    state = State(Journal(log), limits=PATIENT, store=store, writer=GroupWriter(store))
    poll = StorePoll(state, store)
    poll.look()
    made = build(state, poll.run, lambda: rescoring.run(state), lambda: telling.run(state))
    with listening(made):
        hot.now = time.time()
        hot.put("A", 0)
        until = time.monotonic() + 20
        while not receiver.asked and time.monotonic() < until:
            time.sleep(0.05)
    assert hot.told == ["A"]
    assert json.loads(log.getvalue().splitlines()[-1])
