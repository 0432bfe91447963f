"""Scoring on Spark, beside a plain scan and write, and beside a pandas UDF around a scikit-learn pipeline.

python -m benchmarks.bench_spark [--rows 10000000] [--udf-rows 1000000]

It runs in the environment of Spark: make spark.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import polars as pl

from benchmarks.measure import RESULTS, ROOT, commit, machine
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.sample import generate

SCAN = 3.0
UDF = 5.0
PYTHON = ROOT / ".venv-spark/bin/python"


def main() -> int:
    if sys.prefix != str(PYTHON.parent.parent):
        return subprocess.run(
            [str(PYTHON), "-m", "benchmarks.bench_spark", *sys.argv[1:]], check=False
        ).returncode
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--udf-rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadlight-spark-") as folder:
        told = measured(Path(folder), asked.rows, min(asked.udf_rows, asked.rows))
    for name, value in told.items():
        print(f"{name}: {value}")
    content = {"commit": commit(), "machine": machine(), **told}
    RESULTS.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(
        RESULTS / "spark.json", (json.dumps(content, indent=2) + "\n").encode(), force=True
    )
    return int(told["times_the_scan"] > SCAN or told["times_as_fast_as_the_udf"] < UDF)


def measured(folder: Path, rows: int, few: int) -> dict[str, Any]:
    """Seconds of each way, written to Parquet; the slow one on fewer leads, by the lead."""
    import leadlight as ll
    from leadlight.run import spark

    session = started(folder)
    learnt = generate(20_000, seed=1).leads
    model = ll.train(learnt, target="Converted", models="glassbox")
    many(folder / "leads", rows)
    leads = session.read.parquet(str(folder / "leads"))
    part = session.read.parquet(str(folder / "leads")).limit(few)
    part.write.parquet(str(folder / "few"))
    part = session.read.parquet(str(folder / "few"))
    warm = session.read.parquet(str(folder / "few")).limit(1000)
    spark.score(warm, model).write.parquet(str(folder / "warm"))

    def timed(name: str, frame: Callable[[], Any]) -> float:
        start = perf_counter()
        frame().write.parquet(str(folder / name))
        seconds = perf_counter() - start
        print(f"{name}: {seconds:.1f} s", flush=True)
        return seconds

    scan = timed("scan", lambda: leads)
    ours = timed("ours", lambda: spark.score(leads, model))
    mine = timed("ours_few", lambda: spark.score(part, model, only_scores=True))
    theirs = timed("udf_few", lambda: by_udf(part, learnt, model))
    return {
        "rows": rows,
        "udf_rows": few,
        "scan_seconds": round(scan, 1),
        "our_seconds": round(ours, 1),
        "udf_seconds": round(theirs, 1),
        "our_seconds_on_udf_rows": round(mine, 1),
        "times_the_scan": round(ours / scan, 2),
        "times_as_fast_as_the_udf": round(theirs / mine, 2),
    }


def started(folder: Path) -> Any:
    from leadlight.run.spark import spark_session

    os.environ["MASTER"] = "local[2]"
    return spark_session(
        spark_master="local[2]",
        spark_driver_memory="3g",
        spark_local_dir=str(folder / "local"),
        spark_sql_warehouse_dir=str(folder / "warehouse"),
    )


def many(place: Path, rows: int) -> None:
    """Leads as text, in files of 500,000, each with ids of its own."""
    place.mkdir()
    base = generate(min(rows, 500_000), seed=2).leads.cast(pl.String)
    for number, start in enumerate(range(0, rows, base.height)):
        part = base.head(rows - start).with_columns(
            pl.int_range(start, start + min(base.height, rows - start)).cast(pl.String).alias("Lead ID")
        )
        part.write_parquet(place / f"part-{number:04}.parquet")


def by_udf(leads: Any, learnt: pl.DataFrame, model: Any) -> Any:
    """What a data scientist writes by hand: a pipeline of scikit-learn in a pandas UDF."""
    import pandas as pd
    from pyspark.sql import functions as of
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    schema = model.bundle.scorer.schema
    numbers = [column.name for column in schema.inputs if column.kind == "number"]
    words = [column.name for column in schema.inputs if column.kind != "number"]
    pipeline = make_pipeline(
        make_column_transformer(
            (SimpleImputer(), numbers),
            (OneHotEncoder(handle_unknown="ignore", min_frequency=20, sparse_output=False), words),
        ),
        HistGradientBoostingClassifier(max_iter=200),
    )

    def table(frame: pd.DataFrame) -> pd.DataFrame:
        read = {name: pd.to_numeric(frame[name], errors="coerce") for name in numbers}
        return pd.DataFrame(read | {name: frame[name].astype(object).fillna("missing") for name in words})

    known = learnt.filter(pl.col("Converted").is_not_null())
    first = pd.DataFrame(known.cast(pl.String).to_dict(as_series=False))
    pipeline.fit(table(first), (first["Converted"].str.lower().isin(["1", "yes", "true"])).astype(int))

    def by_hand(given):  # type: ignore[no-untyped-def]
        return pd.Series(pipeline.predict_proba(table(given))[:, 1])

    by_hand.__annotations__ = {"given": pd.DataFrame, "return": pd.Series}
    probability = of.pandas_udf(by_hand, "double")

    every = of.struct(*(of.col(f"`{name}`") for name in (*numbers, *words)))
    return leads.select("Lead ID", probability(every).alias("probability"))


if __name__ == "__main__":
    sys.exit(main())
