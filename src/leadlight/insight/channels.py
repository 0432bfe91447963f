"""How leads of each source, campaign or other value ended, what they cost and brought, what waits there."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import target
from leadlight.data.logs import Log
from leadlight.errors import ColumnError
from leadlight.insight import channel_money
from leadlight.insight.adjusted import RateDifference, beside_the_like
from leadlight.insight.budget import Shift, best_shift
from leadlight.insight.channel_money import ChannelMoney, Spending
from leadlight.insight.explore import course
from leadlight.insight.history import History
from leadlight.insight.touches import Touches
from leadlight.model.metrics import Floats, wilson

LEAST: Final = 20
MOST: Final = 40
LINES: Final = 4


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
    young: int
    """Decided, but so young that those who are still open would be missed: not in the rate."""
    hot: float | None
    score: float | None
    beyond: RateDifference | None
    """How much oftener these leads bought than others whose other columns promised the same."""
    money: ChannelMoney | None = None


@dataclass(frozen=True)
class Channels:
    """Every value that at least twenty leads share, the commonest first; the others as one."""

    column: str
    rows: tuple[ChannelRow, ...]
    others: int
    periods: tuple[dict[str, Any], ...]
    period: str
    spending: Spending | None = None
    shift: Shift | None = None
    touches: Touches | None = None

    def to_json(self) -> dict[str, Any]:
        plain = asdict(replace(self, spending=None, shift=None, touches=None))
        parts = {"spending": self.spending, "shift": self.shift, "touches": self.touches}
        told = {name: None if part is None else part.to_json() for name, part in parts.items()}
        return {**plain, "rows": [asdict(row) for row in self.rows], "periods": list(self.periods), **told}


def columns(history: History) -> list[str]:
    """The columns by which leads can be told apart: words, not people."""
    schema = history.bundle.scorer.schema
    told = {each.name: each for each in schema.columns if each.kind in ("category", "flag")}
    wanted = [name for name in history.names if name in told and told[name].role in ("feature", "owner")]
    return sorted(wanted, key=lambda name: (told[name].group != "source", wanted.index(name)))


def chosen(history: History, column: str | None, spend: Log | None = None) -> str:
    """The column that was asked for, else the one whose values the spend names, else the source of leads."""
    known = columns(history)
    if column is None and known:
        return known[0] if spend is None else channel_money.column_named(history, known, spend)
    if column in known:
        return str(column)
    raise ColumnError(
        "The leads cannot be told apart by this column." if known else "No column tells the leads apart.",
        code="source_column",
        hint=target.nearest(column or "", known)
        if known
        else "Name a column of words that the model in service knows.",
    )


def by_value(
    history: History,
    column: str,
    *,
    spend: Log | None = None,
    touched: Log | None = None,
    deal_value: float | None = None,
) -> Channels:
    """How each value of a column did; with what was spent also what it cost and brought."""
    words, labels = history.words(column)
    table = pl.DataFrame({"value": words, "row": np.arange(history.count)})
    counts = table.group_by("value").len().sort(["len", "value"], descending=[True, False])
    kept = counts.filter(pl.col("len") >= LEAST)["value"].to_list()[:MOST]
    places = {key[0]: part["row"].to_numpy() for key, part in table.group_by("value")}
    rest = history.margin_without(column)
    rows = [_row(history, labels[value], places[value], rest) for value in kept]
    periods, period = _periods(history, [(labels[value], places[value]) for value in kept[:LINES]])
    found = Channels(column, tuple(rows), history.count - sum(row.leads for row in rows), periods, period)
    if touched is not None:
        found = replace(found, touches=Touches.of(history, touched))
    if spend is None:
        return found
    return _with_money(found, history, dict(zip(kept, rows, strict=True)), places, spend, deal_value)


def _row(history: History, value: str, places: np.ndarray, rest: Floats) -> ChannelRow:
    ended = history.settled[places]
    decided = ~np.isnan(ended)
    count, won = int(decided.sum()), int(np.nansum(ended))
    waiting = places[np.isnan(history.won[places])]
    enough, many = count >= LEAST, len(waiting) >= LEAST
    low, high = (float(end) for end in wilson(won, count)) if enough else (None, None)
    return ChannelRow(
        value=value,
        leads=len(places),
        decided=count,
        won=won,
        rate=won / count if enough else None,
        low=low,
        high=high,
        open=len(waiting),
        young=int((~np.isnan(history.won[places])).sum()) - count,
        hot=float((history.scores.grade[waiting] == 0).mean()) if many else None,
        score=float(history.scores.probability[waiting].mean()) if many else None,
        beyond=_beyond(history, places, rest) if enough else None,
    )


def _beyond(history: History, places: np.ndarray, rest: Floats) -> RateDifference | None:
    inside = np.zeros(history.count, dtype=bool)
    inside[places] = True
    decided = ~np.isnan(history.settled)
    return beside_the_like(inside[decided], history.settled[decided], rest[decided])


def _with_money(
    found: Channels,
    history: History,
    rows: dict[str, ChannelRow],
    places: dict[str, np.ndarray],
    spend: Log,
    deal_value: float | None,
) -> Channels:
    spent = Spending.of(history, found.column, spend, deal_value)
    priced = {value: spent.of_channel(value, places[value]) for value in rows}
    told = tuple(replace(row, money=priced[value]) for value, row in rows.items())
    return replace(found, rows=told, spending=spent, shift=best_shift({row.value: row.money for row in told}))


def _periods(history: History, parts: list[tuple[str, np.ndarray]]) -> tuple[tuple[dict[str, Any], ...], str]:
    """The rate of the commonest values over time, where the leads say when they came."""
    known = history.arrival[~np.isnan(history.arrival)]
    if len(known) < 2 * LEAST:
        return (), ""
    step, name = course.every(known)
    seconds = pl.Series(np.nan_to_num(history.arrival)).cast(pl.Int64)
    start = pl.from_epoch(seconds, time_unit="s").dt.truncate(step).dt.strftime("%Y-%m-%d")
    dated = pl.select(start=start).with_columns(won=pl.Series(history.settled))
    usable = ~np.isnan(history.arrival) & ~np.isnan(history.settled)
    rows = []
    for label, places in parts:
        own = dated[places[usable[places]]].group_by("start").agg(pl.len(), pl.col("won").mean())
        rows += [
            {"value": label, "start": start, "rate": rate, "decided": count}
            for start, count, rate in own.sort("start").iter_rows()
            if count >= LEAST
        ]
    return tuple(rows), name
