"""The same store on SQLite and on PostgreSQL, and a small model to put into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from leadlight import api
from leadlight.data.sample import generate
from leadlight.model.bundle import Bundle
from leadlight.store import Home, Store
from tools import postgresql as servers

DATABASES = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A server of this test session; in continuous integration it has to be there."""
    if servers.programs() is None:
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not installed")
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="leadlight-pg-") as folder:
        place = Path(folder) / "server"
        place.mkdir()
        with servers.running(place) as address:
            yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home that does not exist yet, on each database."""
    if request.param == "sqlite":
        return Home.of(tmp_path / "home", tmp_path)
    address = request.getfixturevalue("postgresql")
    name = f"leads_{os.getpid()}_{next(DATABASES)}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return Home.of(f"{address}/{name}", tmp_path)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """An open store without leads."""
    opened = Store.create(home)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    """A glass box learnt from the first leads of `made`."""
    return api.train(generate(1_200, 1).leads, models=["logistic"], folds=3).bundle


@pytest.fixture(scope="session")
def other() -> Bundle:
    """Another model of the same leads."""
    return api.train(generate(1_200, 1).leads, models=["bayes"], folds=3).bundle
