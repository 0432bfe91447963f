"""The one place where exceptions become sentences and exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.request import url2pathname

import typer

from leadlight.cli.inert import inert
from leadlight.errors import DependencyError, LeadlightError, OutputError, QuestionError

DONE: Final = 0
INCOMPLETE: Final = 1
REFUSED: Final = 2
BROKEN: Final = 70
INTERRUPTED: Final = 130
UNREAD: Final = 141
HOME: Final = "--home HOME"

UNANSWERED: Final = QuestionError(
    "The question was not answered, and nothing was done.",
    code="unanswered",
    hint="Type it again and answer, or give the answer on the command line (--help).",
)

LEARNING: Final = ("sklearn", "scipy", "lightgbm", "joblib", "threadpoolctl")
CANNOT_LEARN: Final = DependencyError(
    "What learns is not installed here: this is an image that serves.",
    code="serves_only",
    hint="Train where the whole of Leadlight is installed, and promote the model here.",
)

_EXTRA: Final = re.compile(r"pip install 'leadlight\[([\w,]+)\]'")
_PACKAGE: Final = Path(__file__).resolve().parents[1]


@contextmanager
def reporting_failures(*, as_json: bool, home: str | None = None) -> Iterator[None]:
    """Whatever goes wrong inside is told on standard error and ends the command; nobody sees a traceback."""
    try:
        yield
        sys.stdout.flush()
    except LeadlightError as problem:
        raise _refused(problem, installable(with_home(problem.hint, home)), as_json) from None
    except BrokenPipeError:
        _silence()
        raise typer.Exit(UNREAD) from None
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: no file was left half written.\n")
        raise typer.Exit(INTERRUPTED) from None
    except (typer.Exit, SystemExit, GeneratorExit):
        raise
    except (EOFError, typer.Abort):
        raise _refused(UNANSWERED, UNANSWERED.hint, as_json) from None
    except OSError as problem:
        refusal = _of_system(problem)
        raise _refused(refusal, refusal.hint, as_json) from None
    except ModuleNotFoundError as problem:
        if (problem.name or "").split(".")[0] not in LEARNING:
            raise _broken(problem, as_json) from None
        raise _refused(CANNOT_LEARN, CANNOT_LEARN.hint, as_json) from None
    except BaseException as problem:  # noqa: BLE001 - the last one to see it
        raise _broken(problem, as_json) from None


def _of_system(problem: OSError) -> OutputError:
    """What the machine refuses: a full disk, a name that is too long, a circle of links, a closed folder."""
    what = (problem.strerror or type(problem).__name__).lower()
    name = problem.filename if isinstance(problem.filename, str) else None
    if name is None and problem.errno in (errno.ENOSPC, errno.EBADF):
        _silence()
        return OutputError(f"The output could not be written: {what}.", code="unwritten")
    return OutputError(
        f"The system refused: {what}.", code="system", where=name, hint="Choose another file or folder."
    )


def installable(text: str | None) -> str | None:
    """A hint to install an extra, such that it works where Leadlight came from a folder, not a registry."""
    source = _source_folder()
    if text is None or source is None:
        return text
    if "pipx" in Path(sys.prefix).parts:
        return _EXTRA.sub(lambda _: f"pipx install --force {shlex.quote(f'{source}[all]')}", text)
    return _EXTRA.sub(lambda found: f"pip install {shlex.quote(f'{source}[{found[1]}]')}", text)


def _source_folder() -> str | None:
    """The folder that Leadlight was installed from, if it was."""
    try:
        told = distribution("leadlight").read_text("direct_url.json")
        place = str(json.loads(told or "{}").get("url", ""))
    except (PackageNotFoundError, ValueError):
        return None
    return url2pathname(place.removeprefix("file://")) if place.startswith("file://") else None


def with_home(text: str | None, home: str | None) -> str | None:
    """A command to type, with the home that was named where one belongs."""
    return text if text is None or home is None else text.replace(HOME, f"--home {shlex.quote(home)}")


def _refused(problem: LeadlightError, hint: str | None, as_json: bool) -> typer.Exit:
    lines = [f"error[{problem.code}]: {problem.message}"]
    lines += [f"  at: {problem.where}"] if problem.where else []
    lines += [f"  next: {hint}"] if hint else []
    _tell(lines, {"code": problem.code, "message": problem.message}, problem.where, hint, as_json)
    return typer.Exit(REFUSED)


def _broken(problem: BaseException, as_json: bool) -> typer.Exit:
    """A fault of ours: its kind and place in our code, never its message, which may hold a lead's value."""
    if os.environ.get("LEADLIGHT_DEBUG"):
        traceback.print_exception(problem, file=sys.stderr)
    kind, where = type(problem).__name__, _place(problem)
    message = f"Leadlight made a mistake ({kind})."
    hint = "Report it with this line and what you typed; LEADLIGHT_DEBUG=1 shows the whole trace."
    _tell(
        [f"error[internal]: {message}", f"  at: {where}", f"  next: {hint}"],
        {"code": "internal", "message": message},
        where,
        hint,
        as_json,
    )
    return typer.Exit(BROKEN)


def _place(problem: BaseException) -> str:
    """The innermost line of ours that the exception passed through."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return "outside of Leadlight"
    name = Path(ours[-1].filename).relative_to(_PACKAGE.parent).as_posix()
    return f"{name}:{ours[-1].lineno} {ours[-1].name}"


def _tell(lines: list[str], said: dict[str, Any], where: str | None, hint: str | None, as_json: bool) -> None:
    shown = [inert(part) for line in lines for part in line.split("\n")]
    sys.stderr.write("\n".join(shown) + "\n")
    if as_json:
        sys.stdout.write(json.dumps({"error": {**said, "where": where, "next_step": hint}}) + "\n")
        sys.stdout.flush()


def _silence() -> None:
    """Nobody reads our output any more: what is still in its buffer must not fail at the end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
