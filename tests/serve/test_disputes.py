"""Disputes and overrides over HTTP, from the request to what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from leadlight.data.sample import generate
from leadlight.flows import gated
from leadlight.flows.promote import model_in_service
from leadlight.insight.gate import GateVerdict
from leadlight.store import models
from tests.model.trained import bundle
from tests.serve.homes import Called, calling

LEADS = 12


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    with calling(tmp_path_factory.mktemp("disputes") / "home") as found:
        rows = [
            {name: value for name, value in row.items() if value is not None}
            for row in generate(LEADS, 5).leads.drop("Converted").to_dicts()
        ]
        found.told("POST", "/v1/leads", body={"leads": rows})
        found.settle()
        yield found


def ids(called: Called) -> list[str]:
    return [str(row["id"]) for row in called.told("GET", "/v1/leads", "read")["leads"]]


def test_a_dispute_goes_where_its_words_say(called: Called) -> None:
    """It is kept with the score of then, listed, told of its lead, and erased with it."""
    one, two, *_ = ids(called)
    made = called.told("POST", "/v1/disputes", body={"id": one, "note": "She is a student"})
    assert made["kind"] == "rule"
    assert made["what"].startswith("never a lead")
    named = {"id": two, "note": "The size is 200", "kind": "data", "column": "Company Size"}
    assert called.told("POST", "/v1/disputes", body=named)["kind"] == "data"
    found = called.told("GET", "/v1/disputes", "read")
    assert [(each["id"], each["kind"], each["column"]) for each in found["disputes"]] == [
        (two, "data", "Company Size"),
        (one, "rule", ""),
    ]
    assert all(each["probability"] == each["now"] > 0 for each in found["disputes"])
    assert {each["kind"]: each["disputes"] for each in found["routes"]} == {"rule": 1, "data": 1}
    called.told("DELETE", f"/v1/leads/{two}", "admin")
    left = called.told("GET", "/v1/disputes", "read")["disputes"]
    assert [each["id"] for each in left] == [one]
    assert "student" not in called.log.getvalue()


@pytest.mark.parametrize(
    ("body", "scope", "status"),
    [
        ({"id": "nobody-of-that-name", "note": "a student"}, "write", 404),
        ({"id": "x", "note": "   "}, "write", 422),
        ({"id": "x", "note": "n" * 1_001}, "write", 422),
        ({"id": "x", "note": "a student", "kind": "other"}, "write", 422),
        ({"id": "x", "note": "a student"}, "read", 403),
    ],
)
def test_what_is_no_dispute_is_refused(called: Called, body: dict[str, Any], scope: str, status: int) -> None:
    answer = called.send("POST", "/v1/disputes", scope, body)
    assert answer.status_code == status, answer.text
    assert "student" not in answer.text


def test_a_dispute_that_is_sent_twice_counts_once(called: Called) -> None:
    sent = {"id": ids(called)[0], "note": "sent twice"}
    numbers = {
        called.told("POST", "/v1/disputes", body=sent, Idempotency_Key="dispute-1")["number"]
        for _ in range(2)
    }
    assert len(numbers) == 1


def test_an_override_goes_past_the_gate_and_into_the_trail(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a reason 409, and nothing changes; with one the model serves, and the way back is open."""
    store = called.made.store
    before = model_in_service(store)
    other = bundle("logistic")
    assert before is not None
    with store.writing() as connection:
        models.add(connection, other, 1.0)
    worse = GateVerdict(False, "The challenger is worse.", 400, 80, 30.0, 20.0, -10.0, -15.0, -5.0)
    monkeypatch.setattr(gated, "compare_forward", lambda *_: worse)
    refused = called.send("POST", "/v1/models/promote", "admin", {"model": other.name})
    assert (refused.status_code, refused.json()["code"]) == (409, "gate")
    now = model_in_service(store)
    assert now is not None
    assert now.name == before.name
    body = {"model": other.name, "override": "the old one knows nothing of the new market"}
    assert called.send("POST", "/v1/models/promote", "write", body).status_code == 403
    told = called.told("POST", "/v1/models/promote", "admin", body)
    assert (told["model"], told["overridden"]) == (other.name, True)
    with store.reading() as connection:
        trail = connection.exec_driver_sql("SELECT act, detail FROM audit ORDER BY number").all()
    assert [act for act, _ in trail[-2:]] == ["promote", "gate_override"]
    assert "new market" in str(trail[-1][1])
    assert called.told("POST", "/v1/models/rollback", "admin")["model"] == before.name
