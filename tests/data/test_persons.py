"""Leads of one person are known by what they share, and are on one side of every split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import persons
from leadlight.training import prepare as training
from leadlight.training.options import Options


def groups(leads: Sequence[dict[str, str | None]]) -> list[set[int]]:
    """The leads of each person who has several."""
    numbers = persons.of_leads(pl.DataFrame(leads, infer_schema_length=None)).tolist()
    found: dict[int, set[int]] = {}
    for row, number in enumerate(numbers):
        found.setdefault(number, set()).add(row)
    return [rows for rows in found.values() if len(rows) > 1]


def lead(email: str | None = None, phone: str | None = None) -> dict[str, str | None]:
    return {"Email": email, "Phone": phone}


@pytest.mark.parametrize(
    ("leads", "expected"),
    [
        ([lead("a@x.de"), lead("b@x.de")], []),
        ([lead("a@x.de"), lead("A@X.DE "), lead("Anna <a@x.de>")], [{0, 1, 2}]),
        ([lead(phone="+49 30 1234567"), lead(phone="030/1234567")], [{0, 1}]),
        ([lead("a@x.de", "+49 30 1234567"), lead("b@x.de", "030 1234567")], []),
        ([lead("a@x.de", "+49 30 1234567"), lead(None, "030 1234567")], [{0, 1}]),
        ([lead("a@x.de", "+49 30 1234567"), lead("a@x.de"), lead(None, "030 1234567")], [{0, 1, 2}]),
        ([lead(), lead()], []),
        ([lead("n/a", "0"), lead("n/a", "0")], []),
        ([lead("info@x.de")] * (persons.MOST + 1), []),
    ],
)
def test_leads_of_one_person(leads: list[dict[str, str | None]], expected: list[set[int]]) -> None:
    assert groups(leads) == expected


@given(st.lists(st.integers(0, 6), max_size=20), st.lists(st.integers(0, 6), max_size=20))
def test_tied_groups_are_the_finest_that_part_neither(left: list[int], right: list[int]) -> None:
    size = min(len(left), len(right))
    one, other = np.array(left[:size], dtype=int), np.array(right[:size], dtype=int)
    tied = persons.tied(one, other)
    for k in range(size):
        for j in range(size):
            if one[k] == one[j] or other[k] == other[j]:
                assert tied[k] == tied[j]
    edges = {(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True)}
    assert len(set(tied.tolist())) == _components(edges)


def _components(edges: set[tuple[int, int]]) -> int:
    left = set(edges)
    count = 0
    while left:
        count += 1
        reached = {left.pop()}
        while more := {edge for edge in left if any(edge[0] == a or edge[1] == b for a, b in reached)}:
            reached |= more
            left -= more
    return count


def returning(seed: int, *, by_time: bool, all_late: bool = False) -> pl.DataFrame:
    """900 leads of 750 people; who comes back is the same person with other answers."""
    dice = np.random.default_rng(seed)
    who = np.concatenate([np.arange(750), dice.integers(0, 750, 150)])
    who = who if all_late else dice.permutation(who)
    visits = dice.normal(size=900)
    won = dice.random(900) < 1 / (1 + np.exp(1 - visits))
    columns = {
        "Lead": [f"L{k}" for k in range(900)],
        "Email": [f"person{k}@nowhere.de" if j % 2 else f"Person{k}@Nowhere.de" for j, k in enumerate(who)],
        "Visits": visits.round(3),
        "Won": won.astype(int),
    }
    if by_time:
        columns["Created"] = [f"2026-{1 + k // 80:02}-{1 + k % 28:02}" for k in range(900)]
    return pl.DataFrame(columns)


@pytest.mark.parametrize("by_time", [False, True])
def test_a_person_is_on_one_side_of_the_split_and_of_every_fold(by_time: bool) -> None:
    raw = returning(1, by_time=by_time)
    prepared = training.prepare(raw, Options(target="Won", time="Created" if by_time else None))
    people = prepared.raw["Email"].str.to_lowercase()
    test, learning = prepared.testing, prepared.learning
    assert len(test) > 50
    assert not set(people.gather(test)) & set(people.gather(learning))
    for fold in prepared.folds(learning, 5, by_time=by_time):
        seen, looked_at = (people.gather(learning[rows]) for rows in (fold.train, fold.validation))
        assert not set(seen) & set(looked_at)
    told = next(each for each in prepared.audit.findings if each.code == "same_person")
    assert told.evidence["people"] > 50
    assert told.evidence["leads"] > told.evidence["people"]


def test_a_test_of_people_who_came_before_stays() -> None:
    """Where all late leads are of people known before, nothing would be left to test on."""
    raw = returning(1, by_time=True, all_late=True)
    assert len(training.prepare(raw, Options(target="Won", time="Created")).testing) > 100


def test_many_leads_take_no_longer_than_reading_them() -> None:
    """Only what could be shared is read with care: 200,000 different addresses are not."""
    raw = pl.DataFrame(
        {"Email": [f"a{k}@x.de" for k in range(200_000)], "Phone": [f"{k:09}" for k in range(200_000)]}
    )
    assert len(np.unique(persons.of_leads(raw))) == 200_000
