"""The log: a line of JSON an event, of fields that are allowed, so that no lead's value is ever in it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec

FIELDS: Final = frozenset(
    (
        *("event", "request_id", "method", "route", "status", "milliseconds", "caller", "leads", "code"),
        *("kind", "place", "model", "address", "worker", "seconds", "count", "level"),
    )
)
FULL: Final = 500
LONGEST_LINE: Final = 200
_PACKAGE: Final = Path(__file__).resolve().parents[1]


class Journal:
    """Lines that are written together, a few times a second."""

    def __init__(self, stream: TextIO, clock: Callable[[], datetime] | None = None) -> None:
        self.stream = stream
        self.clock = clock or (lambda: datetime.now(UTC))
        self.lines: list[bytes] = []

    def write(self, event: str, **fields: Any) -> None:
        """Keep one event; what is not on the list of fields is a mistake of ours and left out."""
        told = {name: value for name, value in fields.items() if name in FIELDS}
        self.lines.append(msgspec.json.encode({"time": self.clock(), "event": event, **told}))
        if len(self.lines) >= FULL:
            self.flush()

    def flush(self) -> None:
        if self.lines:
            lines, self.lines = self.lines, []
            self.stream.write(b"\n".join(lines).decode() + "\n")
            self.stream.flush()

    def mistake(self, problem: BaseException, **fields: Any) -> None:
        """A fault of ours: its kind and place in our code, never its message, which may hold a value."""
        self.write("mistake", level="error", kind=type(problem).__name__, place=place(problem), **fields)
        self.flush()


def place(problem: BaseException) -> str:
    """The innermost line of ours that an exception passed through."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return "outside of Leadlight"
    name = Path(ours[-1].filename).relative_to(_PACKAGE.parent).as_posix()
    return f"{name}:{ours[-1].lineno} {ours[-1].name}"


class Line(logging.Formatter):
    """What libraries log, as a line of ours: their fixed words without what they put into them."""

    def format(self, record: logging.LogRecord) -> str:
        words = str(record.msg).split("\n", 1)[0][:LONGEST_LINE]
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        told = {"time": datetime.now(UTC), "event": "library", "level": record.levelname.lower()}
        told |= {"logger": record.name, "words": words} | ({"kind": kind} if kind else {})
        return msgspec.json.encode(told).decode()
