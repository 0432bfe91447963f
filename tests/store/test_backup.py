"""Backups: whole, sound and under load; restores: all or nothing, and nobody who was forgotten comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from sqlalchemy import update

from leadlight.data.sample import generate
from leadlight.errors import FileError, LeadlightError, OutputError, StoreError
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.store import (
    Home,
    Store,
    audit,
    backup,
    copies,
    create_store,
    data_subject,
    erasure,
    intake,
    keys,
    leads,
    leftovers,
    open_store,
    restore,
    upkeep,
)
from leadlight.store.tables import events
from leadlight.store.tables import keys as table
from tests.store.people import WHO, bytes_of, canary, contents, files_of, happen, take, who

LEADS = {f"canary-{number:05d}": canary(number) for number in range(60)}


@pytest.fixture
def filled(store: Store, bundle: Bundle) -> Store:
    promote_bundle(store, bundle, 1.0, WHO)
    raw = generate(200, 4).leads
    take_leads(store, raw, raw.columns[0], "crm", 1.0)
    take(store, LEADS, 2.0)
    score_waiting(store, 3.0)
    happen(store, "canary-00000", canary(0))
    with store.writing() as connection:
        audit.append(store, connection, WHO, "begin", at=3.5)
    return store


@pytest.fixture
def saved(filled: Store, tmp_path: Path) -> Path:
    path = tmp_path / "saved.db"
    backup.write(filled, path, WHO, 4.0)
    return path


def healthy(store: Store) -> bool:
    return all(check.passed for check in upkeep.checks(store))


def inside(store: Store, path: Path) -> dict[str, list[tuple[object, ...]]]:
    with copies.opened(copies.at(store.home, path)) as copy:
        return contents(copy)


def test_a_backup_is_equal_row_for_row(filled: Store, tmp_path: Path) -> None:
    before = contents(filled)
    found = backup.write(filled, tmp_path / "saved.db", WHO, 4.0)
    assert inside(filled, found.path) == before
    assert found.rows["leads"] == 260
    assert (tmp_path / "saved.db").stat().st_mode & 0o077 == 0
    assert [path.name for path in files_of(tmp_path) if "saved" in path.name] == ["saved.db"]


def test_a_restore_is_equal_row_for_row(filled: Store, saved: Path) -> None:
    """But for the trail, which goes on, and for who was signed in."""
    before = contents(filled)
    take(filled, {"new": {"Visits": 1}, "canary-00001": {"Visits": 9}}, 5.0)
    score_waiting(filled, 6.0)
    restore.restore(filled.home, saved, WHO, 7.0)
    after = contents(filled)
    for name in before.keys() - {"audit", "sessions"}:
        assert after[name] == before[name], name
    assert [row[3] for row in after["audit"]] == ["promote", "begin", "backup", "restore"]
    assert healthy(filled)


def test_the_store_goes_on_after_a_restore(filled: Store, saved: Path) -> None:
    restore.restore(filled.home, saved, WHO, 7.0)
    assert take(filled, {"new": {"Visits": 1}}, 8.0).new == 1
    assert score_waiting(filled, 9.0).written == 1
    assert healthy(filled)


def test_who_was_forgotten_since_is_not_restored(filled: Store, saved: Path) -> None:
    """Nor scored, where they objected since; by the database, and by the second file alone."""
    email = canary(0)["Email"].encode()
    erasure.forget(filled, who(filled, id="canary-00000"), WHO, 5.0)
    data_subject.suppress(filled, who(filled, id="canary-00001"), WHO, "asked", 6.0)
    assert email in saved.read_bytes()
    found = restore.restore(filled.home, saved, WHO, 7.0)
    assert found.applied.erased.counts == {"leads": 1, "letters": 1, "answers": 1}
    assert (found.applied.held, found.trail_kept) == (1, True)
    assert who(filled, id="canary-00000").leads == ()
    assert who(filled, id="canary-00001").leads[0].suppressed
    score_waiting(filled, 8.0, everything=True)
    assert b"canary00000" not in repr(contents(filled)).encode().lower()
    if filled.home.is_sqlite:
        assert email not in bytes_of(filled).lower()
    assert healthy(filled)


def test_who_was_allowed_again_since_is_not_barred(filled: Store, tmp_path: Path) -> None:
    data_subject.suppress(filled, who(filled, id="canary-00001"), WHO, "asked", 3.0)
    backup.write(filled, tmp_path / "saved.db", WHO, 4.0)
    data_subject.allow(filled, who(filled, id="canary-00001"), WHO, 5.0)
    restore.restore(filled.home, tmp_path / "saved.db", WHO, 7.0)
    assert [lead.suppressed for lead in who(filled, id="canary-00001").leads] == [False]
    assert take(filled, {"canary-00001": {"Visits": 2}}, 8.0).suppressed == 0
    assert healthy(filled)


def test_a_lost_database_is_restored_by_the_second_file(tmp_path: Path, saved: Path, filled: Store) -> None:
    """What is left of the database is laid aside; who was forgotten stays so."""
    if not filled.home.is_sqlite:
        pytest.skip("the file is SQLite's")
    erasure.forget(filled, who(filled, id="canary-00000"), WHO, 5.0)
    filled.close()
    place = filled.home.folder / "leadlight.db"
    place.write_bytes(b"ruined" * 9_000)
    found = restore.restore(filled.home, saved, WHO, 7.0)
    assert found.aside == filled.home.folder / "damaged-1.db"
    assert found.applied.erased.leads == 1
    assert who(filled, id="canary-00000").leads == ()
    assert healthy(filled)


def test_a_refused_backup_leaves_even_a_ruined_database(tmp_path: Path, filled: Store) -> None:
    """There may be more to save from it than from any other file."""
    other = create_store(Home.of(tmp_path / "elsewhere", tmp_path))
    backup.write(other, tmp_path / "foreign.db", WHO, 1.0)
    if filled.home.is_sqlite:
        filled.close()
        Path(str(filled.home.url.database)).write_bytes(b"ruined" * 9_000)
    before = sorted(path.name for path in filled.home.folder.iterdir())
    with pytest.raises(StoreError) as found:
        restore.restore(filled.home, tmp_path / "foreign.db", WHO, 7.0)
    assert found.value.code == "other_key"
    assert sorted(path.name for path in filled.home.folder.iterdir()) == before


def test_a_backup_of_one_database_restores_into_another(
    filled: Store, saved: Path, tmp_path: Path, postgresql: str
) -> None:
    """The way from SQLite to PostgreSQL and back, with the key of the home carried along."""
    home = Home.of(tmp_path / "other", tmp_path).create()
    (home.folder / "secret.key").write_bytes((filled.home.folder / "secret.key").read_bytes())
    create_store(home).close()
    restore.restore(home, saved, WHO, 7.0)
    other = open_store(home)
    then, now = contents(filled), contents(other)
    other.close()
    assert all(then[name] == now[name] for name in then.keys() - {"audit"})


@pytest.mark.parametrize("harm", ["cut", "flip", "text", "empty", "missing", "trigger", "newer", "foreign"])
def test_what_is_no_sound_backup_is_refused(filled: Store, saved: Path, harm: str) -> None:
    """Before anything is changed."""
    before = contents(filled)
    spoil(saved, harm)
    with pytest.raises(LeadlightError) as found:
        restore.restore(filled.home, saved, WHO, 7.0)
    assert found.value.code == ("newer_database" if harm == "newer" else "backup")
    assert contents(filled) == before
    assert not (filled.home.folder / leftovers.PART).exists()


def spoil(path: Path, harm: str) -> None:
    data = path.read_bytes()
    spoilt = {"cut": data[: len(data) // 2], "text": b"id,name\n", "empty": b"", "flip": flipped(data)}
    if harm in spoilt:
        path.write_bytes(spoilt[harm])
    elif harm == "missing":
        path.unlink()
    else:
        statement = {
            "trigger": "CREATE TRIGGER t AFTER DELETE ON leads BEGIN DELETE FROM tombstones; END",
            "newer": "UPDATE alembic_version SET version_num = '9999'",
            "foreign": "CREATE TABLE stranger(a)",
        }[harm]
        database = apsw.Connection(str(path))
        database.execute(statement)
        database.close()


def flipped(data: bytes) -> bytes:
    """A page of pointers that leads nowhere."""
    spoilt = bytearray(data)
    for page in range(2, 12):
        spoilt[page * 4096 + 5] ^= 0xFF
    return bytes(spoilt)


def test_a_backup_under_another_key_is_refused(filled: Store, saved: Path, tmp_path: Path) -> None:
    """Nobody in it could be found, and nobody who was forgotten be kept out."""
    other = create_store(Home.of(tmp_path / "other", tmp_path))
    with pytest.raises(StoreError) as found:
        restore.restore(other.home, saved, WHO, 7.0)
    assert found.value.code == "other_key"
    with other.reading() as connection:
        assert leads.count(connection) == 0


def test_a_backup_does_not_replace_a_file_unasked(filled: Store, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(OutputError):
        backup.write(filled, saved, WHO, 5.0)
    assert saved.read_bytes() == before
    backup.write(filled, saved, WHO, 5.0, force=True)
    assert saved.read_bytes() != before


def test_backups_under_load_are_sound_and_of_one_moment(
    filled: Store, tmp_path: Path, count: Callable[[int], int]
) -> None:
    """Each lead comes together with its event, in one transaction: no backup holds one without the other."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def load() -> None:
        try:
            for number in range(1_000_000):
                if stop.is_set():
                    return
                with filled.writing() as connection:
                    intake.upsert(filled, connection, [f"load-{number}"], [{"Visits": number}], "load", 1.0)
                    kept = leads.find(connection, f"load-{number}")
                    assert kept is not None
                    row = {"lead": kept.number, "name": "e", "at": 1.0, "properties": "{}"}
                    connection.execute(events.insert(), row)
        except BaseException as problem:  # noqa: BLE001
            failed.append(problem)

    writer = threading.Thread(target=load)
    writer.start()
    try:
        for number in range(max(3, count(100))):
            path = tmp_path / f"{number}.db"
            backup.write(filled, path, WHO, 4.0)
            kept = inside(filled, path)
            loaded = [row[0] for row in kept["leads"] if str(row[1]).startswith("load-")]
            assert [row[1] for row in kept["events"] if row[2] == "e"] == loaded
            path.unlink()
    finally:
        stop.set()
        writer.join()
    assert not failed
    assert loaded
    assert healthy(filled)


LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from pathlib import Path
from leadlight.errors import LeadlightError
from leadlight.store import Home, backup, open_store, restore
act, home, path, limit = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
store = open_store(Home.of(home, home))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    if act == "backup":
        backup.write(store, path, "test", 9.0)
    else:
        restore.restore(store.home, path, "test", 9.0)
except LeadlightError as problem:
    print(problem.code)
"""


@pytest.mark.parametrize("act", ["backup", "restore"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_full_disk_leaves_everything_as_it_was(
    filled: Store, saved: Path, tmp_path: Path, act: str, share: float
) -> None:
    """No partial file, the store whole, and the same again once there is room."""
    if not filled.home.is_sqlite:
        pytest.skip("the limit is that of files of this process")
    before = contents(filled)
    path = saved if act == "restore" else tmp_path / "another.db"
    limit = int(saved.stat().st_size * share)
    answer = run(LIMITED, act, filled.home.folder, path, limit)
    assert answer.stdout.strip() in ("disk", "disk_full", "unreachable"), answer.stderr
    assert contents(filled) == before
    assert healthy(filled)
    assert not [path for path in files_of(tmp_path) if "another" in path.name or "restoring" in path.name]
    if act == "backup":
        backup.write(filled, path, WHO, 10.0)
    else:
        restore.restore(filled.home, path, WHO, 10.0)
    assert healthy(filled)


def run(code: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


RESTORING = """
import sys
from pathlib import Path
from leadlight.store import Home, restore
print("ready", flush=True)
restore.restore(Home.of(Path(sys.argv[1]), Path(sys.argv[1])), Path(sys.argv[2]), "test", 9.0)
"""


@pytest.mark.long
def test_a_restore_that_is_killed_leaves_the_old_or_the_new(
    filled: Store, saved: Path, tmp_path: Path
) -> None:
    """Never a mixture, at whichever moment; once what it left lying is cleared, every check passes."""
    if not filled.home.is_sqlite:
        pytest.skip("the process is ours only with SQLite")
    take(filled, {f"late-{number}": canary(number) for number in range(50)}, 5.0)
    late = contents(filled)["leads"]
    early = inside(filled, saved)["leads"]
    seen = set()
    for round_ in range(10):
        killed(0.02 * round_, RESTORING, filled.home.folder, saved)
        now = contents(filled)["leads"]
        assert now in (late, early)
        leftovers.clear_leftovers(filled.home)
        assert healthy(filled)
        seen.add(len(now))
    restore.restore(filled.home, saved, WHO, 10.0)
    assert contents(filled)["leads"] == early
    assert not (filled.home.folder / leftovers.PART).exists()


def killed(after: float, code: str, *words: object) -> None:
    """Run a process of its own, and kill it a while after it is ready."""
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_a_key_that_was_rotated_since_ends_when_its_grace_does(filled: Store, tmp_path: Path) -> None:
    """The sooner of both ends counts."""
    with filled.writing() as connection:
        old, _ = keys.create(connection, ["score"], 3.0, name="web")
        short, _ = keys.create(connection, ["score"], 3.0, name="short", expires=50.0)
    backup.write(filled, tmp_path / "saved.db", WHO, 4.0)
    with filled.writing() as connection:
        keys.rotate(connection, old, 5.0, grace=60.0)
        connection.execute(update(table).where(table.c.number == short.number).values(expires=90.0))
    restore.restore(filled.home, tmp_path / "saved.db", WHO, 7.0)
    with filled.reading() as connection:
        assert {key.name: key.expires for key in keys.valid_keys(connection)} == {"web": 65.0, "short": 50.0}


def test_a_backup_that_lacks_a_column_is_refused(tmp_path: Path) -> None:
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    path = tmp_path / "saved.db"
    backup.write(store, path, WHO, 1.0)
    with closing(apsw.Connection(str(path))) as saved:
        saved.execute("ALTER TABLE contacts DROP COLUMN result")
    with pytest.raises(FileError, match="lacks"):
        backup.check(path)
    store.close()


def test_what_a_killed_restore_left_is_seen_and_taken_away(tmp_path: Path) -> None:
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    left = store.home.folder / "restoring.db"
    left.write_bytes(b"everybody")
    assert [check.name for check in upkeep.checks(store) if not check.passed] == ["leftovers"]
    assert upkeep.scrub(store)
    assert not left.exists()
    assert all(check.passed for check in upkeep.checks(store))
    store.close()
