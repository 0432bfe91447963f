"""Good rows held against bad ones: a few bad rows are rejected, a file of bad rows is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from leadlight.connect.files.leads import Rejected
from leadlight.connect.files.limits import MAX_BAD_ROWS
from leadlight.errors import FileError

BLANK = "blank_line"
"""The reason of blank lines, which are no leads but are told."""

REASONS = {
    "too_many_fields": "have more fields than the header has names",
    "too_few_fields": "have fewer fields than the header has names",
    "text_after_quote": "have text after a closing quote",
    "nul": "hold NUL characters",
    "not_json": "are not JSON",
    "not_an_object": "are not JSON objects",
    "duplicate_keys": "name a key twice",
    "half_character": "hold half of a pair of surrogates",
    "long_field": "hold a field longer than 1 MB",
    "too_deep": "are nested too deep",
}


@dataclass(frozen=True)
class Found:
    """The odd rows in a stretch of a file: `rows` counts all but blank lines."""

    rejected: tuple[Rejected, ...]
    first_line: int
    rows: int
    ends_blank: bool


@dataclass
class RowTally:
    """Counts rows over a file. Blank lines are held back, since those at its end do not count."""

    source: str
    hint: str
    rows: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    first_bad: int = 0
    blank: Rejected | None = None

    def add(self, found: Found) -> tuple[Rejected, ...]:
        """The rejected rows, with blank lines held back or given back."""
        if not found.rows and not found.ends_blank:
            return found.rejected
        rejected = list(found.rejected)
        if self.blank is not None:
            if rejected[:1] == [(found.first_line, BLANK)]:
                rejected.pop(0)
            rejected.insert(0, self.blank)
        self.blank = rejected.pop() if found.ends_blank else None
        self._count(found)
        return tuple(rejected)

    def _count(self, found: Found) -> None:
        bad = [row for row in found.rejected if row.reason != BLANK]
        self.rows += found.rows
        self.bad.update(row.reason for row in bad)
        self.first_bad = self.first_bad or (bad[0].line if bad else 0)
        if self.bad.total() > MAX_BAD_ROWS and 2 * self.bad.total() > self.rows:
            raise self._refusal()

    def close(self) -> None:
        """At the end of the file: not one good row among bad ones is a wrong header, not bad rows."""
        if self.rows and self.bad.total() == self.rows:
            raise self._refusal()

    def _refusal(self) -> FileError:
        reason, _ = self.bad.most_common(1)[0]
        return FileError(
            f"{self.bad.total():,} of {self.rows:,} rows cannot be read: most {REASONS[reason]}.",
            code="bad_rows",
            where=f"{self.source}:{self.first_bad}",
            hint=self.hint,
        )
