"""A model of events in SQL reads a second table, and gives the scores of Python for the worst of logs."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.data.planted import Planted
from leadlight.data.sample_history import generate_history
from leadlight.errors import InputError
from leadlight.model.sql import DIALECTS
from tests.model.nasty_events import nasty_events, nasty_leads

ASKED: dict[str, Any] = {"target": "Stage", "positive": "Won", "negative": "Lost", "folds": 2}
AT = "2025-12-31"
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def model() -> ll.Model:
    made = generate_history(1_200, seed=6, planted=Planted(late=0.1))
    return ll.train(made.leads, events=made.events, outcomes=made.outcomes, models="glassbox", **ASKED)


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Leads, some of them twice and one without an id, and their events, some at the edge of every window."""
    made = generate_history(1_200, seed=7, planted=Planted(late=0.1))
    leads = nasty_leads(made.leads)
    nameless = leads.head(1).with_columns(pl.lit(None, dtype=pl.String).alias("Lead ID"))
    newest = leads.tail(40)["Lead ID"].str.strip_chars(" \u00a0\t").to_list()
    hours = [0, 3, 12, 24, 72, 84, 168, 169, 15]
    edges = [
        (lead, "Demo video", f"2025-12-{31 - (hour + 23) // 24:02}T{-hour % 24:02}:00:00", None)
        for lead in newest
        for hour in hours
    ]
    more = pl.DataFrame(edges, schema=["lead", "type", "time", "known_at"], orient="row")
    events = pl.concat([nasty_events(made.events), more.cast(pl.String)])
    return {"leads": pl.concat([leads, nameless]), "happenings": events}


def _frame(names: list[str], rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def _create(name: str, table: pl.DataFrame) -> str:
    columns = ", ".join(f'"{column}" text' for column in table.columns)
    return f"CREATE TABLE {name} ({columns})"


def _in_sqlite(query: str, tables: Tables) -> pl.DataFrame:
    with closing(sqlite3.connect(":memory:")) as connection:
        for name, table in tables.items():
            connection.execute(_create(name, table))
            marks = ", ".join("?" * table.width)
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", table.rows())
        answer = connection.execute(query)
        return _frame([each[0] for each in answer.description], answer.fetchall())


def _in_duckdb(query: str, tables: Tables) -> pl.DataFrame:
    import duckdb

    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table.to_arrow())
        answer = connection.execute(query)
        return _frame([each[0] for each in answer.description], answer.fetchall())


@pytest.fixture(scope="module")
def run(request: pytest.FixtureRequest) -> Callable[[str], Callable[[str, Tables], pl.DataFrame]]:
    """What runs a query over these tables in a database of a dialect."""

    def in_postgres(query: str, tables: Tables) -> pl.DataFrame:
        import psycopg

        with psycopg.connect(request.getfixturevalue("database")()) as connection:
            for name, table in tables.items():
                connection.execute(_create(name, table))
                with connection.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
                    for row in table.iter_rows():
                        copy.write_row(row)
            answer = connection.execute(query)
            return _frame([each.name for each in answer.description or ()], answer.fetchall())

    return {"sqlite": _in_sqlite, "duckdb": _in_duckdb, "postgres": in_postgres}.__getitem__


@pytest.mark.parametrize("dialect", ["duckdb", "sqlite", "postgres"])
def test_a_database_gives_the_scores_that_python_gives_of_events(
    model: ll.Model,
    tables: Tables,
    run: Callable[[str], Callable[[str, Tables], pl.DataFrame]],
    dialect: str,
) -> None:
    """Grades, calls and reasons are equal, and so are margins: probabilities to 4 units of the last place."""
    ours = model.score(tables["leads"], events=tables["happenings"], at=AT, reasons=2)
    query = model.to_sql(dialect, reasons=2, at=AT, events_table="happenings")
    told = run(dialect)(query, tables)
    assert told.height == ours.height
    both = ours.join(told, on="Lead ID", suffix="_sql", maintain_order="left", nulls_equal=True)
    apart = (both["probability"] - both["probability_sql"]).abs().to_numpy()
    assert (apart <= 4 * np.spacing(both["probability"].to_numpy())).all()
    for column in ("grade", "reason_1", "reason_2"):
        assert both[column].to_list() == both[f"{column}_sql"].to_list()
    assert both["call"].to_list() == [bool(each) for each in both["call_sql"]]
    silent = model.score(tables["leads"], events=tables["happenings"].head(0), at=AT)
    assert (silent["probability"] != ours["probability"]).sum() > 300


def test_events_count_as_of_the_moment_of_the_query(model: ll.Model, tables: Tables) -> None:
    """Where no moment is said: of what happened in another year nothing is left."""
    silent = model.score(tables["leads"], events=tables["happenings"].head(0))
    for dialect, run_there in (("sqlite", _in_sqlite), ("duckdb", _in_duckdb)):
        told = run_there(model.to_sql(dialect, events_table="happenings"), tables)
        both = silent.join(told, on="Lead ID", suffix="_sql", maintain_order="left", nulls_equal=True)
        assert np.allclose(both["probability"], both["probability_sql"], atol=1e-15)


def test_every_dialect_can_be_parsed_as_itself(model: ll.Model) -> None:
    """Snowflake, BigQuery and Spark are parsed here; the query stays one that a person can read."""
    import sqlglot

    for dialect in DIALECTS:
        for at in (None, AT):
            query = model.to_sql(dialect, table="crm.leads", at=at, events_table="crm.events")
            assert sqlglot.parse_one(query, read=dialect).find(sqlglot.exp.CTE)
            assert len(query.encode()) <= 250_000
            assert "-- Events: lead | type | time | known_at\n" in query


def test_a_model_without_events_reads_no_table_of_them() -> None:
    plain = ll.load("tests/fixtures/bundles/glassbox.leadlight")
    with pytest.raises(InputError, match="does not look at events"):
        plain.to_sql("duckdb", events_table="events")
