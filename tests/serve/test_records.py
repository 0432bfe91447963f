"""The routes of what is kept: leads, what happened to them, models; each write done once and durable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from leadlight.flows.promote import promote_bundle
from tests.model.trained import bundle
from tests.serve.homes import Called, calling
from tests.serve.running import leads


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory, kept_in: Callable[[], str | None]) -> Iterator[Called]:
    """A home with forty leads, scored."""
    with calling(tmp_path_factory.mktemp("records") / "home", database=kept_in()) as made:
        made.told("POST", "/v1/leads", body={"leads": leads(40)})
        made.settle()
        yield made


@pytest.fixture
def fresh(tmp_path: Path, kept_in: Callable[[], str | None]) -> Iterator[Called]:
    with calling(tmp_path / "home", database=kept_in()) as made:
        yield made


def test_leads_come_in_once_and_again(fresh: Called) -> None:
    sent = leads(5)
    assert fresh.told("POST", "/v1/leads", body={"leads": sent})["new"] == 5
    assert fresh.told("POST", "/v1/leads", body={"leads": sent})["same"] == 5
    changed = [sent[0] | {"Visits": "99"}, {"id": "by-hand", "Visits": 3}]
    counted = fresh.told("POST", "/v1/leads", body={"leads": changed, "source": "form"})
    assert (counted["new"], counted["changed"]) == (1, 1)
    one = fresh.told("GET", f"/v1/leads/{sent[0]['Lead ID']}", "read")
    assert one["fields"]["Visits"] == "99"
    assert fresh.told("GET", "/v1/leads/by-hand", "read")["source"] == "form"


def test_what_a_lead_calls_its_own_columns_changes_no_list(fresh: Called) -> None:
    odd = {"rank": 9, "caller": "Zoe", "score": 1, "grade": "z", "call": "no"}
    fresh.told("POST", "/v1/leads", body={"leads": [{"id": "a", "Visits": 3}, {"id": "b", **odd}]})
    made = fresh.told("POST", "/v1/plan", "read", {"capacity": 2})["leads"]
    assert {lead["id"] for lead in made} == {"a", "b"}
    assert [(lead["rank"], lead["caller"]) for lead in made] == [(1, "Caller 1"), (2, "Caller 1")]
    assert not [name for name in made[0] if name.endswith("(input)")]
    assert all(type(lead["score"]) is float for lead in made)


def test_all_that_may_be_asked_of_a_path_is_told(called: Called) -> None:
    """Two routes share this one."""
    found = called.client.put("/v1/leads", json={}, headers=called.made.headers("write"))
    assert (found.status_code, found.headers["allow"]) == (405, "GET, POST")


def test_the_list_is_best_first_and_goes_on_where_it_ended(called: Called) -> None:
    whole = called.told("GET", "/v1/leads?limit=1000", "read")
    scores = [lead["probability"] for lead in whole["leads"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 40
    assert whole["next"] is None
    paged, cursor = [], ""
    while cursor is not None:
        page = called.told("GET", f"/v1/leads?limit=7{cursor and '&cursor=' + cursor}", "read")
        paged += page["leads"]
        cursor = page["next"]
    assert paged == whole["leads"]
    grade = whole["leads"][0]["grade"]
    some = called.told("GET", f"/v1/leads?grade={grade}&min_score=10", "read")["leads"]
    assert some == [lead for lead in whole["leads"] if lead["grade"] == grade and lead["probability"] >= 0.1]


def test_a_kept_lead_scores_as_it_does_over_http(called: Called) -> None:
    for lead in leads(10):
        one = called.told("GET", f"/v1/leads/{lead['Lead ID']}", "read")
        (said,) = called.told("POST", "/v1/score", "score", {"leads": [lead], "reasons": 3})["results"]
        assert one["score"]["probability"] == said["probability"]
        assert one["score"]["reasons"] == said["reasons"]
        assert len(one["history"]) == 1
        assert one["history"][0]["model"] == bundle().name


def test_a_score_follows_a_change(fresh: Called) -> None:
    fresh.told("POST", "/v1/leads", body={"leads": [{"id": "a", "Visits": 1}]})
    fresh.settle()
    fresh.told("POST", "/v1/leads", body={"leads": [{"id": "a", "Visits": 30, "Asked for Demo": "Yes"}]})
    fresh.settle()
    history = fresh.told("GET", "/v1/leads/a", "read")["history"]
    assert len({each["probability"] for each in history}) == 2


RECORDS = {
    "/v1/events": {
        "events": [{"id": "L-000001", "name": "visit", "properties": {"page": "/price"}, "key": "e1"}]
    },
    "/v1/contacts": {
        "contacts": [{"id": "L-000001", "channel": "call", "at": "2026-03-31T09:00Z", "key": "c1"}]
    },
    "/v1/outcomes": {"outcomes": [{"id": "L-000001", "outcome": "1", "value": 900}]},
    "/v1/spend": {"spend": [{"channel": "ads", "day": "2026-03-31", "amount": 12.5, "currency": "EUR"}]},
}


@pytest.mark.parametrize("path", RECORDS)
def test_what_happened_is_kept(called: Called, path: str) -> None:
    assert called.told("POST", path, body=RECORDS[path]) == {"written": 1}


def test_an_event_with_a_key_counts_once(called: Called) -> None:
    sent = {"events": [{"id": "L-000002", "name": "visit", "key": "once"}]}
    assert [called.told("POST", "/v1/events", body=sent)["written"] for _ in range(3)] == [1, 0, 0]


@pytest.mark.parametrize(
    ("path", "body", "code", "pointer"),
    [
        ("/v1/leads", {"leads": []}, "shape", "/leads"),
        ("/v1/leads", {"leads": [{"Visits": 1}]}, "lead_id", "/leads/0"),
        ("/v1/leads", {"leads": [{"id": " "}]}, "lead_id", "/leads/0"),
        ("/v1/leads", {"leads": [{"id": "a"}, {"id": "a"}]}, "duplicate_ids", None),
        ("/v1/leads", {"leads": [{"id": "a", "x": {"y": 1}}]}, "shape", "/leads/0"),
        ("/v1/leads", {"leads": [{"id": "a", "x": "\0"}]}, "text", "/leads/0/x"),
        ("/v1/leads", {"leads": [{"id": "a"}], "more": 1}, "unknown_member", "/more"),
        ("/v1/events", {"events": [{"id": "L-000001"}]}, "shape", "/events/0"),
        ("/v1/events", {"events": [{"id": "nobody", "name": "visit"}]}, "unknown_lead", None),
        ("/v1/events", {"events": [{"id": "L-000001", "name": "v", "at": "soon"}]}, "moment", "/events/0/at"),
        ("/v1/contacts", {"contacts": [{"id": "L-000001", "channel": 1}]}, "shape", "/contacts/0/channel"),
        (
            "/v1/outcomes",
            {"outcomes": [{"id": "L-000001", "outcome": "won", "value": "9"}]},
            "shape",
            "/outcomes/0/value",
        ),
        (
            "/v1/spend",
            {"spend": [{"channel": "ads", "day": "2026-02-30", "amount": 1}]},
            "day",
            "/spend/0/day",
        ),
        (
            "/v1/spend",
            {"spend": [{"channel": "ads", "day": "2026-02-20", "amount": -1}]},
            "shape",
            "/spend/0/amount",
        ),
        (
            "/v1/outcomes",
            {"outcomes": [{"id": "L-000001", "outcome": "1"}, {"id": "L-000001", "outcome": "Marooned"}]},
            "unknown_outcome",
            "/outcomes/1/outcome",
        ),
        (
            "/v1/outcomes",
            {"outcomes": [{"id": "L-000001", "outcome": " "}]},
            "unknown_outcome",
            "/outcomes/0/outcome",
        ),
        ("/v1/spend", [], "shape", ""),
    ],
)
def test_what_is_not_right_is_refused_with_its_place(
    called: Called, path: str, body: Any, code: str, pointer: str | None
) -> None:
    answer = called.send("POST", path, body=body)
    said = answer.json()
    status = {"duplicate_ids": 409, "unknown_lead": 404}.get(code, 422)
    assert (answer.status_code, said["code"], said.get("pointer")) == (status, code, pointer)
    assert said["next_step"]


def test_outcomes_are_said_in_the_words_that_the_model_was_told(called: Called) -> None:
    """Any spelling of them, or that it is open again; what is refused is not repeated."""
    said = [{"id": "L-000003", "outcome": word} for word in ("1", " 0 ", "1.0", "N/A")]
    assert called.told("POST", "/v1/outcomes", body={"outcomes": said}) == {"written": 4}
    refused = called.send(
        "POST", "/v1/outcomes", body={"outcomes": [{"id": "L-000003", "outcome": "Marooned"}]}
    )
    assert "won: 1; lost: 0" in refused.json()["next_step"]
    assert "Marooned" not in refused.text
    words = called.told("GET", "/openapi.json", "score")["components"]["schemas"]["Outcome"]
    assert words["properties"]["outcome"]["enum"] == ["1", "0"]


def test_without_a_model_any_outcome_is_taken(tmp_path: Path) -> None:
    with calling(tmp_path / "home", None) as made:
        made.told("POST", "/v1/leads", body={"leads": [{"id": "a"}]})
        said = {"outcomes": [{"id": "a", "outcome": "Marooned"}]}
        assert made.told("POST", "/v1/outcomes", body=said) == {"written": 1}


def test_ten_thousand_at_most(called: Called) -> None:
    many = {"leads": [{"id": str(k)} for k in range(10_001)]}
    assert called.send("POST", "/v1/leads", body=many).status_code == 413


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "min_score=101", "cursor=zq7canary", "min_score=nan"]
)
def test_parameters_that_cannot_be_used(called: Called, query: str) -> None:
    answer = called.send("GET", f"/v1/leads?{query}", "read")
    assert answer.status_code == 422
    assert "zq7canary" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "name", "takes"),
    [
        ("GET", "/v1/leads?limt=5", "limt", "grade, min_score, limit, cursor"),
        ("GET", "/v1/leads?limit=5&zq7@canary.example=", None, "grade, min_score, limit, cursor"),
        ("GET", "/v1/leads/L-000001?history=1", "history", "none"),
        ("GET", "/openapi.json?x", "x", "none"),
        ("POST", "/v1/models/rollback?force=1", "force", "none"),
    ],
)
def test_parameters_that_mean_nothing(
    called: Called, method: str, path: str, name: str | None, takes: str
) -> None:
    answer = called.send(method, path, "admin")
    said = answer.json()
    assert (answer.status_code, said["code"]) == (422, "parameter")
    assert (f"parameter {name!r}" in said["detail"]) == (name is not None)
    assert said["next_step"] == f"This route takes {takes}."
    assert "zq7" not in answer.text
    assert called.client.get("/healthz?probe=1").status_code == 200


def test_a_route_is_logged_as_it_is_described(called: Called) -> None:
    called.told("GET", "/v1/leads/L-000001", "read")
    called.state.journal.flush()
    assert '"route":"/v1/leads/{identity}"' in called.log.getvalue()
    assert "identity:whole" not in called.log.getvalue()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"capacity": "5"}, "Expected a whole number or null, got text."),
        ({"callers": None}, "Expected a whole number, got null."),
        ({"callers": 0}, "Expected a whole number >= 1."),
        ([], "Expected an object, got a list."),
    ],
)
def test_types_are_told_in_words(called: Called, body: Any, detail: str) -> None:
    assert called.send("POST", "/v1/plan", "read", body).json()["detail"] == detail


@pytest.mark.parametrize("identity", ["../../etc/passwd", "%2e%2e%2fkeys", "a%00b", "nobody", "%F0%9F%99%82"])
def test_an_id_that_is_not_there(called: Called, identity: str) -> None:
    answer = called.send("GET", f"/v1/leads/{identity}", "read")
    assert answer.status_code in (404, 405)


def test_a_lead_has_one_id(fresh: Called) -> None:
    """Under the model's name of it or ours; the same under both is no harm."""
    one = fresh.told(
        "POST", "/v1/leads", body={"leads": [{"id": 7, "Lead ID": "7"}, {"id": "8", "Lead ID": None}]}
    )
    assert one["new"] == 2
    answer = fresh.send("POST", "/v1/leads", body={"leads": [{"id": "b-1", "Lead ID": "b-2"}]})
    assert (answer.status_code, answer.json()["code"]) == (409, "two_ids")


def test_odd_ids_and_texts_are_kept_as_they_are(fresh: Called) -> None:
    odd = ["a/b/../c", "'; DROP TABLE leads; --", "=1+1", "<script>", "🙂\u202e", "007", "x\ny"]
    fresh.told("POST", "/v1/leads", body={"leads": [{"id": each, "Job Title": each} for each in odd]})
    for each in odd:
        found = fresh.told("GET", f"/v1/leads/{quote(each, safe='')}", "read")
        assert (found["id"], found["fields"]["Job Title"]) == (each, each)
    fresh.state.journal.flush()
    assert not [each for each in odd if each in fresh.log.getvalue() and each != "007"]


def test_57_an_idempotency_key_answers_once_for_one_body(fresh: Called) -> None:
    body = {"leads": leads(2)}
    first = fresh.told("POST", "/v1/leads", body=body, idempotency_key="k-1")
    assert first["new"] == 2
    assert fresh.told("POST", "/v1/leads", body=body, idempotency_key="k-1") == first
    other = fresh.send("POST", "/v1/leads", body={"leads": leads(3)}, idempotency_key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key")
    assert fresh.told("POST", "/v1/leads", body=body, idempotency_key="k-2")["same"] == 2
    assert fresh.told("POST", "/v1/leads", "admin", body, idempotency_key="k-1")["same"] == 2
    assert fresh.send("POST", "/v1/leads", body=body, idempotency_key="k" * 201).status_code == 422


def test_a_refused_write_may_be_sent_again_with_its_key(fresh: Called) -> None:
    body = {"events": [{"id": "later", "name": "visit"}]}
    assert fresh.send("POST", "/v1/events", body=body, idempotency_key="k").status_code == 404
    fresh.told("POST", "/v1/leads", body={"leads": [{"id": "later"}]})
    assert fresh.told("POST", "/v1/events", body=body, idempotency_key="k") == {"written": 1}


def test_models_are_listed_promoted_and_rolled_back(fresh: Called) -> None:
    first, second = bundle().name, bundle("logistic").name
    promote_bundle(fresh.made.store, bundle("logistic"), 1.0, "test")
    told = fresh.told("GET", "/v1/models", "read")["models"]
    assert [(each["name"], each["in_service"]) for each in told] == [(second, True), (first, False)]
    promoted = fresh.told("POST", "/v1/models/promote", "admin", {"model": first})
    assert (promoted["model"], promoted["overridden"]) == (first, False)
    assert fresh.told("POST", "/v1/models/rollback", "admin") == {"model": second}
    assert fresh.send("POST", "/v1/models/promote", "admin", {"model": "0" * 12}).status_code == 404
    for _ in range(3):
        last = fresh.send("POST", "/v1/models/rollback", "admin")
    assert (last.status_code, last.json()["code"]) == (409, "no_earlier_model")


def test_a_home_without_a_model_keeps_leads(tmp_path: Path) -> None:
    with calling(tmp_path / "home", None) as made:
        assert made.told("POST", "/v1/leads", body={"leads": [{"id": "a", "Visits": 1}]})["new"] == 1
        assert made.told("GET", "/v1/leads/a", "read")["score"] is None
        assert made.told("GET", "/v1/leads", "read") == {"leads": [], "next": None}


def test_a_dump_of_the_database_holds_no_usable_key(called: Called) -> None:
    files = b"".join(path.read_bytes() for path in called.made.folder.iterdir() if path.is_file())
    assert not [scope for scope, key in called.made.secrets.items() if key.encode() in files]
    assert json.dumps(called.made.secrets) not in repr(files)


def test_a_lead_is_shown_with_what_happened_to_it(fresh: Called) -> None:
    """Its moments are told as the log has them, not as seconds."""
    fresh.told("POST", "/v1/leads", body={"leads": [{"id": "one", "Visits": 3}]})
    for path, body in (
        ("events", {"id": "one", "name": "visit", "at": "2026-03-31T09:00Z", "properties": {"page": "/x"}}),
        ("contacts", {"id": "one", "channel": "call", "at": "2026-03-31T10:00Z", "result": "talked"}),
        ("outcomes", {"id": "one", "outcome": "1", "at": "2026-04-01T10:00Z"}),
    ):
        fresh.told("POST", f"/v1/{path}", body={path: [body]})
    fresh.settle()
    lead = fresh.told("GET", "/v1/leads/one", "read")
    assert lead["events"] == [{"name": "visit", "at": "2026-03-31T09:00:00Z", "properties": {"page": "/x"}}]
    assert [(each["channel"], each["at"]) for each in lead["contacts"]] == [("call", "2026-03-31T10:00:00Z")]
    assert (lead["outcome"]["outcome"], lead["outcome"]["at"]) == ("1", "2026-04-01T10:00:00Z")
    (listed,) = fresh.told("GET", "/v1/leads", "read")["leads"]
    told = [lead["created"], lead["changed"], lead["score"]["at"], lead["history"][0]["at"], listed["at"]]
    told += [each["added"] for each in fresh.told("GET", "/v1/models", "read")["models"]]
    now = datetime.now(UTC)
    assert all(abs(datetime.fromisoformat(each) - now) < timedelta(minutes=5) for each in told)


def test_a_field_that_the_model_does_not_know_is_told_when_it_is_kept(fresh: Called) -> None:
    sent = [{"id": "one", "Visits": 3}, {"id": "two", "Lead Sorce": "Google", "Shoe Size": 43}]
    (warning,) = fresh.told("POST", "/v1/leads", body={"leads": sent})["warnings"]
    assert (warning["code"], warning["columns"]) == ("unknown_fields", ["Lead Sorce", "Shoe Size"])
    assert warning["nearest"] == {"Lead Sorce": "Lead Source"}
    assert fresh.told("POST", "/v1/leads", body={"leads": sent[:1]})["warnings"] == []


def test_a_member_that_means_nothing_is_named_with_what_there_is(fresh: Called) -> None:
    answer = fresh.send("POST", "/v1/plan", "read", {"capasity": 20})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_member")
    assert answer.json()["pointer"] == "/capasity"
    assert answer.json()["next_step"].startswith("Did you mean 'capacity'? There are: capacity, callers,")
    answer = fresh.send("POST", "/v1/events", body={"events": [{"id": "one", "name": "x", "when": "now"}]})
    assert answer.json()["pointer"] == "/events/0/when"
