"""Contacts that HubSpot deleted, restored or merged."""

from __future__ import annotations

from pathlib import Path

from leadlight.data.handles import Handle, of_id
from leadlight.store import data_subject, records
from leadlight.store import leads as stored
from tests.cli.calls import call
from tests.connect.hubspot_standin import Account
from tests.connect.test_hubspot import account, everything, home, opened, served, standin, sync

__all__ = ["account", "home", "served", "standin"]


def test_deleted_contacts_are_kept_and_not_scored_until_they_are_restored(
    served: Path, account: Account
) -> None:
    home = served
    account.archive("1001")
    account.archive("1002")
    told = sync(home)["rows"]
    assert (told["deleted"], told["returned"]) == (2, 0)
    assert sync(home)["rows"]["deleted"] == 0
    assert {"1001", "1002"} <= everything(home).keys()
    assert listed_in(home, "current").isdisjoint({"1001", "1002"})
    assert listed_in(home, "board").isdisjoint({"1001", "1002"})
    account.put("contacts", "1003", own_field="b")
    found = call("db", "find", "1001", "--home", home, "--json").json["leads"][0]
    assert (found["deleted"], found["objected"]) == (True, False)
    account.restore("1001")
    assert sync(home)["rows"]["returned"] == 1
    assert "1001" in listed_in(home, "current") & listed_in(home, "board")
    assert "1002" not in listed_in(home, "current")
    assert call("db", "check", "--home", home).code == 0


def test_merged_contacts_become_one_lead_with_all_that_happened(home: Path, account: Account) -> None:
    sync(home)
    store = opened(home)
    with store.writing() as connection:
        told = [{"id": "1003", "outcome": "won", "value": 5.0, "at": 7.0}]
        records.add_outcomes(connection, told, "test")
    person = data_subject.find_before_acting(store, [of_id("1003")])
    data_subject.suppress(store, person, "test", "", 8.0)
    store.close()
    account.merge("1003", "1001")
    assert sync(home)["rows"]["merged"] == 1
    assert sync(home)["rows"]["merged"] == 0
    found = everything(home)
    assert "1003" not in found
    assert "hs_merged_object_ids" not in found["1001"]
    store = opened(home)
    with store.reading() as connection:
        lead = stored.find(connection, "1001")
        assert lead is not None
        assert lead.suppressed
        happened = records.of_lead(connection, lead.number)
    person = data_subject.find_before_acting(store, [Handle("email", "person3@example.org")])
    store.close()
    assert [each["outcome"] for each in happened["outcomes"]] == ["won"]
    assert len(happened["contacts"]) == 1
    assert [each.id for each in (*person.leads, *person.related)] == ["1001"]


def listed_in(home: Path, table: str) -> set[str]:
    store = opened(home)
    with store.reading() as connection:
        query = f"SELECT leads.id FROM {table} JOIN leads ON leads.number = {table}.lead"
        found = {*connection.exec_driver_sql(query).scalars()}
    store.close()
    return found
