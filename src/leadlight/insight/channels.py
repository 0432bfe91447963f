"""How leads of each source, campaign or other value ended, and how promising those are that are open."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import frame, target
from leadlight.errors import ColumnError
from leadlight.insight.explore import course
from leadlight.model.bundle import Bundle
from leadlight.model.metrics import wilson
from leadlight.model.scorer import Scores

LEAST: Final = 20
MOST: Final = 40
LINES: Final = 4
MISSING: Final = "missing"


@dataclass(frozen=True)
class ChannelRow:
    """One value of a column; rates are told from twenty decided, or open, leads on."""

    value: str
    leads: int
    decided: int
    won: int
    rate: float | None
    low: float | None
    high: float | None
    open: int
    hot: float | None
    score: float | None


@dataclass(frozen=True)
class Channels:
    """Every value that at least twenty leads share, the commonest first; the others as one."""

    column: str
    rows: tuple[ChannelRow, ...]
    others: int
    periods: tuple[dict[str, Any], ...]
    period: str

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        return {**plain, "rows": [asdict(row) for row in self.rows], "periods": list(self.periods)}


def columns(bundle: Bundle, raw: pl.DataFrame) -> list[str]:
    """The columns by which leads can be told apart: words, not people."""
    schema = bundle.scorer.schema
    told = {each.name: each for each in schema.columns if each.kind in ("category", "flag")}
    wanted = [name for name in raw.columns if name in told and told[name].role in ("feature", "owner")]
    return sorted(wanted, key=lambda name: (told[name].group != "source", wanted.index(name)))


def chosen(bundle: Bundle, raw: pl.DataFrame, column: str | None) -> str:
    """The column that was asked for, else the first one that may tell leads apart: their source, if any."""
    known = columns(bundle, raw)
    if column is None and known:
        return known[0]
    if column in known:
        return str(column)
    raise ColumnError(
        "The leads cannot be told apart by this column." if known else "No column tells the leads apart.",
        code="source_column",
        hint=target.nearest(column or "", known)
        if known
        else "Name a column of words that the model in service knows.",
    )


def by_value(bundle: Bundle, raw: pl.DataFrame, scores: Scores, column: str) -> Channels:
    """`scores` are those of the leads, row by row."""
    known = bundle.scorer.schema[column]
    words = frame.levels(raw[column], known.placeholders, known.spellings).fill_null(MISSING)
    ended = _ended(bundle, raw)
    table = pl.DataFrame(
        {
            "value": words.to_list(),
            "won": ended,
            "hot": pl.Series((scores.grade == 0).tolist()),
            "probability": scores.probability,
        }
    )
    counts = table.group_by("value").len().sort(["len", "value"], descending=[True, False])
    kept = counts.filter(pl.col("len") >= LEAST)["value"].to_list()[:MOST]
    rows = tuple(
        _row(known.label(value) if value != MISSING else MISSING, part) for value, part in _parts(table, kept)
    )
    periods, period = _periods(bundle, raw, table, [known.label(value) for value in kept], kept)
    return Channels(column, rows, table.height - sum(row.leads for row in rows), periods, period)


def _parts(table: pl.DataFrame, kept: list[str]) -> list[tuple[str, pl.DataFrame]]:
    return [(value, table.filter(pl.col("value") == value)) for value in kept]


def _ended(bundle: Bundle, raw: pl.DataFrame) -> pl.Series:
    """1 for won, 0 for lost, missing for all that is open or that nobody told the model of."""
    told = bundle.target
    if told.column not in raw.columns:
        return pl.Series([None], dtype=pl.Float64).new_from_index(0, raw.height)
    meanings = {**dict.fromkeys(told.positive, 1.0), **dict.fromkeys(told.negative, 0.0)}
    values = target.levels(raw[told.column])
    return values.replace_strict(meanings, default=None, return_dtype=pl.Float64)


def _row(value: str, part: pl.DataFrame) -> ChannelRow:
    decided = part.filter(pl.col("won").is_not_null())
    waiting = part.filter(pl.col("won").is_null())
    won = int(decided["won"].sum())
    enough, many = decided.height >= LEAST, waiting.height >= LEAST
    low, high = (float(end) for end in wilson(won, decided.height)) if enough else (None, None)
    return ChannelRow(
        value=value,
        leads=part.height,
        decided=decided.height,
        won=won,
        rate=won / decided.height if enough else None,
        low=low,
        high=high,
        open=waiting.height,
        hot=float(waiting["hot"].mean()) if many else None,  # type: ignore[arg-type]
        score=float(waiting["probability"].mean()) if many else None,  # type: ignore[arg-type]
    )


def _periods(
    bundle: Bundle, raw: pl.DataFrame, table: pl.DataFrame, labels: list[str], kept: list[str]
) -> tuple[tuple[dict[str, Any], ...], str]:
    """The rate of the commonest values over time, where the leads say when they came."""
    moments = bundle.scorer.schema.moments(raw)
    if moments is None:
        return (), ""
    at = np.asarray(moments, dtype=np.float64)
    known = at[~np.isnan(at)]
    if len(known) < 2 * LEAST:
        return (), ""
    step, name = course.every(known)
    seconds = pl.Series(np.nan_to_num(at)).cast(pl.Int64)
    starts = pl.select(
        pl.from_epoch(seconds, time_unit="s").dt.truncate(step).dt.strftime("%Y-%m-%d")
    ).to_series()
    dated = table.with_columns(start=starts).filter(pl.Series(~np.isnan(at)) & pl.col("won").is_not_null())
    rows = []
    for label, value in list(zip(labels, kept, strict=True))[:LINES]:
        parts = dated.filter(pl.col("value") == value).group_by("start").agg(pl.len(), pl.col("won").mean())
        rows += [
            {"value": label, "start": start, "rate": rate, "decided": count}
            for start, count, rate in parts.sort("start").iter_rows()
            if count >= LEAST
        ]
    return tuple(rows), name
