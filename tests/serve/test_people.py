"""People's rights over HTTP, and the list of whom to call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leadlight.store import audit, overrides
from leadlight.store.overrides import Override
from tests.serve.homes import Called, calling
from tests.serve.running import leads


@pytest.fixture
def called(tmp_path: Path, kept_in: Callable[[], str | None]) -> Iterator[Called]:
    with calling(tmp_path / "home", database=kept_in()) as made:
        made.told("POST", "/v1/leads", body={"leads": leads(60)})
        made.settle()
        yield made


def test_a_person_is_found_and_told_all(called: Called) -> None:
    lead = leads(1)[0]
    for handle in ({"id": lead["Lead ID"]}, {"email": lead["E-mail"].upper()}, {"phone": lead["Phone"]}):
        assert lead["Lead ID"] in called.told("POST", "/v1/people/find", "admin", handle)["leads"]
    told = called.told("POST", "/v1/people/export", "admin", {"id": lead["Lead ID"]})
    assert lead["Name"] in repr(told)
    assert called.told("GET", f"/v1/leads/{lead['Lead ID']}", "read")["score"]["model"] in repr(told)


def test_a_word_against_a_score_is_shown_until_they_object(called: Called) -> None:
    identity = leads(1)[0]["Lead ID"]
    overrides.give(called.made.store, identity, Override(0.9, "Ann Lee", "met at the fair", 5.0), "test")
    shown = called.told("GET", f"/v1/leads/{identity}", "read")["override"]
    assert (shown["probability"], shown["name"], shown["reason"]) == (0.9, "Ann Lee", "met at the fair")
    called.told("POST", "/v1/people/suppress", "admin", {"id": identity})
    assert called.told("GET", f"/v1/leads/{identity}", "read")["override"] is None


def test_of_two_addresses_in_a_field_each_is_the_persons(called: Called) -> None:
    lead = {
        "id": "two",
        "E-mail": "office@firm.example; Zoe@home.example",
        "Phone": "020 7946 0991, 07700 900991",
    }
    called.told("POST", "/v1/leads", body={"leads": [lead]})
    for handle in (
        {"email": "zoe@home.example"},
        {"email": "office@firm.example"},
        {"phone": "+44 7700 900991"},
    ):
        assert called.told("POST", "/v1/people/find", "admin", handle)["leads"] == ["two"]
    called.told("POST", "/v1/people/suppress", "admin", {"email": "zoe@home.example"})
    again = {"Lead ID": "three", "E-mail": "x@firm.example, ZOE@home.example"}
    assert called.told("POST", "/v1/leads", body={"leads": [again]})["suppressed"] == 1


def test_who_objected_is_scored_no_more(called: Called) -> None:
    lead = leads(1)[0]
    said = called.told("POST", "/v1/people/suppress", "admin", {"email": lead["E-mail"]})
    assert said["leads"] >= 1
    called.told("POST", "/v1/leads", body={"leads": [lead | {"Visits": "77"}]})
    one = called.told("GET", f"/v1/leads/{lead['Lead ID']}", "read")
    assert (one["suppressed"], one["score"]) == (True, None)
    listed = called.told("GET", "/v1/leads?limit=1000", "read")["leads"]
    assert lead["Lead ID"] not in [each["id"] for each in listed]


def test_who_is_erased_does_not_come_back(called: Called) -> None:
    lead = leads(1)[0]
    path = f"/v1/leads/{lead['Lead ID']}"
    assert called.told("DELETE", path, "admin")["leads"] >= 1
    assert called.send("GET", path, "read").status_code == 404
    assert called.send("DELETE", path, "admin").status_code == 404
    again = called.told("POST", "/v1/leads", body={"leads": [lead]})
    assert (again["new"], again["forgotten"]) == (0, 1)
    files = b"".join(path.read_bytes() for path in called.made.folder.iterdir() if path.is_file())
    assert lead["Name"].encode() not in files
    with called.made.store.reading() as connection:
        assert audit.verify(called.made.store, connection).sound


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "who_is_meant"),
        ({"email": "not one"}, "no_handle"),
        ({"phone": "12"}, "no_handle"),
        ({"name": "x"}, "unknown_member"),
    ],
)
def test_it_has_to_be_said_who_is_meant(called: Called, body: dict[str, str], code: str) -> None:
    answer = called.send("POST", "/v1/people/find", "admin", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    nobody = called.send("POST", "/v1/people/find", "admin", {"email": "nobody@example.org"})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "no_such_person")


def test_the_list_is_dealt_to_the_callers(called: Called) -> None:
    called.told("POST", "/v1/outcomes", body={"outcomes": [{"id": leads(1)[0]["Lead ID"], "outcome": "1"}]})
    made = called.told("POST", "/v1/plan", "read", {"capacity": 10, "callers": 2})
    assert len(made["leads"]) == made["expected"]["calls"] == 10
    assert leads(1)[0]["Lead ID"] not in [lead["id"] for lead in made["leads"]]
    assert len({lead["caller"] for lead in made["leads"]}) == 2
    ranks = [lead["rank"] for lead in made["leads"]]
    assert ranks == sorted(ranks)
    above = called.told("POST", "/v1/plan", "read", {})
    assert all(lead["call"] for lead in above["leads"])
