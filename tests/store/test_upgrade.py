"""Homes that earlier versions of Leadlight made, one of every version of the database, brought up to today.

Each lies in tests/store/homes as its version left it, on both databases, with what it held: eight leads of
whom one was forgotten, three objected, one was allowed again, one has another address since, one has a call,
a visit, an outcome and a word against the score.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from leadlight.errors import StoreError
from leadlight.flows.score import score_waiting
from leadlight.store import (
    Home,
    Store,
    create_store,
    data_subject,
    open_store,
    replay,
    restore,
    schema,
    upkeep,
)
from leadlight.store.tables import leads, metadata
from tests.store.people import WHO, asked, ids, take, who

HOMES = Path(__file__).parent / "homes"
VERSIONS = [path.stem for path in sorted(HOMES.glob("*.zip"))]
KEPT = ("secret.key", "rights.jsonl")
UNTOUCHED = ("scores", "inputs", "suppressions", "tombstones", "promotions")
UNTOUCHED += ("outcomes", "events", "contacts", "spend", "overrides", "audit", "keys", "seal")


@dataclass(frozen=True)
class OldHome:
    """A home as an earlier version left it, and the rows of its tables by then."""

    version: str
    home: Home
    rows: dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_old(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], OldHome]:
    kind = request.param
    folder = tmp_path / "home"

    def make(version: str) -> OldHome:
        folder.mkdir(mode=0o700)
        with ZipFile(HOMES / f"{version}.zip") as packed:
            for name in KEPT:
                (folder / name).write_bytes(packed.read(f"{kind}/{name}"))
            rows = json.loads(packed.read(f"{kind}/expected.json"))
            if kind == "sqlite":
                (folder / "leadlight.db").write_bytes(packed.read("sqlite/leadlight.db"))
            else:
                address = request.getfixturevalue("database")()
                fill(address, packed.read("postgresql/dump.sql").decode())
                (folder / "database.url").write_text(address)
        return OldHome(version, Home.of(folder, tmp_path), rows)

    return make


def fill(address: str, dump: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(dump)  # type: ignore[call-overload]


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, make_old: Callable[[str], OldHome]) -> OldHome:
    return make_old(request.param)


@pytest.fixture
def upgraded(old: OldHome) -> Iterator[Store]:
    store = create_store(old.home)
    yield store
    store.close()


def rows_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row as it is kept in the fixtures: numbers to the last bit, bytes as hex."""
    found = {}
    with store.reading() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(table.select().order_by(*table.primary_key.columns)).mappings()
            found[table.name] = [{name: cell(value) for name, value in row.items()} for row in rows]
    return found


def cell(value: Any) -> Any:
    if isinstance(value, float):
        return value.hex()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def test_there_is_a_home_of_every_version() -> None:
    assert {*VERSIONS, schema.VERSION} == {*schema.KNOWN}


def test_an_old_home_has_to_be_upgraded_first(old: OldHome) -> None:
    if old.version == schema.VERSION:
        open_store(old.home).close()
        return
    with pytest.raises(StoreError) as found:
        open_store(old.home)
    assert found.value.code == "older_database"


def test_what_an_old_home_holds_is_there_to_the_last_bit(old: OldHome, upgraded: Store) -> None:
    now = rows_of(upgraded)
    for name in UNTOUCHED:
        assert now[name] == old.rows[name], name
    before = {row["lead"]: row for row in old.rows["current"]}
    after = {row["lead"]: row for row in now["current"]}
    assert after == before
    assert [row["fields"] for row in now["leads"]] == [row["fields"] for row in old.rows["leads"]]


def test_every_score_of_an_old_home_comes_out_again(old: OldHome, upgraded: Store) -> None:
    found = replay.replay(upgraded)
    assert found.same == found.scores == len(old.rows["scores"])
    assert all(check.passed for check in upkeep.checks(upgraded))


def test_the_rights_of_an_old_home_hold(upgraded: Store) -> None:
    with upgraded.reading() as connection:
        barred = connection.execute(select(leads.c.id).where(leads.c.suppressed).order_by(leads.c.id))
        assert barred.scalars().all() == ["L1", "L5", "L6"]
    assert take(upgraded, {"N1": {"Mail": "bob@example.org"}}, 2_000.0).forgotten == 1
    assert take(upgraded, {"N2": {"Mail": "ANN@example.org"}}, 2_000.0).suppressed == 1
    assert take(upgraded, {"N3": {"Mail": "jürgen@münchen.example"}}, 2_000.0).suppressed == 1
    assert take(upgraded, {"L3": {"City": "York"}}, 2_000.0).suppressed == 0


def test_people_of_an_old_home_are_found_as_leads_are_read_now(upgraded: Store) -> None:
    assert ids(who(upgraded, phone="+47 22123456").leads) == ["L6"]
    assert ids(who(upgraded, phone="20260331").leads) == []
    assert ids(who(upgraded, phone="+49 30 7654321").leads) == ["L8"]
    assert ids(who(upgraded, email="dora@new.example").leads) == ["L4"]
    assert ids(who(upgraded, email="dora@old.example").related) == ["L4"]


def test_an_old_home_goes_on_scoring(upgraded: Store) -> None:
    take(upgraded, {"N4": {"Email": "new@example.org"}}, 2_000.0)
    found = score_waiting(upgraded, 2_001.0)
    assert (found.looked_at, found.written) == (1, 1)


def test_a_backup_of_an_old_home_is_restored(old: OldHome, tmp_path: Path) -> None:
    """Where the database itself is gone."""
    if not old.home.is_sqlite:
        pytest.skip("a backup is a file of SQLite")
    path = tmp_path / "old.db"
    (old.home.folder / "leadlight.db").replace(path)
    restore.restore(old.home, path, WHO, 3_000.0)
    store = open_store(old.home)
    person = data_subject.find_before_acting(store, asked(email="ann@example.org"))
    assert [lead.suppressed for lead in person.leads] == [True]
    assert all(check.passed for check in upkeep.checks(store))
    store.close()
