"""How many columns the leads of a home may have: a cap for every way in, and what is known stays so."""

from __future__ import annotations

import polars as pl
import pytest
from sqlalchemy import func, select

from leadlight.errors import InputError
from leadlight.flows.take import take_leads
from leadlight.store import Store, columns, derived, erasure
from leadlight.store.tables import leads
from tests.store.people import WHO, take, who

SPREAD = 500


def fill(store: Store) -> None:
    """As many columns as a home may have, some in each lead."""
    sparse = {
        str(first): {f"c{first + k}": 1 for k in range(SPREAD)}
        for first in range(0, columns.MAX_COLUMNS, SPREAD)
    }
    take(store, sparse)


def count(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(leads)).scalar_one())


def test_more_columns_than_a_home_may_have_are_refused_whole(store: Store) -> None:
    fill(store)
    before = count(store)
    with pytest.raises(InputError) as found:
        take(store, {"new": {"c1": 2}, "stray": {"somebody@example.org": 1}})
    assert (found.value.code, "10,001" in found.value.message) == ("too_many_columns", True)
    assert "example.org" not in str(found.value)
    with pytest.raises(InputError) as found:
        take_leads(store, pl.DataFrame({"id": ["t"], "stray": ["x"]}), "id", "crm.csv", 2.0)
    assert found.value.code == "too_many_columns"
    assert count(store) == before


def test_a_full_home_takes_the_columns_that_it_knows(store: Store) -> None:
    fill(store)
    assert take(store, {"new": {"c9": 2, "stray": None}, "0": {"c0": 3}}).new == 1


def test_after_stray_columns_were_erased_there_is_room_again(store: Store) -> None:
    fill(store)
    erasure.forget(store, who(store, id="500"), WHO, 5.0)
    with pytest.raises(InputError):
        take(store, {"new": {"stray": 1}})
    with store.writing() as connection:
        derived.rebuild(store, connection)
    assert take(store, {"new": {"stray": 1}}).new == 1
