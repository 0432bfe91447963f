"""Many contacts, and a process that is killed in mid-run: the store ends as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.calls import PROGRAM, call
from tests.connect.hubspot_standin import TOKEN, Account, filled
from tests.connect.standin import Standin, running
from tests.connect.test_hubspot import configure, everything, sync


@pytest.fixture
def account(count: Callable[[int], int]) -> Account:
    """All of them in proof; elsewhere a third of the share, since each is read three times over HTTP."""
    contacts = count(100_000)
    return filled(contacts if contacts == 100_000 else contacts // 3)


def made(place: Path, standin: Standin) -> Path:
    assert call("init", "--home", place).code == 0
    configure(place, standin)
    return place


def test_a_run_that_is_killed_again_and_again_ends_in_the_same_store(
    account: Account, tmp_path: Path, count: Callable[[int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """First syncs that are killed at random moments, then one that is not; the second reads only changes."""
    monkeypatch.setenv("LEADLIGHT_HUBSPOT_TOKEN", TOKEN)
    chance = random.Random(7)
    with running(account) as standin:
        home = made(tmp_path / "home", standin)
        kills = max(2, count(20))
        for _ in range(kills):
            process = subprocess.Popen(
                [PROGRAM, "sync", "hubspot://contacts", "--home", home],
                env=os.environ,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            begun = len(standin.asked)
            wanted = begun + chance.randint(1, max(10, len(account.objects["contacts"]) * 4 // 50 // kills))
            while len(standin.asked) < wanted and process.poll() is None:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
            process.wait()
        sync(home)
        once = made(tmp_path / "once", standin)
        sync(once)
        assert everything(home) == everything(once)
        assert everything(once).keys() == account.objects["contacts"].keys()
        before = len(standin.asked)
        account.put("contacts", "1003", own_field="changed")
        assert sync(once)["rows"]["changed"] == 1
        assert len(standin.asked) - before < 20
        assert history(home) == history(once)


def history(home: Path) -> list[tuple[object, ...]]:
    """Events and contacts by their keys, without the numbers of rows."""
    from tests.connect.test_hubspot import opened

    store = opened(home)
    found: list[tuple[object, ...]] = []
    with store.reading() as connection:
        for table in ("events", "contacts"):
            query = f"SELECT leads.id, t.at, t.key FROM {table} t JOIN leads ON leads.number = t.lead"
            found += sorted(tuple(row) for row in connection.exec_driver_sql(query).all())
    store.close()
    return found
