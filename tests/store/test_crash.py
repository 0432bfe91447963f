"""A process that is killed while it writes: what it was told is kept, is there once, and nothing is half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from leadlight.store import Home, Store, leads, upkeep
from leadlight.store.tables import audit, events

WRITING = """
import sys
from pathlib import Path
from leadlight.store import Home, Store, audit, leads, records
store = Store.open(Home.of(sys.argv[1], Path(sys.argv[2])))
start = int(sys.argv[3])
for number in range(start, start + 1_000_000, 5):
    ids = [f"lead-{n}" for n in range(number, number + 5)]
    with store.writing() as connection:
        leads.upsert(store, connection, ids, [{"Visits": number}] * 5, "test", 1.0)
        records.events_of(connection, [{"id": each, "name": "e", "at": 1.0} for each in ids])
        audit.append(store, connection, "test", "load", None, {"from": number}, 1.0)
    print(number, flush=True)
"""


@pytest.mark.long
def test_what_was_acknowledged_before_a_kill_is_there(home: Home, count: Callable[[int], int]) -> None:
    store = Store.create(home)
    told: list[int] = []
    for round_ in range(max(3, count(100))):
        told += killed(home, 1_000_000 * round_, 0.05 + 0.03 * (round_ % 10))
        check(store, told)
    assert len(told) > 3
    store.close()


def check(store: Store, told: list[int]) -> None:
    with store.reading() as connection:
        names = Counter(lead.id for page in leads.pages(connection) for lead in page)
        happened = connection.execute(select(events.c.lead)).scalars().all()
        entries = connection.execute(select(audit.c.number)).scalars().all()
    assert not {f"lead-{number + k}" for number in told for k in range(5)} - names.keys()
    assert len(happened) == len(set(happened)) == len(names) == 5 * len(entries)
    assert all(found.passed for found in upkeep.checks(store))


def killed(home: Home, start: int, after: float) -> list[int]:
    """Let a process write for a while, kill it, and give what it said that it had written."""
    place = str(home.folder) if home.is_sqlite else home.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WRITING, place, str(home.folder.parent), str(start)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    rest = process.stdout.read()
    process.stdout.close()
    return [int(line) for line in (first + rest).splitlines(keepends=True) if line.endswith("\n")]
