"""The tests of Spark, run by the Python of its environment: PySpark stays out of everybody else's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-spark/bin/python"


@pytest.mark.long
def test_what_is_promised_of_spark_holds_on_spark() -> None:
    """Bitwise scores of every family, SQL, training, Parquet and JDBC, in one session of Spark."""
    if not PYTHON.exists():
        if os.environ.get("CI"):
            pytest.fail("the environment of Spark is not here: make spark")
        pytest.skip("the environment of Spark is not here: make spark")
    command = [str(PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "python_files=check_*.py"]
    command.append("tests/spark")
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout[-8000:] + answer.stderr[-2000:]
