"""Events in the service: they come with a lead or out of the home, and a new one asks for a new score."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

import polars as pl
import pytest

from leadlight.data.planted import Planted
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.flows.events import gather_for
from leadlight.flows.promote import promote_bundle
from leadlight.flows.train import logs_to_learn
from leadlight.model.bundle import Bundle
from leadlight.ready import Model
from leadlight.training.as_of import LeadLogs
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.serve.homes import Called, calling

OPTIONS = Options(
    target="Stage", positive=("Won",), negative=("Lost",), models=["logistic"], folds=2, refit=False
)
SENT = 30


@cache
def made() -> HistorySample:
    return generate_history(1_500, seed=6, planted=Planted(late=0.0))


@cache
def bundle() -> Bundle:
    events = LeadLogs(made().events, made().outcomes)
    return train(made().leads, OPTIONS, logs=events).bundle


def open_leads() -> pl.DataFrame:
    """The newest leads, most of which did something lately."""
    return made().leads.tail(SENT).drop("Stage")


def lead_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def events_of(identity: str) -> list[dict[str, Any]]:
    log = made().events.filter(pl.col("lead") == identity)
    return [{"type": row["type"], "time": f"{row['time']:%Y-%m-%dT%H:%M:%SZ}"} for row in log.to_dicts()]


def end() -> str:
    return f"{made().ends:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    """A home with some leads, what they did, and a model that looks at it."""
    with calling(tmp_path_factory.mktemp("events") / "home", None) as found:
        promote_bundle(found.made.store, bundle(), time.time(), "test")
        until = time.monotonic() + 20
        while found.state.serving is None and time.monotonic() < until:
            time.sleep(0.05)
        rows = [lead_of(row) for row in open_leads().to_dicts()]
        found.told("POST", "/v1/leads", body={"leads": rows})
        for row in rows:
            sent = [
                {
                    "id": row["Lead ID"],
                    "name": each["type"],
                    "at": each["time"],
                    "key": f"{row['Lead ID']}-{k}",
                }
                for k, each in enumerate(events_of(row["Lead ID"]))
            ]
            if sent:
                found.told("POST", "/v1/events", body={"events": sent})
        found.settle()
        yield found


def by_file() -> dict[str, float]:
    scores = Model(bundle()).score(open_leads(), events=made().events, at=end())
    return dict(scores.select("Lead ID", "probability").iter_rows())


def test_events_that_come_with_a_lead_score_it_as_a_file_does(called: Called) -> None:
    """Bit for bit, for each of thirty leads; and as of another moment it is another score."""
    rows = [{**lead_of(row), "events": events_of(row["Lead ID"])} for row in open_leads().to_dicts()]
    told = called.told("POST", "/v1/score", "score", {"leads": rows, "at": end()})["results"]
    assert {each["id"]: each["probability"] for each in told} == by_file()
    assert not any(each["warnings"] for each in told if "events" in str(each["warnings"]))
    later = called.told("POST", "/v1/score", "score", {"leads": rows, "at": "2030-01-01"})["results"]
    assert [each["probability"] for each in later] != [each["probability"] for each in told]


def test_events_are_taken_from_the_home_where_a_lead_brings_none(called: Called) -> None:
    """One lead at a time and all at once."""
    rows = [lead_of(row) for row in open_leads().to_dicts()]
    told = called.told("POST", "/v1/score", "score", {"leads": rows, "at": end()})["results"]
    assert {each["id"]: each["probability"] for each in told} == by_file()
    one = called.told("POST", "/v1/score", "score", {"leads": rows[:1], "at": end()})["results"]
    assert one[0]["probability"] == told[0]["probability"]


def test_the_home_scores_what_events_say_now(called: Called) -> None:
    """A new event marks its lead for scoring again, and counts for half after its half-life."""
    identity = open_leads()["Lead ID"][0]
    before = called.told("GET", f"/v1/leads/{identity}", "read")
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))
    sent = [
        {"id": identity, "name": "Demo video", "at": moment, "key": f"new-{number}"} for number in range(3)
    ]
    assert called.told("POST", "/v1/events", body={"events": sent}) == {"written": 3}
    called.settle()
    after = called.told("GET", f"/v1/leads/{identity}", "read")
    assert after["score"]["probability"] > before["score"]["probability"]
    assert len(after["history"]) == len(before["history"]) + 1
    assert called.told("POST", "/v1/events", body={"events": sent}) == {"written": 0}
    plan = called.told("POST", "/v1/plan", "read", {"capacity": SENT})
    listed = {each["id"]: each["probability"] for each in plan["leads"]}
    assert listed[identity] == pytest.approx(after["score"]["probability"], rel=0.05)


def test_an_event_that_was_known_later_is_not_known_before(called: Called) -> None:
    """`known_at` is kept beside the event, and training as well as scoring goes by it."""
    identity = open_leads()["Lead ID"][1]
    at, known = "2025-12-31T10:00:00Z", "2026-01-03T10:00:00Z"
    sent = {"id": identity, "name": "Demo video", "at": at, "known_at": known, "key": "late"}
    assert called.told("POST", "/v1/events", body={"events": [sent]}) == {"written": 1}
    lead = lead_of(open_leads().row(1, named=True))
    scores = [
        called.told("POST", "/v1/score", "score", {"leads": [lead], "at": moment})["results"][0][
            "probability"
        ]
        for moment in ("2026-01-03T09:59:59Z", "2026-01-03T10:00:00Z")
    ]
    assert scores[0] < scores[1]
    learnt = logs_to_learn(called.made.store)
    assert learnt is not None
    assert learnt.events is not None
    row = learnt.events.filter(pl.col("known_at").is_not_null())
    assert row["known_at"].to_list() == [known]
    wrong = {"events": [{**sent, "known_at": "soon"}]}
    assert called.send("POST", "/v1/events", body=wrong).json()["pointer"] == "/events/0/known_at"


@pytest.mark.parametrize(
    ("events", "pointer"),
    [
        ("yesterday", "/leads/0/events"),
        ([7], "/leads/0/events/0"),
        ([{"type": "visit"}], "/leads/0/events/0"),
        ([{"type": " ", "time": "2026-01-01"}], "/leads/0/events/0"),
        ([{"type": "visit", "time": "soon"}], "/leads/0/events/0"),
        ([{"type": "visit", "time": "2026-01-01", "known_at": 5}], "/leads/0/events/0"),
        ([{"type": "visit", "time": "2026-01-01", "secret": 1}], "/leads/0/events/0"),
    ],
)
def test_what_is_no_event_is_refused(called: Called, events: Any, pointer: str) -> None:
    lead = {**lead_of(open_leads().row(0, named=True)), "events": events}
    answer = called.send("POST", "/v1/score", "score", {"leads": [lead]})
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["pointer"]) == ("event", pointer)
    assert "secret" not in answer.text
    assert "yesterday" not in answer.text


def test_the_description_shows_events_and_no_column_that_is_made_of_them(called: Called) -> None:
    """The example of the description is a request that works."""
    told = called.told("GET", "/openapi.json", "read")
    lead = told["components"]["schemas"]["Lead"]["properties"]
    assert "events" in lead
    assert not set(lead) & set(bundle().events.columns)  # type: ignore[union-attr]
    body = told["paths"]["/v1/score"]["post"]["requestBody"]["content"]["application/json"]["example"]
    shown = told["paths"]["/v1/score"]["post"]["responses"]["200"]["content"]["application/json"]["example"]
    assert called.told("POST", "/v1/score", "score", body)["results"] == shown["results"]


def test_a_home_gathers_its_leads_with_what_they_did(called: Called) -> None:
    """What lists and pages are made of holds the columns of events."""
    raw = gather_for(called.made.store, bundle(), time.time())
    assert set(bundle().events.columns) <= set(raw.columns)  # type: ignore[union-attr]
    assert raw["Events (times)"].max() >= 3.0
