"""How a hostile file may end: read, read in part, or refused within seconds without telling a value."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from leadlight.connect.files import Leads, read, read_batches
from leadlight.errors import FileError

CANARY = "Zyxwv77"
"""A value that stands in hostile files and may stand in no message."""

SECONDS = 5
"""Of computing, so that other work on the machine does not count."""

Refused = Callable[..., FileError]


@pytest.fixture
def refused() -> Refused:
    """Refuse a file, whole and in batches, with a code, a place and a next step, without telling a value."""

    def refuse(path: Path | str, code: str, **options: object) -> FileError:
        begun = time.process_time()
        with pytest.raises(FileError) as caught:
            read(path, **options)
        with pytest.raises(FileError):
            for _ in read_batches(path, **options):
                pass
        assert time.process_time() - begun < SECONDS
        error = caught.value
        assert error.code == code, error
        assert error.where
        assert error.hint
        assert CANARY not in str(error)
        assert error.__cause__ is None
        return error

    return refuse


@pytest.fixture
def accepted() -> Callable[..., Leads]:
    """Read a file, whole and in batches alike."""

    def accept(path: Path | str, **options: object) -> Leads:
        begun = time.process_time()
        leads = read(path, **options)
        parts = list(read_batches(path, **options))
        assert sum(part.frame.height for part in parts) == leads.frame.height
        assert [row for part in parts for row in part.rejected] == list(leads.rejected)
        assert len(leads.lines) == leads.frame.height
        assert time.process_time() - begun < SECONDS
        return leads

    return accept
