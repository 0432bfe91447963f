"""The board behind lists: what is on it follows the leads, their scores and outcomes, and nobody else is."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from leadlight.data.target import Target
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.model.bundle import Bundle
from leadlight.store import Store, board, browse, data_subject, erasure, records, upkeep
from leadlight.store.browse import Sought
from leadlight.store.tables import board as board_table
from tests.store.people import WHO, take, who

TOLD = {
    "a1": {"Name": "Ann Lee", "Company": "Pane & Co", "Email": "ann@pane.example", "Lead Source": "Google"},
    "b2": {"First Name": "Jürgen", "Last Name": "Öz", "Lead Source": "Reference"},
    "c3": {"Company": "Lead 100%_Works", "Lead Source": "Google", "Converted": "1"},
}


@pytest.fixture
def listed(store: Store, bundle: Bundle) -> Store:
    take(store, TOLD)
    promote_bundle(store, bundle, 2.0, WHO)
    score_waiting(store, 3.0)
    return store


def ids(store: Store, target: Target, sought: Sought, start: int = 0, size: int = 50) -> list[str]:
    with store.reading() as connection:
        rows = browse.page(connection, sought, target, start, size)
        if start == 0:
            assert sum(browse.counts(connection, sought, target).values()) == len(rows)
    return [row.id for row in rows]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *[("ANN", ["a1"]), ("pane.example", ["a1"]), ("jürgen ö", ["b2"]), ("C3", ["c3"])],
        *[("100%_w", ["c3"]), ("nobody", []), ("%", ["c3"]), ("\0", ["a1", "b2", "c3"])],
    ],
)
def test_a_search_reads_ids_names_companies_and_addresses(
    listed: Store, bundle: Bundle, text: str, found: list[str]
) -> None:
    asked = Sought(ended="", text=text, order="id", rising=True)
    assert ids(listed, bundle.target, asked) == found


def test_lists_are_sorted_filtered_and_paged(listed: Store, bundle: Bundle) -> None:
    everything = Sought(ended="", order="created", rising=True)
    assert ids(listed, bundle.target, everything, 1, 1) == ["b2"]
    assert ids(listed, bundle.target, Sought(ended="", values={"Lead Source": "Reference"})) == ["b2"]
    best = ids(listed, bundle.target, Sought(ended=""))
    assert ids(listed, bundle.target, Sought(ended="", rising=True)) == best[::-1]
    with listed.reading() as connection:
        first = browse.page(connection, Sought(ended=""), bundle.target, 0, 1)[0]
    assert first.score is not None
    assert ids(listed, bundle.target, Sought(ended="", grade=first.score["grade"]))[0] == first.id


def test_how_a_lead_ended_is_what_was_recorded_last(listed: Store, bundle: Bundle) -> None:
    target = bundle.target
    won = target.positive[0]
    with listed.writing() as connection:
        records.add_outcomes(connection, [{"id": "a1", "outcome": won, "at": 4.0}], "crm")
    assert "a1" in ids(listed, target, Sought(ended="won"))
    assert "a1" not in ids(listed, target, Sought())
    take(listed, {"a1": {"City": "York"}}, 5.0)
    assert "a1" in ids(listed, target, Sought(ended="won"))


def test_nobody_who_objected_or_is_forgotten_is_listed(listed: Store, bundle: Bundle) -> None:
    data_subject.suppress(listed, who(listed, id="a1"), WHO, "asked", 4.0)
    erasure.forget(listed, who(listed, id="b2"), WHO, 5.0)
    everything = Sought(ended="")
    assert ids(listed, bundle.target, everything) == ["c3"]
    data_subject.allow(listed, who(listed, id="a1"), WHO, 6.0)
    assert sorted(ids(listed, bundle.target, everything)) == ["a1", "c3"]
    assert all(check.passed for check in upkeep.checks(listed))


def test_a_check_sees_a_board_that_differs_and_rebuilding_mends_it(listed: Store) -> None:
    with listed.writing() as connection:
        connection.execute(update(board_table).where(board_table.c.id == "a1").values(probability=0.5))
    assert [check.name for check in upkeep.checks(listed) if not check.passed] == ["board"]
    with listed.writing() as connection:
        board.rebuild(connection)
    assert all(check.passed for check in upkeep.checks(listed))


def test_a_grade_is_paged_far_down_as_near_the_top(
    listed: Store, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    for grade in bundle.scorer.grades.names:
        for order in browse.ORDERS:
            asked = Sought(grade=grade, ended="", order=order, rising=True)
            near = ids(listed, bundle.target, asked, 0)
            with monkeypatch.context() as patched:
                patched.setattr(browse, "FAR_DOWN", 0)
                assert ids(listed, bundle.target, asked, 0) == near
