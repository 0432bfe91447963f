"""One service in this process, shared by the tests that change nothing in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.serve.running import Service, service

EACH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]


@pytest.fixture(scope="session", params=EACH)
def kept_in(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Where each home of a test keeps its leads: in its folder, or in a new database of PostgreSQL."""
    if request.param == "sqlite":
        return lambda: None
    made: Callable[[], str] = request.getfixturevalue("database")
    return made


@pytest.fixture(scope="package")
def served() -> Iterator[Service]:
    with service() as made:
        yield made
