"""What reading gives: leads as they stand in the file, and the rows that could not be read."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import polars as pl

from leadlight.data.frame import shown
from leadlight.errors import ColumnError, OutputError

Lines = npt.NDArray[np.int64]


class Rejected(NamedTuple):
    """A row that could not be read. For blank lines one record stands for the whole run of them."""

    line: int
    reason: str


class Carried(Protocol):
    """All columns of the rows in a batch, kept as cheaply as the format allows, to be written out again."""

    @property
    def columns(self) -> tuple[str, ...]: ...

    def frame(self) -> pl.DataFrame: ...

    def lines(self) -> pl.Series | None:
        """Each row as a line of CSV, where the rows are at hand as such and may be written as they stand."""


@dataclass(frozen=True)
class Leads:
    """Rows as read: text, but typed for Parquet; `lines` says where in the file each row stands.

    What JSON and Excel have as a number is known as one among texts (see `cells.NUMBER`).
    """

    frame: pl.DataFrame
    rejected: tuple[Rejected, ...]
    source: str
    notes: tuple[str, ...]
    lines: Lines
    carried: Carried | None = field(default=None, repr=False)

    @property
    def first_line(self) -> int:
        return int(self.lines[0]) if len(self.lines) else 0


@dataclass(frozen=True)
class Selection:
    """What is wanted of each row: these columns (None: all), and whether whole rows are carried along."""

    columns: tuple[str, ...]
    carry: bool = False


@dataclass(frozen=True)
class Batches:
    """A file opened for reading in batches: the header is known, the rows come one batch at a time.

    There is at least one batch, so that even a file without rows has a frame. Where `grows` is set, later
    batches may have further columns.
    """

    source: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    start: Callable[[Selection], Iterator[Leads]] = field(repr=False)
    selection: Selection | None = None
    grows: bool = False

    def select(self, columns: Sequence[str] | None, *, carry: bool = False) -> Batches:
        """This file with only these columns in each batch, in this order."""
        wanted = self.columns if columns is None else tuple(columns)
        require(wanted, self.columns, self.source)
        return replace(self, selection=Selection(wanted, carry))

    def __iter__(self) -> Iterator[Leads]:
        return self.start(self.selection or Selection(self.columns))


def require(wanted: Sequence[str], known: Sequence[str], source: str) -> None:
    """Refuse a file that lacks columns, naming close ones."""
    missing = [name for name in wanted if name not in frozenset(known)]
    if not missing:
        return
    close = difflib.get_close_matches(missing[0], known, n=3, cutoff=0.6)
    listed = ", ".join(missing[:5]) + (" and more" if len(missing) > 5 else "")
    raise ColumnError(
        f"The file lacks {len(missing)} of the columns asked for: {listed}.",
        code="missing_columns",
        where=source,
        hint=f"Close names in the file: {', '.join(close)}." if close else "Look at the names in its header.",
    )


def together(batches: Batches, columns: Sequence[str] | None = None) -> Leads:
    """All batches of a file as one."""
    parts = list(batches if columns is None or batches.grows else batches.select(columns))
    frame = pl.concat([part.frame for part in parts], how="diagonal")
    require(columns or (), frame.columns, batches.source)
    return Leads(
        frame=frame if columns is None else frame.select(columns),
        rejected=tuple(row for part in parts for row in part.rejected),
        source=batches.source,
        notes=tuple(dict.fromkeys([*batches.notes, *(note for part in parts for note in part.notes)])),
        lines=np.concatenate([part.lines for part in parts]),
    )


@dataclass(frozen=True)
class Whole:
    """Rows that are carried as a frame, because their format had to be read whole anyway."""

    rows: pl.DataFrame

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.rows.columns)

    def frame(self) -> pl.DataFrame:
        return self.rows

    def lines(self) -> None:
        return None


def beside(frame: pl.DataFrame, carried: Carried | None) -> pl.DataFrame:
    """The columns that were carried along, then those of the frame, as they are written out."""
    if carried is None:
        return shown(frame)
    all_names(frame, carried)
    return shown(pl.concat([carried.frame(), frame], how="horizontal"))


def all_names(frame: pl.DataFrame, carried: Carried | None) -> list[str]:
    """What the columns of both are called; the same name in both is refused."""
    earlier = () if carried is None else carried.columns
    both = [name for name in frame.columns if name in earlier]
    if both:
        raise OutputError(
            f"The leads have columns already that are to be written: {', '.join(both[:5])}.",
            code="duplicate_columns",
            hint="Leave these columns out of the leads, or write the scores alone (--only-scores).",
        )
    return [*earlier, *frame.columns]


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Only values that have one form as text."""
    odd = [name for name, kind in frame.schema.items() if kind.is_nested() or kind in (pl.Binary, pl.Object)]
    if odd:
        raise OutputError(
            f"Column {odd[0]!r} holds {frame.schema[odd[0]]}, which is not a plain value.",
            code="not_plain",
            hint="Leave it out, or write .parquet.",
        )
    return frame
