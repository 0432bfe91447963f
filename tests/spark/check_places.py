"""The command on Spark, from Parquet, CSV and databases to Parquet, CSV and databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import polars as pl
import pytest

import leadlight as ll
from leadlight.cli import app
from leadlight.errors import DependencyError, FileError, InputError, OutputError
from leadlight.run import spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from typer.testing import Result

BUNDLES = Path(__file__).resolve().parents[1] / "fixtures" / "bundles"
MODEL = BUNDLES / "glassbox.leadlight"
DRIVER = any(Path(sys.prefix, "jars").glob("postgresql-*.jar"))


@pytest.fixture
def leads() -> pl.DataFrame:
    read = pl.DataFrame(json.loads((BUNDLES / "leads.json").read_text()), infer_schema_length=None)
    return read.cast(pl.String).with_row_index("number")


@pytest.fixture
def call(session: SparkSession) -> Callable[..., Result]:
    from typer.testing import CliRunner

    assert session
    return lambda *words: CliRunner().invoke(app, ["spark", *map(str, words)])


def probabilities(leads: pl.DataFrame) -> list[float]:
    return ll.load(MODEL).score(leads).sort("Lead ID")["probability"].to_list()


def test_the_command_scores_a_csv_file_into_parquet(
    call: Callable[..., Result], leads: pl.DataFrame, tmp_path: Path
) -> None:
    """A file that exists is refused; with --force the job may be run again and leaves the same."""
    source, goal = tmp_path / "leads.csv", tmp_path / "scores"
    odd = leads.with_columns(pl.lit('say "no",\nthen 007').alias("Note of ours"))
    odd.write_csv(source)
    answer = call("score", MODEL, source, "-o", goal, "--json")
    assert answer.exit_code == 0, answer.output
    told = answer.stdout[answer.stdout.index("{") :]
    assert json.loads(told)["scored"] == leads.height
    assert call("score", MODEL, source, "-o", goal).exit_code == 2
    assert call("score", MODEL, source, "-o", goal, "--force").exit_code == 0
    found = pl.read_parquet(goal / "*.parquet").sort("Lead ID")
    assert found["probability"].to_list() == probabilities(leads)
    assert found["Note of ours"].unique().to_list() == ['say "no",\nthen 007']


def test_scores_can_go_to_csv(session: SparkSession, leads: pl.DataFrame, tmp_path: Path) -> None:
    leads.write_parquet(tmp_path / "leads.parquet")
    scored = spark.score(spark.Place(str(tmp_path / "leads.parquet")).read(session), MODEL, only_scores=True)
    spark.Place(str(tmp_path / "out.csv")).write(scored)
    found = pl.concat([pl.read_csv(part) for part in (tmp_path / "out.csv").glob("*.csv")])
    assert found.sort("Lead ID")["probability"].to_list() == probabilities(leads)


def rows(session: SparkSession, leads: pl.DataFrame, place: str, folder: Path, **login: str | None) -> int:
    """Leads into a table, scored from there by several tasks into another one, twice."""
    leads.write_parquet(folder / "leads.parquet")
    loaded = session.read.parquet(str(folder / "leads.parquet"))
    spark.Place(place, "leads", **login).write(loaded)
    source = spark.Place(place, "leads", by="number", parts=3, **login).read(session)
    assert source.rdd.getNumPartitions() == 3
    scored = spark.score(source, MODEL, only_scores=True)
    goal = spark.Place(place, "scores", **login)
    goal.write(scored)
    with pytest.raises(OutputError):
        goal.write(scored)
    goal.write(scored, force=True)
    found = pl.DataFrame(pl.from_arrow(goal.read(session).toArrow())).sort("Lead ID")
    assert found["probability"].to_list() == probabilities(leads)
    return found.height


def test_tables_of_postgresql_through_jdbc(
    session: SparkSession, leads: pl.DataFrame, tmp_path: Path, database: Callable[[], str]
) -> None:
    if not DRIVER and not os.environ.get("CI"):
        pytest.skip("no driver for PostgreSQL here: make spark brings it where Maven is")
    address = urlsplit(database())
    place = f"jdbc:postgresql://{address.hostname}:{address.port}{address.path}"
    assert (
        rows(session, leads, place, tmp_path, user=address.username, password=address.password)
        == leads.height
    )


def test_what_cannot_be_reached_is_told_without_a_trace(session: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="nothing at this place"):
        spark.Place(str(tmp_path / "none.parquet")).read(session)
    with pytest.raises(DependencyError, match="no driver"):
        spark.Place("jdbc:nobody://127.0.0.1/x?password=secret", "leads").read(session)
    with pytest.raises(InputError) as caught:
        spark.Place("jdbc:postgresql://127.0.0.1/x?password=secret")
    assert "secret" not in str(caught.value)


def test_the_job_runs_under_spark_submit(leads: pl.DataFrame, tmp_path: Path) -> None:
    """As the how-to has it: the script of ours, whose arguments are those of the command."""
    job = Path(__file__).resolve().parents[2] / "deploy/spark/job.py"
    leads.write_parquet(tmp_path / "leads.parquet")
    words = ["score", str(MODEL), str(tmp_path / "leads.parquet"), "-o", str(tmp_path / "scores"), "--json"]
    submit = [str(Path(sys.executable).parent / "spark-submit"), "--master", "local[1]", str(job), *words]
    answer = subprocess.run(submit, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    told = answer.stdout[answer.stdout.index("{") :]
    assert json.loads(told)["scored"] == leads.height
