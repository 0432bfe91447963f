"""Conversion over time: leads by day, week, month, quarter or year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import polars as pl

from leadlight.insight.explore.counts import LEAST, share
from leadlight.insight.wording import counted, percent, quoted

MOST: Final = 40
EVERY: Final = (("1d", "day", 1), ("1w", "week", 7), ("1mo", "month", 30), ("1q", "quarter", 91))
DAY: Final = 86_400.0


@dataclass(frozen=True)
class Period:
    """The leads of one period."""

    start: str
    leads: int
    decided: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Course:
    """Periods of one length that hold 20 leads or more, oldest first."""

    every: str
    periods: tuple[Period, ...]

    @property
    def known(self) -> tuple[Period, ...]:
        return tuple(period for period in self.periods if period.rate is not None)


def course(seconds: np.ndarray, outcome: np.ndarray) -> Course | None:
    """Nothing without two periods of 20 leads."""
    given = ~np.isnan(seconds)
    if given.sum() < 2 * LEAST:
        return None
    step, name = every(seconds[given])
    table = (
        pl.DataFrame({"at": seconds[given], "won": outcome[given]})
        .with_columns(at=pl.from_epoch((pl.col("at")).cast(pl.Int64), time_unit="s").dt.truncate(step))
        .group_by("at")
        .agg(
            leads=pl.len(),
            decided=pl.col("won").is_not_nan().sum(),
            won=pl.col("won").filter(pl.col("won").is_not_nan()).sum(),
        )
        .filter(pl.col("leads") >= LEAST)
        .sort("at")
    )
    periods = [_period(*row) for row in table.iter_rows()]
    return Course(name, tuple(periods)) if len(periods) > 1 else None


def every(seconds: np.ndarray) -> tuple[str, str]:
    """The shortest period that gives few enough, and 20 leads in most."""
    low, high = np.quantile(seconds, [0.01, 0.99])
    days = float(high - low) / DAY
    for step, name, length in EVERY:
        count = days / length + 1
        if count <= MOST and len(seconds) >= 2 * LEAST * count:
            return step, name
    return "1y", "year"


def _period(start: datetime, leads: int, decided: int, won: float) -> Period:
    return Period(start.replace(tzinfo=UTC).strftime("%Y-%m-%d"), leads, decided, *share(int(won), decided))


def sentence(name: str, found: Course) -> str:
    """Where it began, where it ended, and how high and low it went."""
    known = found.known
    if len(known) < 2:
        most = max(found.periods, key=lambda period: period.leads)
        return f"{quoted(name)}: most leads, {most.leads:,}, in the {found.every} from {most.start}."
    first, last = known[0], known[-1]
    return (
        f"By {quoted(name)}, {percent(first.rate)} of the leads converted in the {found.every} from "
        f"{first.start} and {percent(last.rate)} in that from {last.start} "
        f"({counted(last.decided, 'decided lead')}); {_range(known)}."
    )


def _range(known: Sequence[Period]) -> str:
    best = max(known, key=lambda period: period.rate or 0.0)
    worst = min(known, key=lambda period: period.rate or 0.0)
    if (best.low or 0.0) <= (worst.high or 1.0):
        return f"between them it stayed from {percent(worst.rate)} to {percent(best.rate)}, within chance"
    return f"lowest {percent(worst.rate)} from {worst.start}, highest {percent(best.rate)} from {best.start}"
