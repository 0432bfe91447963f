"""Where leads come from and scores go to: Parquet, CSV, or a table of a database through JDBC."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from leadlight.errors import InputError
from leadlight.run.spark.session import plain_errors

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

FILES: Final = {".parquet": "parquet", ".csv": "csv"}
JDBC: Final = "jdbc:"
DRIVERS: Final = {
    "postgresql": "org.postgresql.Driver",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "mariadb": "org.mariadb.jdbc.Driver",
    "sqlserver": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "oracle": "oracle.jdbc.OracleDriver",
    "snowflake": "net.snowflake.client.jdbc.SnowflakeDriver",
}
"""Which class of which jar speaks to a database: one that came with --jars is not found by its address."""


@dataclass(frozen=True)
class Place:
    """A file, a folder of files, or a table of a database; a folder without an ending holds Parquet."""

    name: str
    table: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    by: str | None = None
    parts: int = 8

    def __post_init__(self) -> None:
        if self.is_database != (self.table is not None):
            raise InputError(
                "A database and a table belong together.",
                code="spark_place",
                where=self.shown,
                hint="Give jdbc:postgresql://HOST/DATABASE with --table for leads, --to-table for scores.",
            )

    @property
    def is_database(self) -> bool:
        return self.name.startswith(JDBC)

    @property
    def shown(self) -> str:
        """The place without what may stand behind its address, such as a password."""
        return self.name.partition("?")[0] if self.is_database else self.name

    @property
    def format(self) -> str:
        if self.is_database:
            return "jdbc"
        return FILES.get(PurePath(self.name.rstrip("/")).suffix.lower(), "parquet")

    def read(self, session: SparkSession) -> DataFrame:
        """The leads as they lie there; cells of a CSV file stay the text that they are."""
        with plain_errors(self.shown):
            reader = session.read.format(self.format)
            if self.format == "csv":
                reader = reader.options(header=True, escape='"', multiLine=True, inferSchema=False)
            if not self.is_database:
                return reader.load(self.name)
            return reader.options(**self._options(), **self._bounds(session)).load()

    def write(self, scores: DataFrame, *, force: bool = False) -> int:
        """Write it whole and give the number of rows; `force` replaces what is there, for a second run."""
        from pyspark.sql import Observation
        from pyspark.sql import functions as of

        written = Observation()
        with plain_errors(self.shown):
            writer = scores.observe(written, of.count(of.lit(1)).alias("rows")).write
            writer = writer.format(self.format).mode("overwrite" if force else "errorifexists")
            if self.format == "csv":
                writer = writer.options(header=True, escape='"')
            if self.is_database:
                writer.options(**self._options(), truncate=True, batchsize=10_000).save()
            else:
                writer.save(self.name)
        return int(written.get["rows"])

    def _options(self) -> dict[str, Any]:
        said = {"url": self.name, "dbtable": self.table, "user": self.user, "password": self.password}
        said["driver"] = DRIVERS.get(self.name.split(":")[1])
        return {name: value for name, value in said.items() if value is not None}

    def _bounds(self, session: SparkSession) -> dict[str, Any]:
        """Read in parts by a column of numbers; without one a table is read by one task."""
        if self.by is None:
            return {}
        mark = "`" if self.name.startswith(("jdbc:mysql", "jdbc:mariadb")) else '"'
        by = mark + self.by.replace(mark, mark * 2) + mark
        ends = f"SELECT MIN({by}) AS low, MAX({by}) AS high FROM {self.table}"  # noqa: S608
        known = {**self._options(), "dbtable": f"({ends}) ends"}
        low, high = session.read.format("jdbc").options(**known).load().collect()[0]
        return {
            "partitionColumn": self.by,
            "lowerBound": low or 0,
            "upperBound": (high or 0) + 1,
            "numPartitions": self.parts,
        }
