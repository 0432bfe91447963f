"""What channels cost and brought: per lead, per hot lead, per customer, per unit of money."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import cells, target
from leadlight.data.logs import Log
from leadlight.errors import ColumnError, InputError
from leadlight.insight.history import DAY, History
from leadlight.insight.ratio import Ratio
from leadlight.insight.response import response
from leadlight.model.bundle import Bundle
from leadlight.model.metrics import Floats

LEAST: Final = 20
LEAST_CUSTOMERS: Final = 5
LONGEST_STEP: Final = 31.0


@dataclass(frozen=True)
class ChannelMoney:
    """What one channel cost and brought; customers and revenue count open leads by their probability."""

    cost: float
    leads: int
    per_lead: float
    per_hot: float | None
    customers: Ratio | None
    per_customer: Ratio | None
    revenue: Ratio | None
    returned: Ratio | None
    """Revenue for each unit of money that was spent."""
    response: Ratio | None = None
    """By how many per cent leads rose with each per cent of spend, where spend moved enough to tell."""


@dataclass(frozen=True, eq=False)
class Spending:
    """What was spent while these leads came."""

    currency: str
    total: float
    start: float | None
    end: float | None
    outside: float
    """Spent when no lead came: before, after, or without a day."""
    unmatched: Mapping[str, float]
    """Channels that no lead names, with what they cost."""
    rows: Mapping[str, Any]
    """How many rows of the log were taken, and how many left out for which reason."""
    worth: Floats
    """What each lead brought: its value if won, nothing if lost, its share of it if open."""
    history: History
    by_channel: Mapping[str, float]
    by_day: pl.DataFrame
    inside: NDArray[np.bool_]

    @staticmethod
    def of(history: History, column: str, log: Log, deal_value: float | None) -> Spending:
        """The days on which both money was spent and leads came."""
        _, currency = one_currency(log)
        rows, span, outside = _window(history, log.rows)
        words = _plain(history.bundle, column, rows["channel"])
        paid = rows.with_columns(value=words)
        totals = dict(paid.group_by("value").agg(pl.col("amount").sum()).iter_rows())
        known, _ = history.words(column)
        present = set(known.unique().to_list())
        spelt = dict(zip(words.to_list(), rows["channel"].to_list(), strict=True))
        strange = {spelt[each]: amount for each, amount in totals.items() if each not in present}
        return Spending(
            currency=currency,
            total=float(rows["amount"].sum()),
            start=span[0],
            end=span[1],
            outside=outside,
            unmatched=strange,
            rows=log.counts,
            worth=_worth(history, deal_value),
            history=history,
            by_channel=totals,
            by_day=paid.select("value", "day", "amount"),
            inside=_inside(history, span),
        )

    def of_channel(self, value: str, places: NDArray[np.intp]) -> ChannelMoney | None:
        """The account of one channel; nothing where nothing was spent on it."""
        cost = float(self.by_channel.get(value, 0.0))
        own = places[self.inside[places]]
        if not cost or not len(own):
            return None
        history = self.history
        ended = history.won[own]
        chance = np.where(np.isnan(ended), history.scores.probability[own], ended)
        hot = int((history.scores.grade[own] == 0).sum())
        enough = int((~np.isnan(ended)).sum()) >= LEAST and chance.sum() >= LEAST_CUSTOMERS
        luck = np.where(np.isnan(ended), chance * (1.0 - chance), 0.0)
        customers = _ratio(chance, luck) if enough else None
        revenue = _revenue(self.worth[own], luck, chance) if enough else None
        return ChannelMoney(
            cost=cost,
            leads=len(own),
            per_lead=cost / len(own),
            per_hot=cost / hot if hot >= LEAST else None,
            customers=customers,
            per_customer=None if customers is None else customers.over(cost),
            revenue=revenue,
            returned=None if revenue is None else revenue.times(1.0 / cost),
            response=self._response(value, own),
        )

    def _response(self, value: str, own: NDArray[np.intp]) -> Ratio | None:
        if self.start is None:
            return None
        paid = self.by_day.filter(pl.col("value") == value)
        return response(paid["day"].to_numpy(), paid["amount"].to_numpy(), self.history.arrival[own])

    def to_json(self) -> dict[str, Any]:
        plain = ("currency", "total", "start", "end", "outside")
        maps = {"unmatched": dict(self.unmatched), "rows": dict(self.rows)}
        return {**{name: getattr(self, name) for name in plain}, **maps}


def column_named(history: History, known: Sequence[str], log: Log) -> str:
    """The column whose values most of the money was spent on; equal ones the first.

    Columns are read one after the other, so nothing is read behind one that holds all channels.
    """
    spent = log.rows.group_by("channel").agg(pl.col("amount").sum())

    def covered(column: str) -> float:
        present = history.words(column)[0].unique().to_list()
        words = _plain(history.bundle, column, spent["channel"])
        return float(spent["amount"].filter(words.is_in(present)).sum())

    whole, most, found = float(spent["amount"].sum()), 0.0, ""
    for column in known:
        if (part := covered(column)) > most:
            most, found = part, column
        if most >= whole:
            break
    if not found:
        raise ColumnError(
            "No column of the leads holds the channels that money was spent on.",
            code="spend_column",
            hint="The channels of the spend are written as a column of the leads has them, such as "
            + f"{known[0]!r}.",
        )
    return found


def one_currency(log: Log) -> tuple[Log, str]:
    """The one currency of the spend; several are never added up."""
    named = sorted({each for each in log.rows["currency"].to_list() if each})
    if len(named) > 1:
        raise InputError(
            f"Money was spent in {len(named)} currencies, which are not added up.",
            code="currencies",
            hint="Choose one with --currency: " + ", ".join(named[:10]),
        )
    return log, "".join(named)


def in_currency(log: Log, currency: str | None) -> Log:
    """Only what was spent in this currency."""
    if currency is None:
        return log
    named = sorted({each for each in log.rows["currency"].to_list() if each})
    if currency not in named:
        raise InputError(
            "Nothing was spent in this currency.", code="currency", hint=target.nearest(currency, named)
        )
    return log.without(log.rows["currency"] != currency, "another currency")


def _plain(bundle: Bundle, column: str, channels: pl.Series) -> pl.Series:
    spellings = bundle.scorer.schema[column].spellings
    plain = [cells.clean(each or "") for each in channels.to_list()]
    return pl.Series([spellings.get(each, each) for each in plain], dtype=pl.String)


def _window(
    history: History, rows: pl.DataFrame
) -> tuple[pl.DataFrame, tuple[float | None, float | None], float]:
    """The spend of the time in which leads came, when that was, and what was spent outside it."""
    arrived = history.arrival[np.isfinite(history.arrival)]
    days = rows["day"].drop_nulls().to_numpy()
    if not len(arrived) or not len(days):
        return rows, (None, None), 0.0
    step = _step(days)
    inside = (rows["day"] > arrived.min() - step) & (rows["day"] <= arrived.max())
    kept = rows.filter(inside)
    if not kept.height:
        raise InputError(
            "The money was spent when none of these leads came.",
            code="spend_days",
            hint="Give the spend of the days on which the leads came.",
        )
    seen = kept["day"].to_numpy()
    span = (float(seen.min()), float(seen.max()) + step)
    return kept, span, float(rows.filter(~inside)["amount"].sum())


def _step(days: Floats) -> float:
    """How long what is written for a day stands for: the usual gap between days, a month at most."""
    gaps = np.diff(np.unique(days))
    return float(np.clip(np.median(gaps), DAY, LONGEST_STEP * DAY)) if len(gaps) else DAY


def _inside(history: History, span: tuple[float | None, float | None]) -> NDArray[np.bool_]:
    start, end = span
    if start is None or end is None:
        return np.ones(history.count, dtype=bool)
    inside: NDArray[np.bool_] = (history.arrival >= start) & (history.arrival < end)
    return inside


def _worth(history: History, deal_value: float | None) -> Floats:
    """A lead without a value of its own is worth what was given for all, else what others are on average."""
    known = history.value[np.isfinite(history.value)]
    usual = deal_value if deal_value is not None else float(known.mean()) if len(known) else math.nan
    return np.where(np.isfinite(history.value), history.value, usual)


def _revenue(worth: Floats, luck: Floats, chance: Floats) -> Ratio | None:
    if not np.isfinite(worth).all():
        return None
    return _ratio(chance * worth, luck * worth**2)


def _ratio(each: Floats, luck: Floats) -> Ratio | None:
    """A sum over leads, and how far it would be off by other leads of the channel and by luck."""
    total = float(each.sum())
    if total <= 0.0:
        return None
    spread = len(each) * float(each.var()) + float(luck.sum())
    return Ratio.of(total, math.sqrt(spread) / total)
