"""The driver under SQLAlchemy."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from leadlight.errors import StoreError
from leadlight.store import Home, create_store, sqlite
from leadlight.store.tables import spend


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 11])
def test_rows_that_are_fetched_in_parts_are_all_there(tmp_path: Path, size: int) -> None:
    connection = sqlite.connect(str(tmp_path / "x.db"))
    cursor = connection.cursor().execute(
        "WITH RECURSIVE t(n) AS (VALUES(1) UNION ALL SELECT n+1 FROM t LIMIT 10) SELECT n FROM t"
    )
    found = []
    while part := cursor.fetchmany(size):
        assert len(part) <= size
        found += [row[0] for row in part]
    connection.close()
    assert found == list(range(1, 11))


def test_a_read_that_nobody_ended_holds_up_no_write(tmp_path: Path) -> None:
    """Its connection would else see the database as it was then, and could write no more."""
    store, other = (create_store(Home.of(tmp_path / "home", tmp_path)) for _ in range(2))
    with store.writing() as connection:
        for number in range(3):
            row = {"channel": f"c{number}", "day": "2026-01-01", "amount": 1.0, "currency": ""}
            connection.execute(insert(spend), row)
    with store.reading() as connection:
        rows = connection.execute(select(spend.c.channel)).cursor
        assert rows is not None
        assert rows.fetchone() == ("c0",)
    with other.writing() as connection:
        connection.execute(delete(spend))
    with store.writing() as connection:
        assert connection.execute(select(spend)).all() == []
    store.close()
    other.close()


def test_nothing_is_kept_that_was_undone(tmp_path: Path) -> None:
    """A commit after the library has ended the transaction by itself says so."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    row = {"channel": "c", "day": "2026-01-01", "amount": 1.0, "currency": ""}

    def write() -> None:
        with store.writing() as connection:
            connection.execute(insert(spend), row)
            connection.exec_driver_sql("ROLLBACK")

    with pytest.raises(StoreError, match="took back"):
        write()
    with store.reading() as connection:
        assert connection.execute(select(spend)).all() == []
    store.close()
