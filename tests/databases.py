"""A PostgreSQL server for the tests that need one, and empty databases in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tools import mariadb as mariadb_servers
from tools import postgresql as servers

NUMBERS = count()


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


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Gives the address of a new database, empty."""

    def make() -> str:
        import psycopg

        address = request.getfixturevalue("postgresql")
        name = f"leads_{os.getpid()}_{next(NUMBERS)}"
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"{address}/{name}"

    return make


@pytest.fixture(scope="session")
def mariadb() -> Iterator[int]:
    """The port of a MariaDB server of this test session; in continuous integration it has to be there."""
    if mariadb_servers.programs() is None:
        if os.environ.get("CI"):
            pytest.fail("MariaDB is not installed")
        pytest.skip("MariaDB is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="leadlight-db-") as folder,
        mariadb_servers.running(Path(folder)) as port,
    ):
        yield port
