"""A process that is killed while it writes: what it was told is kept, is there once, and nothing is half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from leadlight.data.sample import generate
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import Home, Store, create_store, leads, upkeep
from leadlight.store.tables import audit, current, events

WRITING = """
import sys
from pathlib import Path
from leadlight.store import Home, audit, intake, leads, open_store, records
store = open_store(Home.of(sys.argv[1], Path(sys.argv[2])))
start = int(sys.argv[3])
for number in range(start, start + 1_000_000, 5):
    ids = [f"lead-{n}" for n in range(number, number + 5)]
    with store.writing() as connection:
        intake.upsert(store, connection, ids, [{"Visits": number}] * 5, "test", 1.0)
        records.add_events(connection, [{"id": each, "name": "e", "at": 1.0} for each in ids])
        audit.append(store, connection, "test", "load", None, {"from": number}, 1.0)
    print(number, flush=True)
"""


FILLING = """
import signal, resource, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pathlib import Path
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.data.sample import generate
from leadlight.errors import LeadlightError
from leadlight.store import Home, open_store
store = open_store(Home.of(sys.argv[1], Path(sys.argv[1])))
import polars as pl
raw = generate(4_000, 9).leads.with_columns(pl.first() + sys.argv[3])
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for start in range(0, 4_000, 100):
        take_leads(store, raw[start : start + 100], raw.columns[0], "crm", 1.0)
        score_waiting(store, 2.0)
        print(start, flush=True)
except LeadlightError as problem:
    print(problem.code, flush=True)
"""


def test_a_disk_that_fills_up_while_leads_are_taken_in_and_scored(
    tmp_path: Path, bundle: Bundle, count: Callable[[int], int]
) -> None:
    """What was acknowledged stays, nothing is half, and all goes on once there is room."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    promote_bundle(store, bundle, 1.0, "test")
    for share in range(1, 1 + max(2, count(20))):
        size = (tmp_path / "home/leadlight.db").stat().st_size
        limit = size + 100_000 * share
        command = [sys.executable, "-c", FILLING, str(tmp_path / "home"), str(limit), str(share)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        *told, code = answer.stdout.split()
        assert code in ("disk", "disk_full"), answer.stderr
        with store.reading() as connection:
            assert leads.count(connection) >= 100 * len(told)
        assert all(found.passed for found in upkeep.checks(store))
        with upkeep.raw_connection(store.home) as database:
            upkeep.checkpoint(database)
    raw = generate(4_000, 9).leads
    take_leads(store, raw, raw.columns[0], "crm", 3.0)
    score_waiting(store, 4.0)
    with store.reading() as connection:
        scored = connection.execute(select(func.count()).select_from(current)).scalar()
        assert scored == leads.count(connection) > 4_000


@pytest.mark.long
def test_what_was_acknowledged_before_a_kill_is_there(home: Home, count: Callable[[int], int]) -> None:
    store = create_store(home)
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
