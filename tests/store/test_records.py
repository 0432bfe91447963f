"""What happened to leads: counted once, of leads that are known, the last word on how they ended."""

from __future__ import annotations

import pytest

from leadlight.errors import InputError
from leadlight.flows.gather import gather_leads
from leadlight.store import Store, intake, records


@pytest.fixture
def filled(store: Store) -> Store:
    with store.writing() as connection:
        intake.upsert(
            store, connection, ["1", "2"], [{"n": 1, "won": "no"}, {"n": 2, "won": None}], "test", 1.0
        )
    return store


def test_an_event_counts_once(filled: Store) -> None:
    """By its key; one without a key is one more each time."""
    rows = [{"id": "1", "name": "visit", "at": 2.0, "key": "a"}, {"id": "2", "name": "visit", "at": 3.0}]
    with filled.writing() as connection:
        assert records.add_events(connection, rows) == 2
        assert records.add_events(connection, rows) == 1


def test_a_contact_counts_once(filled: Store) -> None:
    rows = [{"id": "1", "channel": "call", "at": 2.0, "key": "a"}]
    with filled.writing() as connection:
        assert [records.add_contacts(connection, rows) for _ in range(2)] == [1, 0]


def test_what_was_spent_may_be_said_again(filled: Store) -> None:
    with filled.writing() as connection:
        for amount in (10, 12.5):
            records.put_spend(connection, [{"channel": "ads", "day": "2026-01-01", "amount": amount}])
        assert connection.exec_driver_sql("SELECT amount FROM spend").all() == [(12.5,)]


def test_an_unknown_lead_is_told_by_its_place(filled: Store) -> None:
    rows = [{"id": "1", "name": "visit", "at": 2.0}, {"id": "canary", "name": "visit", "at": 2.0}]
    with pytest.raises(InputError) as found, filled.writing() as connection:
        records.add_events(connection, rows)
    assert (found.value.code, found.value.where) == ("unknown_lead", "item 1")
    assert "canary" not in str(found.value)


def test_the_last_outcome_counts(filled: Store) -> None:
    """By when it happened, not by when it was said; a lead without one keeps what it came with."""
    said = [("1", "yes", 5.0), ("1", "no", 4.0)]
    with filled.writing() as connection:
        for identity, outcome, at in said:
            records.add_outcomes(connection, [{"id": identity, "outcome": outcome, "at": at}], "test")
    table = gather_leads(filled, "won")
    assert table["won"].to_list() == ["yes", None]
    assert gather_leads(filled)["won"].to_list() == ["no", None]
