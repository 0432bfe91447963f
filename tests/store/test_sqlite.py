"""The driver under SQLAlchemy."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadlight.store import sqlite


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
