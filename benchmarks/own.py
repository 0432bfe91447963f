"""Leads of one's own as a contest: the decided ones, the columns that Leadlight would use, whole groups.

Peers get the same columns as ours: what the audit takes for a leak would make all of them look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.contest import FOLDS, Contest
from leadlight import api, leads
from leadlight.errors import LeadlightError
from leadlight.training.prepare import Prepared, prepare

HOW = "make bench DATA=leads.csv TARGET=column"


def own(data: str, target: str, **answers: Sequence[str]) -> tuple[Contest, list[str]]:
    """The contest and the columns that are left out; what cannot be used ends the run with one line."""
    path = Path(data).expanduser()
    if not data or not path.is_file():
        named = f"there is no file {data!r} in {Path.cwd()}" if data else "name the file of the leads"
        raise SystemExit(f"DATA: {named}; {HOW}")
    try:
        raw = leads.read(path)
        _check(target, raw.columns)
        prepared = prepare(raw, api.options(path, None, target=target, **answers))
    except LeadlightError as problem:
        raise SystemExit(_one_line(problem)) from None
    contest = _contest(prepared)
    return contest, [name for name in raw.columns if name not in contest.frame.columns]


def _check(target: str, columns: Sequence[str]) -> None:
    if target not in columns:
        named = f"there is no column {target!r}" if target else "name the column of the outcome"
        raise SystemExit(f"TARGET: {named}; {HOW}; the columns are: {', '.join(columns)}")


def _one_line(problem: LeadlightError) -> str:
    return " ".join(part.strip() for part in (problem.message, problem.hint or "") if part)


def _contest(prepared: Prepared) -> Contest:
    """Outcomes as 0 and 1; rows that are equal in the columns that are used share a fold."""
    target, identity = prepared.structure.target.column, prepared.structure.id
    inputs = [column.name for column in prepared.schema.inputs if column.name in prepared.raw.columns]
    aside = [name for name in (identity,) if name is not None]
    frame = typed(prepared.raw.select(*aside, *inputs))
    outcome = pl.Series(target, prepared.outcome.astype(np.int64))
    everyone = np.arange(frame.height)
    folds = prepared.folds(everyone, FOLDS, by_time=False)
    return Contest(
        frame.with_columns(outcome), target, [(each.train, each.validation) for each in folds], aside
    )


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of text that hold numbers alone become numbers, as a reader of CSV files would make them."""
    return frame.with_columns(_typed(series) for series in frame.get_columns())


def _typed(series: pl.Series) -> pl.Series:
    if series.dtype != pl.String:
        return series
    filled = series.str.strip_chars().replace("", None)
    numbers = filled.cast(pl.Float64, strict=False)
    return numbers if numbers.null_count() == filled.null_count() else series
