"""Homes and databases: made, opened, refused, durable."""

from __future__ import annotations

import errno
import stat
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from leadlight.errors import LeadlightError, StoreError
from leadlight.store import (
    Home,
    Store,
    bulk,
    copies,
    create_store,
    open_store,
    restore,
    rights_log,
    schema,
    seal,
    sqlite,
)
from leadlight.store.tables import metadata


def test_a_home_is_closed_to_others(tmp_path: Path) -> None:
    """Nobody else on the machine reads the leads or the key."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.home.folder.iterdir()}
    assert stat.S_IMODE(store.home.folder.stat().st_mode) == 0o700
    assert {name for name, mode in modes.items() if mode & 0o077} == set()


def test_making_a_home_twice_keeps_it(home: Home) -> None:
    first = create_store(home)
    first.close()
    second = create_store(home)
    assert second.secret == first.secret


def test_a_folder_that_is_no_home_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as found:
        open_store(Home.of(tmp_path / "none", tmp_path))
    assert found.value.code == "no_home"


def test_a_lost_key_is_not_replaced(store: Store) -> None:
    """Under a new one nobody who was forgotten would be known again."""
    (store.home.folder / "secret.key").unlink()
    for again in (create_store, open_store):
        with pytest.raises(StoreError) as found:
            again(store.home)
        assert found.value.code in {"lost_key", "no_home"}
    assert not store.home.exists


def test_a_key_that_does_not_fit_is_refused(store: Store, tmp_path: Path) -> None:
    other = create_store(Home.of(tmp_path / "other", tmp_path)).home
    (store.home.folder / "secret.key").write_bytes((other.folder / "secret.key").read_bytes())
    for again in (create_store, open_store):
        with pytest.raises(StoreError) as found:
            again(store.home)
        assert found.value.code == "other_key"


@pytest.mark.parametrize("url", ["postgresql://ann@127.0.0.1:1/leads", "mysql://ann@127.0.0.1/leads"])
def test_a_database_that_cannot_be_used_leaves_nothing_behind(tmp_path: Path, url: str) -> None:
    place = Home.of(tmp_path / "home", tmp_path)
    with pytest.raises(LeadlightError):
        create_store(place, url)
    assert not place.is_elsewhere
    assert Home.of(place.folder, tmp_path).is_sqlite


def test_a_home_keeps_the_database_that_it_has(tmp_path: Path) -> None:
    """Its leads would be out of sight."""
    made = create_store(Home.of(tmp_path / "home", tmp_path)).home
    with pytest.raises(StoreError) as found:
        create_store(made, "postgresql://ann@127.0.0.1:1/leads")
    assert found.value.code == "other_database"
    assert open_store(Home.of(made.folder, tmp_path)).home.is_sqlite


def test_a_database_that_is_gone_is_told(tmp_path: Path) -> None:
    made = create_store(Home.of(tmp_path / "home", tmp_path))
    made.close()
    (made.home.folder / "leadlight.db").unlink()
    with pytest.raises(StoreError) as found:
        open_store(made.home)
    assert found.value.code == "empty_database"


def test_a_file_is_not_made_a_home(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("id\n1\n")
    with pytest.raises(StoreError) as found:
        create_store(Home.of(tmp_path / "leads.csv", tmp_path))
    assert found.value.code == "no_folder"


def test_a_newer_database_is_refused(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError) as found:
        open_store(store.home)
    assert found.value.code == "newer_database"


def test_the_migrations_make_what_the_code_expects(store: Store) -> None:
    """The tables that stand in the code are those that the migrations made."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with store.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.fixture
def old(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A home of the first version, in which somebody was forgotten and somebody objected."""
    home.create()
    store = Store.connect(home)
    with monkeypatch.context() as patch, store.writing() as connection:
        patch.setattr(schema, "VERSION", "0001")
        schema.upgrade(connection)
        seal.put(store, connection)
        mark = {"kind": "id", "hash": b"a" * 16, "at": 1.0}
        connection.execute(metadata.tables["tombstones"].insert(), mark)
        connection.execute(
            metadata.tables["suppressions"].insert(), mark | {"hash": b"b" * 16, "reason": "asked"}
        )
    yield store
    store.close()


MARKS = {("forgotten", b"a" * 16, ""), ("objected", b"b" * 16, "asked")}


def noted(store: Store) -> set[tuple[str, bytes, str]]:
    with store.reading() as connection:
        return {(line.act, line.key[1], line.reason) for line in rights_log.all_lines(connection)}


def test_an_older_database_is_brought_up_with_what_people_asked_for(old: Store) -> None:
    with pytest.raises(StoreError) as found:
        open_store(old.home)
    assert found.value.code == "older_database"
    assert noted(old) == MARKS
    new = create_store(old.home)
    assert noted(new) == MARKS
    new.close()


def test_an_older_backup_is_restored_over_an_older_database(old: Store, tmp_path: Path) -> None:
    if not old.home.is_sqlite:
        pytest.skip("a copy of an older version is made of the file")
    (tmp_path / "saved.db").touch()
    copies.write(old, tmp_path / "saved.db")
    restore.restore(old.home, tmp_path / "saved.db", "test", 9.0)
    new = open_store(old.home)
    assert noted(new) == MARKS
    new.close()


def test_a_migration_that_fails_leaves_nothing(home: Home) -> None:
    """All of the new version or none of it."""
    home.create()
    store = Store.connect(home)
    with suppress(RuntimeError), store.writing() as connection:
        schema.upgrade(connection)
        raise RuntimeError
    with store.reading() as connection:
        assert schema.version(connection) is None
        assert not schema.inspect(connection).get_table_names()


def test_what_fails_is_undone(store: Store) -> None:
    with suppress(RuntimeError), store.writing() as connection:
        connection.execute(metadata.tables["spend"].insert(), [SPENT])
        raise RuntimeError
    with store.reading() as connection:
        assert connection.execute(metadata.tables["spend"].select()).all() == []


def test_a_refusal_of_the_database_holds_no_value(store: Store) -> None:
    """What was to be written may be somebody's."""
    with pytest.raises(StoreError) as found, store.writing() as connection:
        connection.execute(metadata.tables["spend"].insert(), [SPENT, SPENT])
    assert "canary" not in "".join(traceback.format_exception(found.value))


@pytest.mark.parametrize("write", [bulk.insert, bulk.insert_missing, bulk.upsert])
def test_a_refusal_of_many_rows_at_once_is_one_too(store: Store, write: Callable[..., Any]) -> None:
    """They go past SQLAlchemy, to the driver itself."""
    row = {**SPENT, "amount": None}
    with pytest.raises(StoreError) as found, store.writing() as connection:
        write(connection, metadata.tables["spend"], list(row), [tuple(row.values())])
    assert found.value.code == "database"
    assert "canary" not in "".join(traceback.format_exception(found.value))


def test_sqlite_keeps_each_commit(tmp_path: Path) -> None:
    """WAL with FULL, or where the library is older than the repair of its fault, DELETE with EXTRA."""
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    with store.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
        ]
    assert found == ["wal", 2]
    assert sqlite.journal((3, 51, 2)) == ("delete", "extra")
    assert sqlite.journal((3, 51, 3)) == ("wal", "full")


def test_keyed_hashes_differ_by_home_and_kind(tmp_path: Path) -> None:
    first, second = (create_store(Home.of(tmp_path / name, tmp_path)) for name in "ab")
    assert first.keyed("id", b"7") == first.keyed("id", b"7")
    assert len({first.keyed("id", b"7"), first.keyed("email", b"7"), second.keyed("id", b"7")}) == 3


SPENT = {"channel": "canary", "day": "2026-01-01", "amount": 1.0, "currency": "EUR"}


def test_a_key_that_could_not_be_written_leaves_no_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next `init` makes the home as if nothing had been tried."""
    place = Home.of(tmp_path / "home", tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full_disk)
        with pytest.raises(LeadlightError):
            create_store(place)
    assert not place.exists
    create_store(place).close()


def full_disk(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
