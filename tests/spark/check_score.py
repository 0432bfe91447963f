"""Spark gives the scores of Python to the bit, for every family of models."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.errors import ColumnError
from leadlight.flows.exclusions import Exclusions, Suppression
from leadlight.model.scoring import BatchScorer
from leadlight.run import spark
from tests.model.sql.nasty_leads import FEATURES, KEPT, TOML, learnt_from, nasty

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Spread = Callable[[pl.DataFrame], "DataFrame"]
BUNDLES = Path(__file__).resolve().parents[1] / "fixtures" / "bundles"
FAMILIES = sorted(path.stem for path in BUNDLES.glob("*.leadlight"))
CELLS = ["Google", " google ", "Straße", "1", "1.0", "-0.0", "NaN", "1e400", "", "n/a", "\ud7ff\u0130", None]


def collected(frame: DataFrame) -> pl.DataFrame:
    return pl.DataFrame(pl.from_arrow(frame.toArrow()))


def bits(series: pl.Series) -> list[bytes | None]:
    return [None if value is None else np.float64(value).tobytes() for value in series]


def same(ours: pl.DataFrame, theirs: pl.DataFrame, key: str) -> None:
    """Every column of ours, in the order of the ids, to the bit."""
    both = ours.join(theirs, on=key, suffix=" of spark", maintain_order="left", validate="1:1")
    assert both.height == ours.height == theirs.height
    for name in ours.columns:
        if name != key:
            found = both[f"{name} of spark"]
            told = bits if found.dtype == pl.Float64 else pl.Series.to_list
            assert told(found) == told(both[name]), name


@pytest.fixture(scope="module")
def stored() -> pl.DataFrame:
    """The leads of the stored bundles, and their like with cells that trip programs up."""
    leads = pl.DataFrame(json.loads((BUNDLES / "leads.json").read_text()), infer_schema_length=None)
    texts = leads.with_columns(pl.all().cast(pl.String))
    chance = np.random.default_rng(2)
    odd = texts.sample(400, with_replacement=True, seed=1).with_columns(
        pl.Series(name, [CELLS[k] for k in chance.integers(0, len(CELLS), 400)], dtype=pl.String)
        for name in texts.columns
    )
    return pl.concat([texts, odd]).with_columns(
        pl.Series("Lead ID", [f"L{k}" for k in range(len(texts) + 400)])
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_scores_as_in_python(spread: Spread, stored: pl.DataFrame, family: str) -> None:
    model = ll.load(BUNDLES / f"{family}.leadlight")
    theirs = spark.score(spread(stored), model, reasons=2, groups=True, only_scores=True)
    same(model.score(stored, reasons=2, groups=True), collected(theirs), "Lead ID")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ll.Model:
    """A glass box over numbers, levels, flags, dates, texts, money and declared features, with pairs."""
    config = tmp_path_factory.mktemp("spark") / "leadlight.toml"
    config.write_text(TOML)
    return ll.train(
        learnt_from(3000), target="won", models="glassbox", config=config, features=FEATURES, keep=KEPT
    )


@pytest.fixture(scope="module")
def leads(count: Callable[[int], int]) -> pl.DataFrame:
    return nasty(max(3000, count(10_000)))


def test_nasty_cells_score_as_in_python(spread: Spread, model: ll.Model, leads: pl.DataFrame) -> None:
    """And the leads' own columns come back as they went in."""
    found = collected(spark.score(spread(leads), model, reasons=3))
    same(model.score(leads, reasons=3), found.drop(set(leads.columns) - {"id"}), "id")
    assert found.select(leads.columns).sort("id").equals(leads.sort("id"))


def test_sql_on_spark_gives_the_score_of_python(
    session: SparkSession, spread: Spread, model: ll.Model, leads: pl.DataFrame
) -> None:
    """Margins are equal to the bit, so grades and reasons are; probabilities to 4 units of the last place."""
    some = leads.head(3000)
    spread(some).createOrReplaceTempView("leads")
    found = collected(session.sql(model.to_sql("spark", reasons=2)))
    both = model.score(some, reasons=2).join(
        found, on="id", suffix="_sql", maintain_order="left", validate="1:1"
    )
    assert found.height == some.height
    apart = (both["probability"] - both["probability_sql"]).abs().to_numpy()
    assert (apart <= 4 * np.spacing(both["probability"].to_numpy())).all()
    for column in ("probability_low", "grade", "reason_1", "reason_2"):
        assert both[column].to_list() == both[f"{column}_sql"].to_list()
    assert both["call"].to_list() == [bool(each) for each in both["call_sql"]]


def test_typed_columns_score_as_in_python(session: SparkSession, model: ll.Model) -> None:
    """Moments in a zone, dates, decimals, whole numbers and numbers that are none, as Spark types them."""
    rows = [
        {
            "id": f"t{k}",
            "Visits": [1.5, float("nan"), float("inf"), -0.0, None, 50.0][k % 6],
            "Source": ["google", "Google", None, "01"][k % 4],
            "Member": [True, False, None][k % 3],
            "Seen": datetime(2024, 3, 10, 23, 30, tzinfo=UTC) + timedelta(hours=k) if k % 5 else None,
            "Born": date(1900, 2, 28) + timedelta(days=997 * k),
            "Note": ["hello", "", None][k % 3],
            "Spend": Decimal(k * k) / 100 if k % 7 else None,
            "Created": datetime(2024, 6, 1, 12) + timedelta(days=k),
            "Extra": [k],
        }
        for k in range(200)
    ]
    kinds = "id string, Visits double, Source string, Member boolean, Seen timestamp, Born date, Note string"
    kinds += ", Spend decimal(20,2), Created timestamp_ntz, Extra array<int>"
    theirs = session.createDataFrame([tuple(row.values()) for row in rows], kinds)
    ours = pl.DataFrame(rows, schema_overrides={"Spend": pl.Decimal(20, 2)}, infer_schema_length=None)
    same(model.score(ours), collected(spark.score(theirs, model, only_scores=True)), "id")


def test_bytes_that_are_no_text_are_missing(session: SparkSession, model: ll.Model) -> None:
    """Spark lets them into a column of texts; nothing else of the lead is lost by it."""
    columns = ", ".join(
        f"'x' AS `{name}`" for name in ("Visits", "Member", "Seen", "Born", "Note", "Spend", "Created")
    )
    odd = session.sql(f"SELECT 'a' AS id, CAST(X'67FF' AS STRING) AS Source, {columns}")
    told = model.score([{"id": "a", "Source": None, **dict.fromkeys(odd.columns[2:], "x")}])
    same(told, collected(spark.score(odd, model, only_scores=True)), "id")


def test_who_is_named_in_a_list_is_left_out(
    spread: Spread, model: ll.Model, leads: pl.DataFrame, tmp_path: Path
) -> None:
    barred = tmp_path / "barred.csv"
    barred.write_text("id\nt7\nt9\n")
    out = Exclusions((Suppression.read(barred, model.bundle),), checked=True)
    some = leads.head(50)
    found = collected(spark.score(spread(some), model, only_scores=True, exclusions=out))
    same(model.score(some).filter(~pl.col("id").is_in(["t7", "t9"])), found, "id")


def test_columns_called_like_ours_are_marked_whatever_their_capitals(
    session: SparkSession, spread: Spread, model: ll.Model, leads: pl.DataFrame, tmp_path: Path
) -> None:
    """And the model's own columns may hold points, which Spark would else take for paths."""
    theirs = leads.head(20).with_columns(pl.lit("old").alias("Score"), pl.lit("x").alias("a.b"))
    goal = spark.Place(str(tmp_path / "out.parquet"))
    assert goal.write(spark.score(spread(theirs), model)) == 20
    found = pl.read_parquet(tmp_path / "out.parquet" / "*.parquet")
    assert found["Score (input)"].unique().to_list() == ["old"]
    assert {"score", "a.b"} <= set(found.columns)


def test_columns_that_are_not_there_are_named(spread: Spread, model: ll.Model, leads: pl.DataFrame) -> None:
    with pytest.raises(ColumnError, match="'Visits'"):
        spark.score(spread(leads.head(5).drop("Visits")), model)
    doubled = spread(leads.head(5))
    with pytest.raises(ColumnError, match="'Visits'"):
        spark.score(doubled.select("*", "Visits"), model)


def test_a_part_without_leads_is_no_trouble(spread: Spread, model: ll.Model, leads: pl.DataFrame) -> None:
    assert spark.score(spread(leads.head(0)), model).count() == 0
    assert BatchScorer(model.bundle).score(leads.head(0)).frame.height == 0
