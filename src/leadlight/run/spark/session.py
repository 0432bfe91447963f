"""The session that a job runs in: that of spark-submit or of a notebook, else one on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from leadlight.errors import ColumnError, DependencyError, FileError, InputError, LeadlightError, OutputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL: Final = "local[*]"
SETTINGS: Final = {
    "spark.app.name": "leadlight",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
}
"""What is set where spark-submit or spark-defaults.conf say nothing."""
ON_ONE_MACHINE: Final = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def spark_session(**more: str) -> SparkSession:
    """The running session, else one with the settings of spark-submit; without a master, on this machine.

    `more` are settings of Spark with _ for their points.
    """
    try:
        from pyspark import SparkConf
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise DependencyError(
            "PySpark is not installed here.", code="no_spark", hint="pip install 'leadlight[spark]'"
        ) from None
    if (running := SparkSession.getActiveSession()) is not None:
        return running
    said = SparkConf()
    builder = SparkSession.builder
    for name, value in (SETTINGS | _place(said)).items():
        if not said.contains(name):
            builder = builder.config(name, value)
    for name, value in more.items():
        builder = builder.config(name.replace("_", "."), value)
    try:
        return builder.getOrCreate()
    except PySparkRuntimeError:
        raise DependencyError(
            "Spark could not be started: it found no Java.",
            code="no_java",
            hint="Install Java 17 or newer and set JAVA_HOME.",
        ) from None


def _place(said: object) -> dict[str, str]:
    """A master on this machine where none is named; its workers run this very Python."""
    master = os.environ.get("MASTER") or said.get("spark.master", "")  # type: ignore[attr-defined]
    if master and not master.startswith("local"):
        return {}
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return ON_ONE_MACHINE | ({} if master else {"spark.master": LOCAL})


@contextmanager
def plain_errors(where: str) -> Iterator[None]:
    """What Spark raises as one of our errors, without a value of a lead and without its trace."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as problem:
        raise told(problem.getCondition() or type(problem).__name__, str(problem), where) from None
    except Py4JJavaError as problem:
        cause = problem.java_exception
        raise told(str(cause.getClass().getSimpleName()), str(cause.toString()), where) from None


def told(condition: str, text: str, where: str) -> LeadlightError:
    """One of our errors for one of Spark's, whose condition alone is repeated: its text may hold cells."""
    for kind, marks, message, hint in _CONDITIONS:
        if any(mark in condition or mark in text for mark in marks):
            return kind(message, code="spark_place", where=where, hint=hint)
    return InputError(
        f"Spark ended with {condition}.",
        code="spark",
        where=where,
        hint="The log of Spark says more. It may hold values of leads: keep it where leads may be.",
    )


_CONDITIONS: Final = (
    (
        FileError,
        ("PATH_NOT_FOUND",),
        "There is nothing at this place.",
        "Name a file or folder that Spark reaches.",
    ),
    (
        OutputError,
        ("PATH_ALREADY_EXISTS", "TABLE_OR_VIEW_ALREADY_EXISTS", "already exists"),
        "The output exists already.",
        "Choose another name, or add --force to replace it.",
    ),
    (
        DependencyError,
        ("ClassNotFoundException", "No suitable driver"),
        "Spark has no driver for this database.",
        "Give it one: spark-submit --packages org.postgresql:postgresql:42.7.8 ...",
    ),
    (
        ColumnError,
        ("COLUMN_ALREADY_EXISTS",),
        "Two columns differ in capitals only, which Spark takes for one.",
        "Rename one of them.",
    ),
)
