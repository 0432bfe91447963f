"""One session for all checks on Spark, which tests/run/test_spark.py runs in the environment of Spark."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    from leadlight.run.spark import spark_session

    jars = ",".join(map(str, Path(sys.prefix, "jars").glob("*.jar")))
    place = str(tmp_path_factory.mktemp("warehouse"))
    os.environ["MASTER"] = "local[2]"
    more = {
        "spark_master": "local[2]",
        "spark_driver_extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark_sql_shuffle_partitions": "2",
        "spark_sql_warehouse_dir": place,
        "spark_local_dir": place,
    }
    running = spark_session(**more, **({"spark_jars": jars} if jars else {}))
    running.sparkContext.setLogLevel("OFF")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def spread(
    session: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[pl.DataFrame], DataFrame]:
    """Gives leads as a dataframe of Spark in several parts, through Parquet."""

    def make(leads: pl.DataFrame) -> DataFrame:
        place = tmp_path_factory.mktemp("leads") / "leads.parquet"
        leads.write_parquet(place)
        return session.read.parquet(str(place)).repartition(2)

    return make
