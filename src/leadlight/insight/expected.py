"""What to expect of leads that are called: conversions and revenue, each with the interval around it.

Three things are unsure: who converts, given the rates (as many independent draws); the rates, which are taken
to err all to the same side, the worst case; and what a deal is worth, where no lead says it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadlight.insight.deal_values import DealValues
from leadlight.model.metrics import NINETY, Floats


@dataclass(frozen=True)
class Chances:
    """What the model says of each lead: margin, probability, and its interval where there is one."""

    margin: Floats
    probability: Floats
    low: Floats | None = None
    high: Floats | None = None

    def among(self, rows: Any) -> Chances:
        """Those of some of the leads, in the order in which they are named."""
        low = None if self.low is None else self.low[rows]
        high = None if self.high is None else self.high[rows]
        return Chances(self.margin[rows], self.probability[rows], low, high)

    @property
    def lower(self) -> Floats:
        return self.probability if self.low is None else self.low

    @property
    def upper(self) -> Floats:
        return self.probability if self.high is None else self.high


@dataclass(frozen=True)
class Expected:
    """Calls, and conversions among them with the interval that holds them nine times in ten."""

    calls: int
    conversions: float
    low: float
    high: float


@dataclass(frozen=True)
class Money:
    """Revenue to expect with the interval that holds it nine times in ten; `known` leads have a value."""

    total: float
    low: float
    high: float
    known: int


def expected(chances: Chances) -> Expected:
    """Conversions to expect if all of these are called."""
    share = chances.probability
    total = float(share.sum())
    luck = NINETY**2 * float((share * (1.0 - share)).sum())
    below = total - float(chances.lower.sum())
    above = float(chances.upper.sum()) - total
    return Expected(
        calls=len(share),
        conversions=total,
        low=max(total - math.sqrt(luck + below**2), 0.0),
        high=min(total + math.sqrt(luck + above**2), float(len(share))),
    )


def expected_revenue(chances: Chances, values: DealValues) -> Money:
    """Revenue to expect if all of these are called; leads of which nobody knows the worth bring none."""
    share, worth = chances.probability, values.or_nothing
    total = float(share @ worth)
    luck = NINETY**2 * float((share * (values.spread**2 + worth**2) - (share * worth) ** 2).sum())
    price = (NINETY * values.error * float(share[values.guessed].sum())) ** 2
    below = total - float(chances.lower @ worth)
    above = float(chances.upper @ worth) - total
    return Money(
        total,
        max(total - math.sqrt(luck + price + below**2), 0.0),
        total + math.sqrt(luck + price + above**2),
        int(np.count_nonzero(worth > 0)),
    )
