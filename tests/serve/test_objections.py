"""Nobody who objected, or was forgotten, is scored over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from leadlight.data.handles import Handle
from leadlight.store import data_subject, erasure
from leadlight.store.data_subject import Person
from tests.serve.homes import Called, calling

ANN = {"id": "7", "E-mail": "office@firm.example; Ann@example.com", "Phone": "+44 20 7946 0958"}
BOB = {"id": "8", "E-mail": "bob@example.com"}


@pytest.fixture
def called(tmp_path: Path) -> Iterator[Called]:
    with calling(tmp_path / "home") as found:
        yield found


def person(called: Called, kind: str, text: str) -> Person:
    with called.made.store.reading() as connection:
        return data_subject.find(called.made.store, connection, [Handle(kind, text)])


def seen(called: Called) -> None:
    """What the store knows is known to the server within a second."""
    before = called.state.objections
    until = time.monotonic() + 10
    while called.state.objections is before:
        assert time.monotonic() < until
        time.sleep(0.05)


def score(called: Called, *leads: Any) -> Any:
    return called.send("POST", "/v1/score", "score", {"leads": list(leads)})


@pytest.mark.parametrize(
    ("kind", "text"), [("id", "7"), ("email", "ann@example.com"), ("phone", "2079460958")]
)
def test_who_objected_is_not_scored(called: Called, kind: str, text: str) -> None:
    """Found by any of what they are known by; the others are scored as ever."""
    assert score(called, ANN).status_code == 200
    data_subject.suppress(called.made.store, person(called, kind, text), "test", "asked", time.time())
    seen(called)
    alone = score(called, ANN)
    assert (alone.status_code, alone.json()["code"]) == (403, "objected")
    assert "ann" not in alone.text
    for together in ([ANN, BOB], [BOB, ANN] * 20):
        results = score(called, *together).json()["results"]
        assert ["error" in each for each in results] == [lead is ANN for lead in together]
        assert all("score" not in each for each in results if "error" in each)


def test_who_was_forgotten_is_not_scored(called: Called) -> None:
    erasure.forget(called.made.store, person(called, "email", "ann@example.com"), "test", time.time())
    seen(called)
    assert score(called, {"E-mail": " Ann@Example.com "}).status_code == 403
    assert score(called, BOB).status_code == 200


def test_an_objection_that_is_taken_back_is_over(called: Called) -> None:
    one = person(called, "email", "ann@example.com")
    data_subject.suppress(called.made.store, one, "test", "asked", time.time())
    seen(called)
    data_subject.allow(called.made.store, one, "test", time.time())
    seen(called)
    assert score(called, ANN).status_code == 200


def test_many_who_objected_are_all_left_out(called: Called, count: Callable[[int], int]) -> None:
    """One of each two leads, whatever the size of the batch."""
    many = [{"id": f"L-{k}", "E-mail": f"person{k}@example.com"} for k in range(count(10_000))]
    for lead in many[::2][:50]:
        data_subject.suppress(
            called.made.store, person(called, "email", lead["E-mail"]), "test", "asked", time.time()
        )
        last = lead
    seen(called)
    time.sleep(1)
    results = score(called, *many).json()["results"]
    barred = {lead["id"] for lead in many[::2][:50]}
    assert last["id"] in barred
    assert {each["id"] for each in results if "error" in each} == barred
