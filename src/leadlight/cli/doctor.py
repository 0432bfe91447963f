"""`leadlight doctor`: whether everything works here. Each check says what it saw and what to do."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typer

from leadlight import api
from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.failure import INCOMPLETE
from leadlight.cli.output import Output
from leadlight.cli.page import Page, progress
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.sample import generate
from leadlight.errors import LeadlightError
from leadlight.store import models
from leadlight.version import __version__

LIBRARIES: Final = ("numpy", "polars", "scikit-learn", "lightgbm", "narwhals", "xlsxwriter")
OLDEST: Final = (3, 11)
FREE_BYTES: Final = 1 << 30
ROWS: Final = 1_500


def doctor(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Check that everything works on this machine.

    Looks at versions, disk and text encoding, and lets a sample be learnt and scored; with --home also at its
    database and the model in service. The exit code is 1 if a check failed.
    """
    with progress("checking"):
        found = checks(home)
    healthy = all(check.passed for check in found)
    told = {"healthy": healthy, "checks": [check.to_json() for check in found]}
    Output(as_json).show(told, partial(_tell, found))
    if not healthy:
        raise typer.Exit(INCOMPLETE)


@dataclass(frozen=True)
class MachineCheck:
    """One thing that was looked at."""

    name: str
    passed: bool
    seen: str
    next_step: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def checks(home: str | None = None) -> list[MachineCheck]:
    """All of them; one that breaks is a failed one."""
    tried: list[tuple[str, Callable[[], MachineCheck]]] = [("sample", _sample), ("file", _file)]
    if home is not None:
        tried += [(name, partial(check, home)) for name, check in _OF_HOME.items()]
    return [_python(), *map(_library, LIBRARIES), _disk(), _encoding(), *(_tried(*each) for each in tried)]


def _python() -> MachineCheck:
    seen = f"{platform.python_version()} ({platform.machine()}), leadlight {__version__}"
    return MachineCheck("python", sys.version_info >= OLDEST, seen, "Install Python 3.11 or newer.")


def _library(name: str) -> MachineCheck:
    try:
        return MachineCheck(name, True, version(name))
    except PackageNotFoundError:
        return MachineCheck(name, False, "not installed", "Install leadlight anew.")


def _disk() -> MachineCheck:
    free = shutil.disk_usage(Path.cwd()).free
    return MachineCheck(
        "disk", free >= FREE_BYTES, f"{free / 2**30:,.1f} GB free here", "Make room for 1 GB."
    )


def _encoding() -> MachineCheck:
    """Files are UTF-8 in any case; a terminal that is not shows names with escapes."""
    found = (getattr(sys.stdout, "encoding", None) or "none").lower().replace("-", "")
    return MachineCheck(
        "encoding", found == "utf8", found, "Set PYTHONUTF8=1, or a UTF-8 locale such as C.UTF-8."
    )


def _tried(name: str, check: Callable[[], MachineCheck]) -> MachineCheck:
    try:
        return check()
    except LeadlightError as problem:
        return MachineCheck(name, False, f"{problem.code}: {problem.message}", problem.hint or "")
    except Exception as problem:  # noqa: BLE001 - whatever fails here is the finding
        return MachineCheck(
            name, False, type(problem).__name__, "Run it again with LEADLIGHT_DEBUG=1, and report it."
        )


def _sample() -> MachineCheck:
    """Made-up leads are learnt from and scored in memory."""
    made = generate(ROWS)
    model = api.train(made.leads, target="Converted", models=["logistic", "lightgbm"], folds=3)
    model.bundle.check()
    found = model.score(made.leads)["probability"]
    good = bool(found.is_between(0.0, 1.0).all()) and found.std() > 0.05
    return MachineCheck(
        "sample", good, f"{ROWS:,} made-up leads learnt and scored", "Install leadlight anew."
    )


def _file() -> MachineCheck:
    """A folder for temporary files that can be written to."""
    with TemporaryDirectory() as folder:
        write_bytes_atomically(Path(folder) / "written", b"leadlight")
    return MachineCheck("file", True, "files can be written", "")


def _home(home: str) -> MachineCheck:
    """The database opens, is whole, and keeps what it was given."""
    with homes.opened(home) as store:
        fault = store.fault()
        kind = "SQLite" if store.home.is_sqlite else "PostgreSQL"
    seen = f"{kind}, whole" if fault is None else f"{kind}, damaged"
    return MachineCheck(
        "home", fault is None, seen, "Restore a backup: leadlight db restore FILE --home HOME"
    )


def _writers(home: str) -> MachineCheck:
    """Where the processes that write may run."""
    with homes.opened(home) as store:
        alone = store.home.is_sqlite
    seen = "on this machine; for several workers with a stream, PostgreSQL" if alone else "on any machine"
    return MachineCheck("writers", True, seen)


def _service(home: str) -> MachineCheck:
    """The model in service gives the scores that it was saved with."""
    with homes.opened(home) as store, store.reading() as connection:
        bundle = models.serving(connection)
    bundle.check()
    return MachineCheck("model", True, f"{bundle.name} is in service and passes its test")


_OF_HOME: Final = {"home": _home, "writers": _writers, "model": _service}


def _tell(found: Sequence[MachineCheck], page: Page) -> None:
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
