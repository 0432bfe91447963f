"""`leadlight export`: SQL to a file or to the terminal, and what is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl

import leadlight as ll
from tests.cli.calls import call


def test_the_file_scores_a_table_as_the_model_does(here: Path, model: Path, leads: Path) -> None:
    answer = call("export", model, "--dialect", "sqlite", "--table", "crm", "--reasons", "1", "-o", "s.sql")
    assert answer.code == 0, answer.err
    raw = pl.read_csv(leads, infer_schema_length=0)
    with closing(sqlite3.connect(":memory:")) as connection:
        columns = ", ".join(f'"{name}" text' for name in raw.columns)
        connection.execute(f"CREATE TABLE crm ({columns})")
        connection.executemany(f"INSERT INTO crm VALUES ({', '.join('?' * raw.width)})", raw.rows())
        query = (here / "s.sql").read_text()
        told = {row[0]: row for row in connection.execute(query).fetchall()}
    ours = ll.load(model).score(str(leads), reasons=1)
    for row in ours.iter_rows(named=True):
        line = told[row[ours.columns[0]]]
        assert abs(line[2] - row["probability"]) < 1e-12
        assert (line[5], line[7]) == (row["grade"], row["reason_1"])


def test_without_a_file_the_query_goes_to_the_terminal(model: Path) -> None:
    answer = call("export", model)
    assert answer.code == 0
    assert answer.out.startswith("-- Leadlight model")
    assert answer.out.rstrip().endswith(";")


def test_an_unknown_dialect_and_a_file_that_is_there_are_refused(here: Path, model: Path) -> None:
    assert call("export", model, "--dialect", "oracle").error == "dialect"
    (here / "kept.sql").write_text("mine")
    assert call("export", model, "-o", "kept.sql").error == "exists"
    assert (here / "kept.sql").read_text() == "mine"
