"""How a model treats the groups of a sensitive column: who is called, who is missed, what was foretold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from leadlight.data.schema import Column
from leadlight.insight.explore.counts import LEVELS, grouping, share

if TYPE_CHECKING:
    from leadlight.insight.report.given import Given

BANDS = 5
Share = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Treatment:
    """One group: shares with their intervals, none where fewer than 20 leads stand behind."""

    group: str
    leads: int
    called: Share
    won: Share
    found: Share
    foretold: float

    @property
    def holds(self) -> bool | None:
        """Whether what was foretold lies within the interval of what came true."""
        _, low, high = self.won
        return None if low is None or high is None else low <= self.foretold <= high


@dataclass(frozen=True)
class Fairness:
    """A sensitive column and its groups of 20 leads or more."""

    column: str
    groups: tuple[Treatment, ...]

    @property
    def ratio(self) -> float | None:
        """The least share that is called by the greatest."""
        called = [group.called[0] for group in self.groups if group.called[0] is not None]
        return min(called) / max(called) if len(called) > 1 and max(called) > 0 else None


def fairness(given: Given) -> Iterator[Fairness]:
    """Every sensitive column that is among the leads and has two groups of 20 or more."""
    for column in given.scorer.schema.with_role("sensitive"):
        if column.name in given.raw.columns:
            groups = tuple(_treatments(given, column, column.read(given.raw[column.name])))
            if len(groups) > 1:
                yield Fairness(column.name, groups)


def _treatments(given: Given, column: Column, series: pl.Series) -> Iterator[Treatment]:
    words = column.kind in ("category", "flag")
    found = grouping(column, series, LEVELS if words else BANDS)
    for number, label in enumerate(found.labels):
        among = found.number == number
        if among.sum() >= 20:
            yield _treatment(given, label, among)


def _treatment(given: Given, label: str, among: np.ndarray) -> Treatment:
    call, outcome = given.scores.call[among], given.outcome[among]
    known = ~np.isnan(outcome)
    won = known & (outcome == 1)
    return Treatment(
        group=label,
        leads=int(among.sum()),
        called=share(int(call.sum()), len(call)),
        won=share(int(won.sum()), int(known.sum())),
        found=share(int(call[won].sum()), int(won.sum())),
        foretold=float(given.scores.probability[among].mean()),
    )
