"""One service in this process, shared by the tests that change nothing in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serve.running import Service, service


@pytest.fixture(scope="package")
def served() -> Iterator[Service]:
    with service() as made:
        yield made
