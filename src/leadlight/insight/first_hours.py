"""Leads as they were watched from arrival to the first contact and to the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leadlight.insight import channels
from leadlight.insight.adjusted import held_equal
from leadlight.insight.history import DAY, History
from leadlight.model.metrics import Floats

HOUR: Final = 3_600.0


@dataclass(frozen=True, eq=False)
class FirstHours:
    """What is known of each lead's first hours and of its end; a row a lead."""

    history: History
    within: float
    timed: NDArray[np.bool_]
    """Leads of which it is known when they came."""
    hours: Floats
    """From arrival to the first contact; not a number where there was none."""
    waited: Floats
    """Hours until the first contact, else until it was decided, else until now."""
    ripe_after: float | None
    source: str | None

    @staticmethod
    def of(history: History, within: float) -> FirstHours:
        hours = (history.first_contact - history.arrival) / HOUR
        until = np.where(np.isnan(history.ended), history.at, history.ended)
        waited = np.where(np.isfinite(hours), hours, np.maximum(until - history.arrival, 0.0) / HOUR)
        timed = np.isfinite(history.arrival) & (history.arrival <= history.at)
        unknown = ~np.isnan(history.won) & np.isnan(history.ended) & np.isnan(hours)
        names = channels.columns(history)
        source = next((name for name in names if history.bundle.scorer.schema[name].group == "source"), None)
        return FirstHours(history, within, timed & ~unknown, hours, waited, history.ripe_after, source)

    @cached_property
    def ripe(self) -> NDArray[np.bool_]:
        """Leads of which it is known by now whether they buy; where no time is known, the decided ones."""
        history = self.history
        if self.ripe_after is None:
            return self.timed & ~np.isnan(history.won)
        old = history.arrival + self.ripe_after * DAY <= history.at
        return np.asarray(self.timed & old & (np.isnan(history.won) | np.isfinite(history.ended)))

    @property
    def unripe(self) -> int:
        return int((self.timed & ~self.ripe).sum())

    @cached_property
    def bought(self) -> Floats:
        """1 where a lead bought before it was ripe, so that old and young leads are counted alike."""
        won = np.asarray(self.history.won == 1.0)
        if self.ripe_after is None:
            return won.astype(np.float64)
        soon = self.history.ended <= self.history.arrival + self.ripe_after * DAY
        return (won & soon).astype(np.float64)

    @cached_property
    def quick(self) -> NDArray[np.bool_]:
        return np.asarray(self.hours <= self.within)

    @property
    def early(self) -> int:
        """Ripe leads that ended within the hours before anybody contacted them; they count as slower.

        Had they been left out, the slower would lack their quickest buyers, and haste would look useful
        where it does nothing. As it is, haste can only look less useful than it is.
        """
        return int((self.ripe & ~self.quick & (self.waited <= self.within)).sum())

    @cached_property
    def after_the_mark(self) -> tuple[Floats, NDArray[np.int64]]:
        """Days from the end of the hours, and 1 bought, 2 lost, 0 open; not a number where unknown."""
        days, cause = self.history.times
        known = self.timed & ((cause == 0) | np.isfinite(self.history.ended))
        return np.where(known, days - self.within / 24.0, np.nan), cause

    @cached_property
    def margin(self) -> Floats:
        return self.history.scores.margin

    @cached_property
    def held_equal(self) -> Floats:
        """The score on arrival, the source, whose lead it is, when it came and whether at a weekend."""
        history = self.history
        arrival = np.nan_to_num(history.arrival)
        weekend = ((arrival // DAY + 3) % 7 >= 5).astype(np.int64)
        words = [weekend]
        if self.source is not None:
            words.append(_codes(history.words(self.source)[0].to_list()))
        words.append(_codes([each or "" for each in history.owner]))
        return held_equal([self.margin, arrival / DAY], words)

    def bands(self, ends: Sequence[float]) -> tuple[NDArray[np.int64], NDArray[np.bool_], Floats]:
        """The band of each lead's first contact, and which leads are ripe; who had none is in the last."""
        band = np.searchsorted(ends, np.where(np.isfinite(self.hours), self.hours, np.inf)).astype(np.int64)
        return band, self.ripe, self.bought


def _codes(words: Sequence[str]) -> NDArray[np.int64]:
    return np.unique(np.array(words, dtype=str), return_inverse=True)[1].astype(np.int64)
