"""What a restore that was killed leaves beside the database: a copy of everybody in the backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from leadlight.store import sqlite
from leadlight.store.home import Home

PART: Final = "restoring.db"


@contextmanager
def part_of_restore(home: Home) -> Iterator[Path]:
    """The file that a backup is prepared in, held so that nobody takes it for a leftover."""
    part = home.folder / PART
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        with open(part, "rb") as handle:
            _hold(handle)
            yield part
    finally:
        _remove(part)


def clear_leftovers(home: Home) -> None:
    """Take away the copy of a restore that runs no more."""
    part = home.folder / PART
    with suppress(OSError):
        with open(part, "rb") as handle:
            _hold(handle)
        _remove(part)


def has_leftovers(home: Home) -> bool:
    return (home.folder / PART).exists()


def _hold(handle: Any) -> None:
    """Refused where another process holds the file; where there are no such locks it is only opened."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove(part: Path) -> None:
    for path in (part, *sqlite.journals(part)):
        path.unlink(missing_ok=True)
