"""How many leads there were about each margin and how many converted: enough to set a line again later.

No cell holds fewer than 20 leads, so nothing of any one lead is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError

LEAST: Final = 20
MOST_CELLS: Final = 400


@dataclass(frozen=True)
class Tally:
    """Cells of neighbouring margins, lowest first."""

    margin: tuple[float, ...]
    leads: tuple[int, ...]
    won: tuple[int, ...]

    @staticmethod
    def fit(outcome: np.ndarray, margin: np.ndarray) -> Tally:
        order = np.argsort(margin, kind="stable")
        starts = _starts(margin[order])
        leads = np.diff(np.append(starts, len(order)))
        middle = np.add.reduceat(margin[order], starts) / leads
        won = np.add.reduceat(outcome[order], starts)
        return Tally(
            tuple(np.round(middle, 6).tolist()), tuple(leads.tolist()), tuple(won.astype(int).tolist())
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
        return {"margin": list(self.margin), "leads": list(self.leads), "won": list(self.won)}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Tally:
        tally = Tally(
            tuple(float(margin) for margin in data["margin"]),
            tuple(int(leads) for leads in data["leads"]),
            tuple(int(won) for won in data["won"]),
        )
        fits = len(tally.margin) == len(tally.leads) == len(tally.won) and all(
            0 <= won <= leads <= 10**12 for leads, won in zip(tally.leads, tally.won, strict=False)
        )
        if not fits or sum(tally.leads) > 10**9:
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
