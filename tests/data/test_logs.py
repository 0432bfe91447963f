"""Logs beside the leads: every row is taken or left out with a reason, whatever stands in it."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import logs

CELL = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(
        ["L-1", " L-1 ", "2026-03-31", "2026-03-31T09:00:00+02:00", "1e999", "nan", "12.5", "-3"]
    ),
)


@given(st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=12))
def test_the_account_balances(rows: list[tuple[str | None, ...]]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    for read, names in (
        (logs.contacts, ("lead", "at", "who", "result")),
        (logs.touches, ("lead", "time", "type", "channel")),
        (logs.outcomes, ("lead", "at", "outcome", "value")),
        (logs.spend, ("channel", "day", "amount", "currency")),
    ):
        said = zip(names, columns, strict=True)
        table = pl.DataFrame({name: pl.Series(list(cells), dtype=pl.String) for name, cells in said})
        log = read(table)
        assert log.counts["in"] == len(rows)
        assert log.counts["taken"] == log.rows.height
        assert all(count > 0 for count in log.left_out.values())


def test_columns_are_found_by_what_exports_call_them() -> None:
    table = pl.DataFrame({"Lead ID": ["a"], "Contacted At": ["2026-01-02 10:00:00"], "Sales Rep": ["Ann"]})
    log = logs.contacts(table)
    assert log.rows.row(0) == ("a", 1_767_348_000.0, "Ann", None, None)


def test_a_contact_that_is_told_twice_counts_once_and_zones_are_one_time() -> None:
    table = pl.DataFrame(
        {
            "lead": ["a", "a", "b", None],
            "at": ["2026-01-02T10:00Z", "2026-01-02T11:00+01:00", "soon", "2026-01-02"],
        }
    )
    log = logs.contacts(table)
    assert log.rows.height == 1
    assert dict(log.left_out) == {"no lead": 1, "no moment": 1, "twice": 1}
