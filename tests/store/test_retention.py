"""Nobody is kept longer than was said; the clock is a value."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from leadlight.errors import InputError
from leadlight.store import Store, audit, leads, records, retention
from leadlight.store.tables import dead_letters
from tests.store.people import WHO, canary, take

DAY = retention.DAY


@pytest.fixture
def aged(store: Store) -> Store:
    """Leads of day 0, 10 and 20; of the oldest two something was heard on day 15."""
    for day in (0, 10, 20):
        take(store, {f"{day}-{n}": canary(100 * day + n) for n in range(4)}, day * DAY)
    with store.writing() as connection:
        row = {"id": "0-0", "name": "visit", "at": 15 * DAY, "properties": {}, "key": None}
        records.add_events(connection, [row])
        records.add_contacts(connection, [{"id": "0-1", "channel": "phone", "at": 15 * DAY, "key": None}])
        letter = {"source": "crm", "place": "1", "reason": "bad", "body": b"{}"}
        connection.execute(insert(dead_letters), [letter | {"at": 0.0}, letter | {"at": 20 * DAY}])
    return store


def ids(store: Store) -> list[str]:
    with store.reading() as connection:
        return [lead.id for page in leads.pages(connection) for lead in page]


@pytest.mark.parametrize(
    ("today", "gone", "letters"), [(20, 0, 0), (30.5, 2, 1), (40.5, 6, 1), (45.5, 8, 1), (50.5, 12, 2)]
)
def test_as_the_clock_goes_on_leads_expire(aged: Store, today: float, gone: int, letters: int) -> None:
    """30 days after their last change or the last that was heard of them."""
    with aged.reading() as connection:
        said = retention.expired(connection, 30, today * DAY)
    assert (said.leads, said.letters) == (gone, letters)
    assert retention.expire(aged, 30, WHO, today * DAY).counts == said.counts
    assert len(ids(aged)) == 12 - gone
    with aged.reading() as connection:
        assert retention.expired(connection, 30, today * DAY).leads == 0


def test_who_changed_is_young_again(aged: Store) -> None:
    take(aged, {"0-2": {"Visits": 5}}, 31 * DAY)
    retention.expire(aged, 30, WHO, 60 * DAY)
    assert ids(aged) == ["0-2"]


def test_expiring_is_no_objection(aged: Store) -> None:
    """They may come again; the trail tells how many went."""
    retention.expire(aged, 1, WHO, 100 * DAY)
    assert take(aged, {"0-0": canary(0)}, 101 * DAY).new == 1
    with aged.reading() as connection:
        entry = audit.latest(connection, 1)[0]
    assert entry.detail == '{"days":1,"leads":12,"letters":2,"answers":0}'


@pytest.mark.parametrize("days", [0, -1, float("nan")])
def test_no_days_are_refused(aged: Store, days: float) -> None:
    with pytest.raises(InputError):
        retention.expire(aged, days, WHO, 100 * DAY)
    assert len(ids(aged)) == 12
