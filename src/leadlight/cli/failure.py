"""The one place where exceptions become sentences and exit codes."""

from __future__ import annotations

import json
import os
import shlex
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import typer

from leadlight.errors import LeadlightError

DONE: Final = 0
INCOMPLETE: Final = 1
REFUSED: Final = 2
BROKEN: Final = 70
INTERRUPTED: Final = 130
UNREAD: Final = 141
HOME: Final = "--home HOME"

_PACKAGE: Final = Path(__file__).resolve().parents[1]


@contextmanager
def reporting_failures(*, as_json: bool, home: str | None = None) -> Iterator[None]:
    """Whatever goes wrong inside is told on standard error and ends the command; nobody sees a traceback."""
    try:
        yield
        sys.stdout.flush()
    except LeadlightError as problem:
        raise _refused(problem, with_home(problem.hint, home), as_json) from None
    except BrokenPipeError:
        _silence()
        raise typer.Exit(UNREAD) from None
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted: no file was left half written.\n")
        raise typer.Exit(INTERRUPTED) from None
    except (typer.Exit, SystemExit, GeneratorExit):
        raise
    except BaseException as problem:  # noqa: BLE001 - the last one to see it
        raise _broken(problem, as_json) from None


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
    sys.stderr.write("\n".join(lines) + "\n")
    if as_json:
        sys.stdout.write(json.dumps({"error": {**said, "where": where, "next_step": hint}}) + "\n")
        sys.stdout.flush()


def _silence() -> None:
    """Nobody reads our output any more: what is still in its buffer must not fail at the end."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
