"""A disk that fills up under a server: writes are refused whole, scoring goes on, and a retry works."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from leadlight.store import leads
from tests.serve.homes import Made, Process, home, started
from tests.serve.running import leads as sample

POINTS = 20
WIDE = {"note": "x" * 2_000}
FREE = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def send(server: Process, made: Made, start: int, key: str) -> httpx.Response:
    """Twenty leads of some thousand bytes each."""
    body = {"leads": [{"id": f"{start + k}", "Visits": k, **WIDE} for k in range(20)]}
    return server.client.post(
        "/v1/leads", json=body, headers=made.headers("write", **{"Idempotency-Key": key})
    )


def refused(server: Process, made: Made, start: int) -> tuple[int, str, httpx.Response]:
    """Send until a write is refused: where that was, its key, and the answer."""
    for place in range(start, start + 20_000, 20):
        key = str(uuid4())
        answer = send(server, made, place, key)
        if answer.status_code != 200:
            return place, key, answer
    raise AssertionError("the disk did not fill up")


@pytest.mark.long
def test_a_disk_that_fills_up_under_a_server(tmp_path: Path, count: Callable[[int], int]) -> None:
    made = home(tmp_path / "home")
    asked: dict[str, Any] = {"leads": sample(3), "reasons": 3}
    place = 0
    with started(made) as server:
        before = server.client.post("/v1/score", json=asked, headers=made.headers("score")).text
        for point in range(count(POINTS)):
            largest = max(path.stat().st_size for path in made.folder.glob("leadlight.db*"))
            limit = largest + 7_001 * point
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            place, key, answer = refused(server, made, place)
            assert answer.status_code in (503, 507), answer.text
            assert answer.json()["code"] in ("disk", "disk_full")
            assert server.client.post("/v1/score", json=asked, headers=made.headers("score")).text == before
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, FREE)
            assert send(server, made, place, key).json()["new"] == 20
            place += 20
        with made.store.reading() as connection:
            assert leads.count(connection) == place
        assert made.store.fault() is None
    made.store.close()
