"""A model in SQL gives the score, grade and reasons that Python gives, on real databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.errors import InputError
from leadlight.model.sql import DIALECTS
from tests.model.sql.nasty_leads import FEATURES, KEPT, TOML, learnt_from, nasty

RUN = ("duckdb", "sqlite", "postgres")
REASONS = 3
Run = Callable[[str, pl.DataFrame], pl.DataFrame]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ll.Model:
    """A glass box over numbers, levels, flags, dates, texts, money and declared features, with pairs."""
    config = tmp_path_factory.mktemp("sql") / "leadlight.toml"
    config.write_text(TOML)
    made = ll.train(
        learnt_from(3000), target="won", models="glassbox", config=config, features=FEATURES, keep=KEPT
    )
    assert made.bundle.scorer.learner.pairs
    return made


@pytest.fixture(scope="module")
def leads(count: Callable[[int], int]) -> pl.DataFrame:
    return nasty(max(2000, count(10_000)))


def _create(leads: pl.DataFrame, table: str = "leads") -> str:
    columns = ", ".join(f'"{name}" text' for name in leads.columns)
    return f"CREATE TABLE {table} ({columns})"


def _frame(names: list[str], rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)


def _in_sqlite(query: str, leads: pl.DataFrame) -> pl.DataFrame:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(_create(leads))
        marks = ", ".join("?" * leads.width)
        connection.executemany(f"INSERT INTO leads VALUES ({marks})", leads.rows())
        answer = connection.execute(query)
        return _frame([each[0] for each in answer.description], answer.fetchall())


def _in_duckdb(query: str, leads: pl.DataFrame) -> pl.DataFrame:
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(_create(leads))
        connection.executemany(f"INSERT INTO leads VALUES ({', '.join('?' * leads.width)})", leads.rows())
        answer = connection.execute(query)
        return _frame([each[0] for each in answer.description], answer.fetchall())


@pytest.fixture(scope="module")
def run(request: pytest.FixtureRequest) -> Callable[[str], Run]:
    """What runs a query over these leads in a database of a dialect."""

    def in_postgres(query: str, leads: pl.DataFrame) -> pl.DataFrame:
        import psycopg

        with psycopg.connect(request.getfixturevalue("database")()) as connection:
            connection.execute(_create(leads))
            with connection.cursor() as cursor, cursor.copy("COPY leads FROM STDIN") as copy:
                for row in leads.iter_rows():
                    copy.write_row(row)
            answer = connection.execute(query)
            return _frame([each.name for each in answer.description or ()], answer.fetchall())

    ways = {"sqlite": _in_sqlite, "duckdb": _in_duckdb, "postgres": in_postgres}
    return ways.__getitem__


@pytest.mark.parametrize("dialect", RUN)
def test_a_database_gives_the_score_the_grade_and_the_reasons_of_python(
    model: ll.Model, leads: pl.DataFrame, run: Callable[[str], Run], dialect: str
) -> None:
    """On cells made to trip it up: no cell raises, margins are equal to the bit, so grades are as well."""
    ours = model.score(leads, reasons=REASONS)
    told = run(dialect)(model.to_sql(dialect, reasons=REASONS), leads)
    both = ours.join(told, on="id", suffix="_sql", maintain_order="left")
    assert both.height == leads.height
    apart = (both["probability"] - both["probability_sql"]).abs().to_numpy()
    assert (apart <= 4 * np.spacing(both["probability"].to_numpy())).all()
    assert both["probability_low"].equals(both["probability_low_sql"].alias("probability_low"))
    for column in ("grade", *(f"reason_{k}" for k in range(1, REASONS + 1))):
        assert both[column].to_list() == both[f"{column}_sql"].to_list()
    assert both["call"].to_list() == [bool(each) for each in both["call_sql"]]
    assert ((both["score"] - both["score_sql"]).abs() < 0.11).all()


@pytest.mark.parametrize("dialect", RUN)
def test_who_objected_is_left_out(
    model: ll.Model, run: Callable[[str], Run], dialect: str, leads: pl.DataFrame
) -> None:
    """A table of ids that must not be scored: those leads do not come back."""
    some = leads.head(50)
    query = model.to_sql(dialect, suppress_table="barred")
    barred = "barred AS (SELECT ' t7 ' AS \"id\" UNION ALL SELECT 't9'),\ncells AS"
    told = run(dialect)(query.replace("cells AS", barred, 1), some)
    assert set(some["id"]) - set(told["id"]) == {"t7", "t9"}


def test_every_dialect_can_be_parsed_as_itself(model: ll.Model) -> None:
    """Snowflake, BigQuery and Spark are parsed here; no such server is at hand."""
    import sqlglot

    for dialect in DIALECTS:
        query = model.to_sql(dialect, table="crm.leads", reasons=2, carry=["Source"])
        assert sqlglot.parse_one(query, read=dialect).find(sqlglot.exp.CTE)
        assert len(query.encode()) <= 250_000


def test_ages_are_counted_to_a_moment_where_one_is_given(model: ll.Model, leads: pl.DataFrame) -> None:
    some = leads.head(300)
    ours = model.score(some, at="2025-06-01")
    told = _in_sqlite(model.to_sql("sqlite", at="2025-06-01"), some)
    assert np.allclose(ours["probability"], told["probability"], atol=1e-15)


def test_what_cannot_be_written_in_sql_is_refused(model: ll.Model, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no SQL for 'oracle'"):
        model.to_sql("oracle")
    trees = ll.train(learnt_from(1500), target="won", models="tree", id="id")
    with pytest.raises(InputError, match="cannot be written in SQL") as caught:
        trees.to_sql("duckdb")
    assert caught.value.code == "sql_family"
