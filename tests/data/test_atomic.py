"""Files are there whole or not at all."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from leadlight.data.atomic import replacing, write_bytes_atomically
from leadlight.errors import OutputError


def test_a_new_file_holds_the_bytes_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_bytes_atomically(tmp_path / "model.leadlight", b"glass")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("model.leadlight", b"glass")]


def test_an_existing_file_is_refused_without_force(tmp_path: Path) -> None:
    target = tmp_path / "model.leadlight"
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists already") as caught:
        write_bytes_atomically(target, b"new")
    assert caught.value.code == "exists"
    assert "--force" in (caught.value.hint or "")
    assert target.read_bytes() == b"old"


def test_with_force_it_is_replaced_and_keeps_its_rights(tmp_path: Path) -> None:
    target = tmp_path / "model.leadlight"
    target.write_bytes(b"old")
    target.chmod(0o640)
    write_bytes_atomically(target, b"new", force=True)
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def broken() -> Iterator[bytes]:
    yield b"half of the new"
    raise KeyboardInterrupt


def test_a_failure_in_the_block_leaves_the_old_file_alone(tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), replacing(target, force=True) as handle:
        handle.writelines(broken())
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("scores.csv", b"old")]


def test_a_file_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    with pytest.raises(OutputError, match="exists already"), replacing(target) as handle:
        handle.write(b"ours"[: target.write_bytes(b"theirs")])
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("scores.csv", b"theirs")]


def test_of_many_writers_without_force_one_wins_whole(tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    refused: list[str] = []

    def write(number: int) -> None:
        try:
            write_bytes_atomically(target, b"%d" % number * 10_000)
        except OutputError as error:
            refused.append(error.code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["exists"] * 7
    assert len(set(target.read_bytes())) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_full_disk_leaves_the_old_file_alone(tmp_path: Path) -> None:
    """The cap on a file's size stands in for a full disk: both fail in the middle of a write."""
    target = tmp_path / "model.leadlight"
    target.write_bytes(b"old")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    code = (
        "import resource, signal, sys\n"
        "from leadlight.data.atomic import write_bytes_atomically\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (65536, {limit[1]}))\n"
        "try: write_bytes_atomically(sys.argv[1], bytes(10**6), force=True)\n"
        "except Exception as error: print(type(error).__name__, error.code)\n"
    )
    command = [sys.executable, "-c", code, str(target)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["OutputError", "disk_full"]
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("model.leadlight", b"old")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_device_is_written_in_place() -> None:
    write_bytes_atomically("/dev/null", b"anything")
    with pytest.raises(OutputError) as caught:
        write_bytes_atomically("/dev/full", b"anything")
    assert caught.value.code == "disk_full"


@pytest.mark.parametrize(("name", "code"), [(".", "is_folder"), ("none/scores.csv", "no_folder")])
def test_a_place_that_cannot_hold_a_file_is_refused(tmp_path: Path, name: str, code: str) -> None:
    with pytest.raises(OutputError) as caught:
        write_bytes_atomically(tmp_path / name, b"")
    assert caught.value.code == code
    assert caught.value.hint


def test_what_a_link_points_to_is_replaced_not_the_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_bytes_atomically(link, b"new", force=True)
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_rights_of_a_new_file_follow_the_mask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes_atomically(tmp_path / "new", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
