"""How many leads there were about each margin and how many converted: enough to set a line again later.

No cell holds fewer than 20 leads, so nothing of any one lead is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.repeats import Repeats

LEAST: Final = 20
MOST_CELLS: Final = 400


@dataclass(frozen=True)
class Tally:
    """Cells of neighbouring margins, lowest first.

    `repeats` sums up over the leads of each cell how they repeat one another; none where all are different.
    """

    margin: tuple[float, ...]
    leads: tuple[int, ...]
    won: tuple[int, ...]
    repeats: tuple[tuple[float, ...], ...] = ()

    @staticmethod
    def fit(outcome: np.ndarray, margin: np.ndarray, blocks: np.ndarray | None = None) -> Tally:
        order = np.argsort(margin, kind="stable")
        starts = _starts(margin[order])
        leads = np.diff(np.append(starts, len(order)))
        middle = np.add.reduceat(margin[order], starts) / leads
        won = np.add.reduceat(outcome[order], starts)
        doubt = Repeats.of(outcome.astype(bool), blocks)
        sums = [np.add.reduceat(each[order], starts) for each in (doubt.size, doubt.won, doubt.square)]
        return Tally(
            tuple(np.round(middle, 6).tolist()),
            tuple(leads.tolist()),
            tuple(won.astype(int).tolist()),
            tuple(tuple(np.round(each, 6).tolist()) for each in sums) if (doubt.size > 1).any() else (),
        )

    def doubt(self) -> Repeats | None:
        """How the leads of `rows` repeat one another: those of a cell share what its blocks add up to."""
        if not self.repeats:
            return None
        return Repeats(
            *(np.repeat(np.array(each) / np.array(self.leads), self.leads) for each in self.repeats)
        )

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes and margins as if each lead stood in the middle of its cell."""
        margin = np.repeat(np.array(self.margin), self.leads)
        outcome = np.concatenate(
            [
                (np.arange(leads) < won).astype(np.float64)
                for leads, won in zip(self.leads, self.won, strict=True)
            ]
            or [np.zeros(0)]
        )
        return outcome, margin

    def to_json(self) -> dict[str, Any]:
        plain = {"margin": list(self.margin), "leads": list(self.leads), "won": list(self.won)}
        return {**plain, "repeats": [list(each) for each in self.repeats]} if self.repeats else plain

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Tally:
        tally = Tally(
            tuple(float(margin) for margin in data["margin"]),
            tuple(int(leads) for leads in data["leads"]),
            tuple(int(won) for won in data["won"]),
            tuple(tuple(float(each) for each in sums) for sums in data.get("repeats", ())),
        )
        fits = len(tally.margin) == len(tally.leads) == len(tally.won) and all(
            0 <= won <= leads <= 10**12 for leads, won in zip(tally.leads, tally.won, strict=False)
        )
        sums = tally.repeats
        told = not sums or (len(sums) == 3 and all(len(each) == len(tally.leads) for each in sums))
        finite = all(0 <= each < 1e18 for part in sums for each in part)
        if not fits or not told or not finite or sum(tally.leads) > 10**9:
            raise BundleError("The tally of margins in the bundle contradicts itself.", code="tally")
        return tally


def _starts(ranked: np.ndarray) -> list[int]:
    """Where cells begin: as many leads in each as it takes, and never within a tie."""
    size = max(LEAST, -(-len(ranked) // MOST_CELLS))
    breaks = np.flatnonzero(ranked[1:] > ranked[:-1]) + 1
    starts = [0]
    while True:
        place = int(np.searchsorted(breaks, starts[-1] + size))
        if place == len(breaks) or len(ranked) - breaks[place] < size:
            return starts
        starts.append(int(breaks[place]))
