"""Scoring batches: which columns have to be there, what comes out, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame, rows
from leadlight.data.schema import Column
from leadlight.data.target import nearest
from leadlight.errors import ColumnError, InputError
from leadlight.model.bundle import Bundle
from leadlight.model.coder import Coder
from leadlight.model.encode import Codes
from leadlight.model.reasons import BatchReasoner, BatchReasons, grouped_factors
from leadlight.model.scorer import Scorer, Scores


@dataclass(frozen=True)
class Noticed:
    """How many cells of each column could not be read, and how many held a level never seen."""

    unreadable: Counter[str]
    unseen: Counter[str]

    def __add__(self, other: Noticed) -> Noticed:
        return Noticed(self.unreadable + other.unreadable, self.unseen + other.unseen)


IN_PYTHON: Final = "allow_missing=True"


@dataclass(frozen=True)
class Batch:
    """Our columns for each lead, the bare figures behind them, what was noticed, and the exact input."""

    frame: pl.DataFrame
    scores: Scores
    noticed: Noticed
    codes: Codes
    reasons: BatchReasons | None = None


def check_columns(
    scorer: Scorer,
    names: Sequence[str],
    *,
    at: float | None = None,
    allow_missing: bool = False,
    where: str | None = None,
    switch: str = IN_PYTHON,
) -> list[str]:
    """The needed columns that are absent; refused unless allowed. `switch` is what allows them."""
    schema = scorer.schema
    needed = [column.name for column in schema.needed if column.role != "time" or _needs_time(scorer, at)]
    absent = [name for name in needed if name not in names]
    if absent and (not allow_missing or absent == needed):
        others = [name for name in names if name not in schema]
        raise ColumnError(
            f"{len(absent)} column(s) that the model needs are missing: {', '.join(map(repr, absent[:8]))}.",
            code="missing_columns",
            where=where,
            hint=nearest(absent[0], others or names)
            + ("" if absent == needed else f" Or score without them: {switch}"),
        )
    return absent


def _needs_time(scorer: Scorer, at: float | None) -> bool:
    """Whether a feature is made of the time, or ages are counted from it and no other moment is given."""
    encoder = scorer.encoder
    if any(scorer.schema.name_of("time") in each.expression.columns() for each in encoder.declared):
        return True
    return at is None and encoder.time is not None and any(each.take == "age" for each in encoder.features)


class BatchScorer:
    """A bundle made ready for batches, with the reasons and groups that were asked for."""

    def __init__(
        self, bundle: Bundle, *, reasons: int = 0, groups: bool = False, at: float | None = None
    ) -> None:
        self.bundle = bundle
        self.scorer: Scorer = bundle.scorer
        self.coder = Coder(self.scorer.schema, self.scorer.encoder)
        self.asked = reasons
        self.reasoner = BatchReasoner(self.scorer, reasons) if reasons else None
        self.groups = groups
        self.at = at
        self.id = self.scorer.schema.name_of("id")

    def score(self, raw: pl.DataFrame) -> Batch:
        """One row out for each row in, in the same order."""
        codes, typed = self.coder.apply(raw, self.at)
        scores = self.scorer.score_codes(codes)
        columns = scores.to_frame()
        reasons = None if self.reasoner is None else self.reasoner.of(raw, codes)
        if reasons is not None:
            columns = columns.hstack(reasons.to_frame(self.asked))
        if self.groups:
            columns = columns.hstack(grouped_factors(self.scorer, codes))
        columns = columns.with_columns(model=pl.lit(self.bundle.name))
        return Batch(columns, scores, self._noticed(raw, typed, codes), codes, reasons)

    def identities(self, raw: pl.DataFrame) -> pl.DataFrame:
        """The id alone, as exact text; nothing where the leads have none."""
        if self.id is None or self.id not in raw.columns:
            return pl.DataFrame(height=raw.height)
        return pl.DataFrame({self.id: rows.identities(raw[self.id])})

    def _noticed(self, raw: pl.DataFrame, typed: pl.DataFrame, codes: Codes) -> Noticed:
        unreadable = {
            column.name: count
            for column in self.coder.schema.needed
            if column.kind in ("number", "date") and (count := _unreadable(column, raw, typed))
        }
        unseen = {
            feature.column: count
            for k, feature in enumerate(self.scorer.encoder.features)
            if feature.take == "level" and (count := int(np.count_nonzero(codes[:, k] == feature.size - 1)))
        }
        return Noticed(Counter(unreadable), Counter(unseen))


def _unreadable(column: Column, raw: pl.DataFrame, typed: pl.DataFrame) -> int:
    """Cells that hold something, but neither a value of their kind nor a word for missing."""
    if column.name not in raw.columns:
        return 0
    lost = typed[column.name].is_null() & raw[column.name].is_not_null()
    if not lost.any():
        return 0
    words = frame.levels(raw[column.name].filter(lost), column.placeholders, {})
    return len(words) - words.null_count()


def beside(raw: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """The leads' own columns, then ours; a column of theirs that has the name of one of ours is marked."""
    return frame.shown(raw).rename(marked(raw.columns, ours.columns)).hstack(ours)


def marked(theirs: Sequence[str], ours: Sequence[str]) -> dict[str, str]:
    """Other names for those of their columns that are called like one of ours, free among all of them."""
    taken = {*theirs, *ours}
    changed = {}
    for name in theirs:
        if name in ours:
            changed[name] = next(each for each in _marks(name) if each not in taken)
            taken.add(changed[name])
    return changed


def _marks(name: str) -> Iterator[str]:
    """score (input), score (input 2), score (input 3) and so on."""
    yield f"{name} (input)"
    yield from (f"{name} (input {number})" for number in count(2))


def moment(at: Any) -> float | None:
    """A point in time as seconds: a datetime, or a text such as 2026-03-31T09:00Z."""
    if at is None:
        return None
    found = cells.parse_date(cells.text_of(at) or "")
    if found is None:
        raise InputError("The moment cannot be read.", code="moment", hint="Write it as 2026-03-31T09:00Z.")
    return frame.seconds_of(found)
