"""The home that a command works on, opened and closed again."""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from leadlight import settings
from leadlight.errors import DependencyError

if TYPE_CHECKING:
    from leadlight.store import Home, Store


def named(given: str | Path | None) -> Home:
    """The home that is meant, whether it exists or not."""
    try:
        from leadlight.store import Home
    except ModuleNotFoundError:
        raise DependencyError(
            "A home needs a part that is not installed.",
            code="missing_extra",
            hint="pip install 'leadlight[serve]'",
        ) from None
    return Home.of(settings.home(given), settings.state())


@contextmanager
def opened(given: str | Path | None) -> Iterator[Store]:
    """The store of a home that exists."""
    home = named(given)
    from leadlight.store import Store

    store = Store.open(home)
    try:
        yield store
    finally:
        store.close()


def now() -> float:
    """The one clock of the commands that work on a home."""
    return time.time()


def who() -> str:
    """Who acts, for the trail: the user of this machine."""
    try:
        return f"cli:{getpass.getuser()}"
    except (OSError, KeyError):
        return "cli"
