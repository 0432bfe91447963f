"""Leads that their own system deleted or merged, on both databases."""

from __future__ import annotations

from sqlalchemy import select

from leadlight.data.handles import of_id
from leadlight.store import Store, data_subject, departures, intake, leads, records, upkeep
from leadlight.store.tables import suppressions

IDS = ["a", "b", "c"]


def filled(store: Store) -> None:
    rows = [{"Email": f"{each}@example.org"} for each in IDS]
    with store.writing() as connection:
        intake.upsert(store, connection, IDS, rows, "crm", 1.0)
        events = [{"id": each, "name": "visit", "at": 2.0, "properties": {}, "key": each} for each in IDS]
        records.add_events(connection, events)


def suppressed(store: Store) -> list[str]:
    with store.reading() as connection:
        return [lead.id for page in leads.pages(connection) for lead in page if lead.suppressed]


def test_a_deleted_lead_is_barred_until_it_comes_back_and_nobody_objected(store: Store) -> None:
    filled(store)
    with store.writing() as connection:
        assert departures.depart(connection, ["a", "b", "unknown"], "crm", 3.0) == 2
        assert departures.depart(connection, ["a"], "crm", 4.0) == 0
        assert departures.depart(connection, ["c"], "another system", 4.0) == 0
        intake.upsert(store, connection, ["a"], [{"Email": "new@example.org"}], "crm", 5.0)
        assert connection.execute(select(suppressions)).first() is None
    assert suppressed(store) == ["a", "b"]
    data_subject.suppress(store, data_subject.find_before_acting(store, [of_id("b")]), "test", "", 6.0)
    with store.writing() as connection:
        assert departures.come_back(connection, ["a", "b"]) == 2
        assert departures.come_back(connection, ["a", "b"]) == 0
    assert suppressed(store) == ["b"]
    assert all(check.passed for check in upkeep.checks(store))


def test_to_allow_a_deleted_person_again_shows_nobody(store: Store) -> None:
    filled(store)
    person = data_subject.find_before_acting(store, [of_id("a")])
    data_subject.suppress(store, person, "test", "", 3.0)
    with store.writing() as connection:
        departures.depart(connection, ["a"], "crm", 4.0)
    data_subject.allow(store, person, "test", 5.0)
    assert suppressed(store) == ["a"]


def test_merged_leads_become_one_in_a_chain_and_again(store: Store) -> None:
    filled(store)
    for _ in range(2):
        with store.writing() as connection:
            departures.merge(store, connection, {"a": "b", "b": "c"}, "crm", 3.0)
    with store.reading() as connection:
        (lead,) = [lead for page in leads.pages(connection) for lead in page]
        assert len(records.of_lead(connection, lead.number)["events"]) == 3
    assert lead.id == "c"
    assert all(check.passed for check in upkeep.checks(store))


def test_a_lead_that_was_merged_into_nobody_known_is_deleted(store: Store) -> None:
    filled(store)
    with store.writing() as connection:
        assert departures.merge(store, connection, {"a": "stranger"}, "crm", 3.0) == 1
    assert suppressed(store) == ["a"]
