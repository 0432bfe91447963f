"""Every row that came in, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.connect.files import Rejected
from leadlight.data import rows
from leadlight.data.atomic import replacing
from leadlight.data.event_log import EventAccount
from leadlight.model.scoring import Batch, Noticed

HEAD: Final = b"line,reason\n"
BLANK_ID: Final = "blank_id"


@dataclass
class RowAccount:
    """Rows in = scored + rejected + suppressed, and what was noticed on the way."""

    scored: int = 0
    suppressed: int = 0
    calls: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    grades: Counter[str] = field(default_factory=Counter)
    noticed: Noticed = field(default_factory=lambda: Noticed(Counter(), Counter()))
    notes: dict[str, None] = field(default_factory=dict)
    events: EventAccount | None = None

    @property
    def rows(self) -> int:
        return self.scored + self.rejected.total() + self.suppressed

    def add(self, batch: Batch, suppressed: int, notes: Iterable[str]) -> None:
        scores = batch.scores
        self.scored += len(scores.margin)
        self.suppressed += suppressed
        self.calls += int(scores.call.sum())
        for place, name in enumerate(scores.names):
            self.grades[name] += int((scores.grade == place).sum())
        self.noticed += batch.noticed
        self.notes |= dict.fromkeys(notes)

    @property
    def balance(self) -> str:
        """The one sentence that every run prints."""
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in self.rejected.most_common())
        return (
            f"{self.rows:,} in = {self.scored:,} scored + {self.rejected.total():,} rejected"
            f"{f' ({reasons})' if reasons else ''} + {self.suppressed:,} suppressed"
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": {
                "in": self.rows,
                "scored": self.scored,
                "rejected": self.rejected.total(),
                "suppressed": self.suppressed,
            },
            "rejected": dict(self.rejected),
            "grades": dict(self.grades),
            "calls": self.calls,
            "unreadable": dict(self.noticed.unreadable),
            "unseen": dict(self.noticed.unseen),
            "notes": list(self.notes),
            **({} if self.events is None else {"events": self.events.to_json()}),
        }


class Rejects:
    """The file of rows that could not be scored: line and reason, no value. It is there if there are any."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self.path = path
        self._stack = stack
        self._handle: Any = None

    def write(self, rows: Iterable[Rejected]) -> None:
        for row in rows:
            if self._handle is None:
                self._handle = self._stack.enter_context(replacing(self.path, force=True))
                self._handle.write(HEAD)
            self._handle.write(f"{row.line},{row.reason}\n".encode())

    def close(self) -> None:
        """What an earlier run rejected is no longer true."""
        if self._handle is None:
            self.path.unlink(missing_ok=True)


def left_by_us(path: Path) -> bool:
    """Whether an earlier run has left this file of rejected rows, which may be replaced."""
    if not path.is_file():
        return False
    with path.open("rb") as handle:
        return handle.read(len(HEAD)) == HEAD


@contextmanager
def open_rejects(path: Path) -> Iterator[Rejects]:
    with ExitStack() as stack:
        rejects = Rejects(path, stack)
        yield rejects
        rejects.close()


def blank_ids(raw: pl.DataFrame, identity: str | None) -> NDArray[np.bool_]:
    """The rows that could not be found again by their id."""
    if identity not in raw.columns:
        return np.zeros(raw.height, dtype=bool)
    ids = rows.identities(raw[identity])
    blank = ids.is_null() | (ids.str.len_bytes() <= max(map(len, rows.BLANK_IDS)))
    if blank.any():
        blank = blank & (ids.is_null() | ids.str.to_lowercase().is_in(rows.BLANK_IDS))
    return blank.to_numpy()
