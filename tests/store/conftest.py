"""The same store on SQLite and on PostgreSQL, and a small model to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadlight import api
from leadlight.data.sample import generate
from leadlight.model.bundle import Bundle
from leadlight.store import Home, Store, create_store


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home that does not exist yet, on each database."""
    if request.param == "sqlite":
        return Home.of(tmp_path / "home", tmp_path)
    return Home.of(request.getfixturevalue("database")(), tmp_path)


@pytest.fixture
def store(home: Home) -> Iterator[Store]:
    """An open store without leads."""
    opened = create_store(home)
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
