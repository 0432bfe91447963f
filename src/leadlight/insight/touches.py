"""By which channel leads were first and last touched, as events tell, and how those leads ended."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data.logs import Log
from leadlight.insight.history import History
from leadlight.model.metrics import wilson

LEAST: Final = 20
MOST: Final = 40


@dataclass(frozen=True)
class TouchedRate:
    """Leads that a channel touched first, or last: decided ones, won ones, and the rate from twenty on."""

    decided: int
    won: int
    rate: float | None
    low: float | None
    high: float | None

    @staticmethod
    def of(won: int, decided: int) -> TouchedRate:
        if decided < LEAST:
            return TouchedRate(decided, won, None, None, None)
        low, high = (float(end) for end in wilson(won, decided))
        return TouchedRate(decided, won, won / decided, low, high)


@dataclass(frozen=True)
class TouchingChannel:
    """One channel: the leads that it touched first and last, and its even share of all who were won."""

    channel: str
    first: TouchedRate
    last: TouchedRate
    shared: float


@dataclass(frozen=True)
class Touches:
    """Every channel that touched twenty decided leads or more, the one with most won ones first."""

    rows: tuple[TouchingChannel, ...]
    leads: int
    others: int

    @staticmethod
    def of(history: History, log: Log) -> Touches:
        """Only what happened before a lead was decided is a touch of it; open leads are not counted yet."""
        table = _before_the_end(history, log)
        one = table.group_by("row", maintain_order=True).agg(
            pl.col("channel").first().alias("first"),
            pl.col("channel").last().alias("last"),
            pl.col("won").first(),
        )
        sides = {side: _counts(one, side) for side in ("first", "last")}
        shared = dict(
            table.with_columns(part=pl.col("won") / pl.len().over("row"))
            .group_by("channel")
            .agg(pl.col("part").sum())
            .iter_rows()
        )
        kept = [each for each in shared if max(side.get(each, (0, 0))[1] for side in sides.values()) >= LEAST]
        rows = [
            TouchingChannel(
                each,
                TouchedRate.of(*sides["first"].get(each, (0, 0))),
                TouchedRate.of(*sides["last"].get(each, (0, 0))),
                float(shared[each]),
            )
            for each in kept
        ]
        rows.sort(key=lambda row: (-row.shared, row.channel))
        return Touches(tuple(rows[:MOST]), one.height, len(shared) - len(rows[:MOST]))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _before_the_end(history: History, log: Log) -> pl.DataFrame:
    """The touches of decided leads, each lead's own in the order of time."""
    lead = pl.DataFrame(
        {
            "lead": history.ids,
            "row": np.arange(history.count),
            "won": pl.Series(history.won).fill_nan(None),
            "until": np.where(np.isnan(history.ended), history.at, history.ended),
        }
    ).filter(pl.col("won").is_not_null())
    here = log.rows.filter(pl.col("channel").is_not_null()).join(lead, on="lead", how="inner")
    return here.filter(pl.col("at") < pl.col("until")).sort("row", "at", maintain_order=True)


def _counts(one: pl.DataFrame, side: str) -> dict[str, tuple[int, int]]:
    told = one.group_by(side).agg(pl.col("won").sum().cast(pl.Int64), pl.len())
    return {channel: (int(won), int(count)) for channel, won, count in told.iter_rows()}
