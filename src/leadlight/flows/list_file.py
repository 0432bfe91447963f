"""Leads as a file for people: a list of a home, or an upload with its scores; every cell is inert."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

from leadlight.connect import files
from leadlight.data import cells
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer, beside, check_columns
from leadlight.store.browse import Row

REASONS: Final = 3
Bars = Callable[[Mapping[str, Any], str | None], bool]


def listed(rows: Sequence[Row], ending: str) -> bytes:
    """A list as CSV or XLSX: what each lead says, then what is said of it."""
    names = dict.fromkeys(name for row in rows for name in row.fields)
    texts = {name: [cells.text_of(row.fields.get(name)) for row in rows] for name in names}
    said = {
        "id": [row.id for row in rows],
        "score": [_of(row, "probability", lambda value: round(100 * value, 1)) for row in rows],
        "grade": [_of(row, "grade", str) for row in rows],
        "because": [_of(row, "reasons", "; ".join) for row in rows],
    }
    frame = pl.DataFrame({**{name: said[name] for name in said if name not in texts}, **texts}, strict=False)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"leads.{ending}"
        with files.open_writer(path) as writer:
            writer.write(frame)
        return path.read_bytes()


def _of(row: Row, name: str, told: Callable[[Any], Any]) -> Any:
    return None if row.score is None else told(row.score[name])


@dataclass(frozen=True)
class ScoredFile:
    """Rows in = scored + suppressed + rejected."""

    rows: int
    suppressed: int
    rejected: int

    @property
    def scored(self) -> int:
        return self.rows - self.suppressed - self.rejected


def score_upload(bundle: Bundle, source: Path, target: Path, bars: Bars) -> ScoredFile:
    """Score a file; people who objected are left out."""
    leads = files.read(source)
    check_columns(bundle.scorer, leads.frame.columns, where=source.name)
    identity = bundle.scorer.schema.name_of("id")
    free = [
        not bars(row, cells.text_of(row.get(identity)) if identity else None)
        for row in leads.frame.iter_rows(named=True)
    ]
    kept = leads.frame.filter(pl.Series(free, dtype=pl.Boolean))
    scored = BatchScorer(bundle, reasons=REASONS).score(kept)
    with files.open_writer(target, force=True) as writer:
        writer.write(beside(kept, scored.frame))
    rejected = len(leads.rejected)
    return ScoredFile(leads.frame.height + rejected, leads.frame.height - kept.height, rejected)
