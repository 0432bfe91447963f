"""What `leadlight doctor` looks at. Each check says what it saw and, where it failed, what to do."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from leadlight import __version__
from leadlight.cli.page import Page
from leadlight.errors import LeadlightError

LIBRARIES: Final = ("numpy", "polars", "scikit-learn", "lightgbm", "narwhals", "fastexcel", "xlsxwriter")
OLDEST: Final = (3, 11)
FREE_BYTES: Final = 1 << 30
ROWS: Final = 1_500


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    passed: bool
    seen: str
    next_step: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def checks(home: str | None = None) -> list[Check]:
    """All of them; one that breaks is a failed one."""
    tried: list[tuple[str, Callable[[], Check]]] = [("sample", _sample), ("file", _file)]
    if home is not None:
        tried += [(name, partial(check, home)) for name, check in _OF_HOME.items()]
    return [_python(), *map(_library, LIBRARIES), _disk(), _encoding(), *(_tried(*each) for each in tried)]


def _python() -> Check:
    seen = f"{platform.python_version()} ({platform.machine()}), leadlight {__version__}"
    return Check("python", sys.version_info >= OLDEST, seen, "Install Python 3.11 or newer.")


def _library(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed", "Install leadlight anew.")


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free
    return Check("disk", free >= FREE_BYTES, f"{free / 2**30:,.1f} GB free here", "Make room for 1 GB.")


def _encoding() -> Check:
    """Files are UTF-8 in any case; a terminal that is not shows names with escapes."""
    found = (getattr(sys.stdout, "encoding", None) or "none").lower().replace("-", "")
    return Check("encoding", found == "utf8", found, "Set PYTHONUTF8=1, or a UTF-8 locale such as C.UTF-8.")


def _tried(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except LeadlightError as problem:
        return Check(name, False, f"{problem.code}: {problem.message}", problem.hint or "")
    except Exception as problem:  # noqa: BLE001 - whatever fails here is the finding
        return Check(
            name, False, type(problem).__name__, "Run it again with LEADLIGHT_DEBUG=1, and report it."
        )


def _sample() -> Check:
    """Made-up leads are learnt from and scored in memory."""
    from leadlight import api
    from leadlight.data.sample import generate

    made = generate(ROWS)
    model = api.train(made.leads, target="Converted", models=["logistic", "lightgbm"], folds=3)
    model.bundle.check()
    found = model.score(made.leads)["probability"]
    good = bool(found.is_between(0.0, 1.0).all()) and found.std() > 0.05
    return Check("sample", good, f"{ROWS:,} made-up leads learnt and scored", "Install leadlight anew.")


def _file() -> Check:
    """A folder for temporary files that can be written to."""
    from tempfile import TemporaryDirectory

    from leadlight.data.atomic import write_bytes_atomically

    with TemporaryDirectory() as folder:
        write_bytes_atomically(Path(folder) / "written", b"leadlight")
    return Check("file", True, "files can be written", "")


def _home(home: str) -> Check:
    """The database opens, is whole, and keeps what it was given."""
    from leadlight.cli import homes

    with homes.opened(home) as store:
        fault = store.fault()
        kind = "SQLite" if store.home.is_sqlite else "PostgreSQL"
    seen = f"{kind}, whole" if fault is None else f"{kind}, damaged"
    return Check("home", fault is None, seen, "Restore a backup: leadlight db restore FILE --home HOME")


def _writers(home: str) -> Check:
    """Where the processes that write may run."""
    from leadlight.cli import homes

    with homes.opened(home) as store:
        alone = store.home.is_sqlite
    seen = "on this machine; for several workers with a stream, PostgreSQL" if alone else "on any machine"
    return Check("writers", True, seen)


def _service(home: str) -> Check:
    """The model in service gives the scores that it was saved with."""
    from leadlight.cli import homes
    from leadlight.store import models

    with homes.opened(home) as store, store.reading() as connection:
        bundle = models.serving(connection)
    bundle.check()
    return Check("model", True, f"{bundle.name} is in service and passes its test")


_OF_HOME: Final = {"home": _home, "writers": _writers, "model": _service}


def tell(page: Page, found: Sequence[Check]) -> None:
    """A line a check; what to do stands below those that failed."""
    page.table(
        ("", "check", "seen"),
        [("ok" if check.passed else "FAILED", check.name, check.seen) for check in found],
    )
    for check in found:
        if not check.passed:
            page.say(f"{check.name}: {check.next_step}")
    failed = sum(not check.passed for check in found)
    page.say(f"{failed} of {len(found)} checks failed." if failed else f"All {len(found)} checks passed.")
