"""When fields were filled first, by the changes that came in, on both databases."""

from __future__ import annotations

from leadlight.store import Store, event_rows, field_history, intake, records
from leadlight.store.leads import find


def test_when_a_field_was_filled_first(store: Store) -> None:
    """A history that begins with a value before it says that the field was filled before."""
    changes = {
        "given": [(None, "x"), ("x", "y")],
        "emptied": [(None, ""), ("", None), (None, "z")],
        "before": [("old", "new")],
        "long": [(None, str(number)) for number in range(30)],
    }
    rows = [
        {
            "id": "a",
            "name": f"property:{name}",
            "at": 100.0 + place,
            "properties": {"before": old, "value": new},
            "key": f"{name}{place}",
        }
        for name, each in changes.items()
        for place, (old, new) in enumerate(each)
    ]
    with store.writing() as connection:
        intake.upsert(store, connection, ["a"], [{"x": 1}], "salesforce", 1.0)
        records.add_events(connection, rows)
        lead = find(connection, "a")
        assert lead is not None
        assert field_history.has_changes(connection)
        found = field_history.first_filled(connection, lead.number, lead.number)
    assert found == {lead.number: {"given": 100.0, "emptied": 102.0, "before": None}}


def test_a_change_of_a_field_is_nothing_that_a_lead_did(store: Store) -> None:
    rows = [{"id": "a", "name": "property:x", "at": 1.0, "properties": {}, "key": "1"}]
    with store.writing() as connection:
        intake.upsert(store, connection, ["a"], [{"x": 1}], "hubspot", 1.0)
        records.add_events(connection, rows)
        assert not event_rows.has_events(connection)
        records.add_events(connection, [{**rows[0], "name": "visit", "key": "2"}])
        assert event_rows.has_events(connection)
        assert event_rows.event_table(connection)["type"].to_list() == ["visit"]
        assert [each[1] for each in event_rows.of_ids(connection, ["a"])] == ["visit"]
