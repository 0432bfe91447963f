"""Leads out of SQL databases, each a real one, wherever leads are named."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest

import leadlight as ll
from leadlight.connect import files
from leadlight.data.sample import generate
from leadlight.errors import FileError, LeadlightError
from tests.cli.calls import call
from tools import mariadb as mariadb_servers

SYSTEMS = ["sqlite", "duckdb", "postgresql", "mariadb"]
TYPED = """
CREATE TABLE typed (
  id VARCHAR(20), big BIGINT, small DECIMAL(12,2), ratio DOUBLE PRECISION, born DATE, seen TIMESTAMP NULL,
  note VARCHAR(200), zip VARCHAR(10)
)
"""
ROWS: list[tuple[Any, ...]] = [
    ("007", 9007199254740993, "12.50", 0.5, "2026-03-31", "2026-03-31 09:00:00", "Zoë ✓ %s", "02134"),
    ("008", None, None, None, None, None, "", "00501"),
]
SECRET = mariadb_servers.WORD


class Place:
    """A database of one kind: its URL, and statements run in it by its own driver."""

    def __init__(self, kind: str, url: str, run: Callable[[str, list[tuple[Any, ...]]], None]) -> None:
        self.kind, self.url, self.run = kind, url, run

    def table(self, name: str, frame: pl.DataFrame) -> None:
        quoted = "`{}`" if self.kind == "mariadb" else '"{}"'
        kinds = {pl.Float64: "DOUBLE PRECISION", pl.Int64: "BIGINT"}
        columns = ", ".join(
            f"{quoted.format(each)} {kinds.get(kind, 'VARCHAR(200)')}" for each, kind in frame.schema.items()
        )
        self.run(f"CREATE TABLE {quoted.format(name)} ({columns})", [])
        mark = {"sqlite": "?", "duckdb": "?"}.get(self.kind, "%s")
        marks = ", ".join([mark] * frame.width)
        self.run(f"INSERT INTO {quoted.format(name)} VALUES ({marks})", frame.rows())


def runner(connection: Any) -> Callable[[str, list[tuple[Any, ...]]], None]:
    def run(statement: str, rows: list[tuple[Any, ...]]) -> None:
        cursor = connection.cursor()
        if rows:
            cursor.executemany(statement, rows)
        else:
            cursor.execute(statement)
        connection.commit()

    return run


@pytest.fixture(params=SYSTEMS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    kind = request.param
    if kind == "sqlite":
        path = tmp_path / "crm.db"
        return Place(kind, f"sqlite:///{path}", runner(sqlite3.connect(path)))
    if kind == "duckdb":
        import duckdb

        path = tmp_path / "crm.duckdb"

        def once(statement: str, rows: list[tuple[Any, ...]]) -> None:
            with duckdb.connect(str(path)) as connection:
                runner(connection)(statement, rows)

        return Place(kind, f"duckdb:///{path}", once)
    if kind == "postgresql":
        import psycopg

        url = request.getfixturevalue("database")()
        return Place(kind, url, runner(psycopg.connect(url)))
    import pymysql

    port = request.getfixturevalue("mariadb")
    who = {"host": "127.0.0.1", "port": port, "user": mariadb_servers.USER, "password": SECRET}
    name = f"crm_{tmp_path.name.replace('-', '_')}"[:60]
    runner(pymysql.connect(**who))(f"CREATE OR REPLACE DATABASE `{name}` CHARACTER SET utf8mb4", [])
    url = f"mariadb://{mariadb_servers.USER}:{quote(SECRET)}@127.0.0.1:{port}/{name}"
    return Place(kind, url, runner(pymysql.connect(**who, database=name)))


def leads_of(count: int) -> pl.DataFrame:
    return generate(count, 1).leads


def test_values_come_as_from_a_file(place: Place) -> None:
    place.run(TYPED, [])
    mark = "?" if place.kind in {"sqlite", "duckdb"} else "%s"
    place.run(f"INSERT INTO typed VALUES ({', '.join([mark] * 8)})", ROWS)
    found = files.read(f"{place.url}?table=typed").frame
    assert found["id"].to_list() == ["007", "008"]
    assert found["big"].to_list() == ["9007199254740993", None]
    assert found["zip"].to_list() == ["02134", "00501"]
    assert found["note"].to_list() == ["Zoë ✓ %s", None]
    assert [text.strip("\u2007\u202f") for text in found["small"].drop_nulls()] == ["12.5"]
    assert found["born"].to_list() == ["2026-03-31", None]
    assert found["seen"].to_list()[0] in {"2026-03-31T09:00:00", "2026-03-31 09:00:00"}
    assert set(found.dtypes) == {pl.String}


def test_a_query_and_batches_give_the_rows_of_the_table(place: Place) -> None:
    place.table("leads", leads_of(300))
    whole = files.read(f"{place.url}?table=leads").frame
    mark = "`" if place.kind == "mariadb" else '"'
    name = whole.columns[0]
    query = quote(f"SELECT * FROM leads ORDER BY {mark}{name}{mark}")
    batches = files.read_batches(f"{place.url}?query={query}", batch_rows=70)
    parts = list(batches)
    assert [part.frame.height for part in parts] == [70, 70, 70, 70, 20]
    assert pl.concat(part.frame for part in parts).sort(name).equals(whole.sort(name))
    assert pl.concat(part.frame for part in batches).height == 300


@pytest.mark.parametrize("place", ["postgresql", "mariadb"], indirect=True)
def test_a_model_learnt_from_a_database_is_the_one_learnt_from_a_file(place: Place, tmp_path: Path) -> None:
    """To the last byte; and every command takes the URL where it takes a file."""
    frame = leads_of(600).select(pl.all().cast(pl.String))
    place.table("leads", frame)
    frame.write_csv(tmp_path / "leads.csv")
    url = f"{place.url}?table=leads"
    options = {"models": ["logistic"], "folds": 3}
    learnt = ll.train(url, **options)
    learnt.save(tmp_path / "a.leadlight")
    ll.train(tmp_path / "leads.csv", **options).save(tmp_path / "b.leadlight")
    assert (tmp_path / "a.leadlight").read_bytes() == (tmp_path / "b.leadlight").read_bytes()
    scored = call("score", tmp_path / "a.leadlight", url, "-o", tmp_path / "s.csv", "--json")
    assert scored.json["rows"]["in"] == 600
    for words in (["inspect", url], ["evaluate", tmp_path / "a.leadlight", url]):
        answer = call(*words, "--json")
        assert answer.code == 0, answer.out + answer.err
        assert SECRET not in (answer.out + answer.err)
    planned = call("plan", tmp_path / "a.leadlight", url, "--capacity", "20", "-o", tmp_path / "l.xlsx")
    assert planned.code == 0, planned.err
    home = tmp_path / "home"
    assert call("init", "--home", home).code == 0
    synced = call("sync", url, "--home", home, "--json")
    assert synced.json["rows"]["new"] == 600
    assert call("sync", url, "--home", home, "--json").json["rows"]["same"] == 600
    assert SECRET.encode() not in (home / "leadlight.db").read_bytes()


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM leads",
        "SELECT 1; DROP TABLE leads",
        "WITH gone AS (DELETE FROM leads RETURNING *) SELECT * FROM gone",
    ],
)
def test_nothing_is_written(place: Place, query: str) -> None:
    place.table("leads", leads_of(30))
    with pytest.raises(FileError):
        files.read(f"{place.url}?query={quote(query)}")
    assert files.read(f"{place.url}?table=leads").frame.height == 30


def test_what_is_wrong_is_told_without_the_password(place: Place) -> None:
    place.table("leads", leads_of(30))
    for tail, code, said in (
        ("", "database_url", "There are: leads"),
        ("?table=leeds", "database_refused", "There are: leads"),
        ("?query=SELECT+nothing+FROM+leads", "database_refused", "nothing"),
        ("?table=a&query=SELECT+1", "database_url", "which leads"),
        ("?query=SELECT+FROM+%28", "database_refused", ""),
    ):
        with pytest.raises(LeadlightError) as found:
            files.read(place.url + tail)
        assert found.value.code == code
        assert said in str(found.value)
        assert SECRET not in str(found.value)
        assert quote(SECRET) not in str(found.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://nobody:hush@127.0.0.1:1/x?table=t",
        "mysql://nobody:hush@127.0.0.1:1/x?table=t",
        "sqlite:///nowhere.db?table=t",
        "duckdb:///nowhere.db?table=t",
        "postgresql://127.0.0.1:port/x?table=t",
        "mysql://u:hush@127.0.0.1/x?table=t&local_infile=1",
    ],
)
def test_a_database_that_is_not_there_is_told(url: str) -> None:
    answer = call("inspect", url)
    assert answer.code == 2
    assert "Traceback" not in (answer.out + answer.err)
    assert "hush" not in (answer.out + answer.err)


def test_an_option_for_files_is_refused(tmp_path: Path) -> None:
    answer = call("inspect", "sqlite:///x.db?table=t", "--sheet", "one")
    assert answer.code == 2
    assert "--sheet means nothing" in (answer.out + answer.err)
