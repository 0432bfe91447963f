"""What a line would give on leads that are open now: calls, conversions, revenue, each with its interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from leadlight.insight.plan import Chances, Expected, expected
from leadlight.model.bundle import Bundle
from leadlight.model.grade import Grades, rank
from leadlight.model.metrics import NINETY, Floats
from leadlight.model.probability import probability

POINTS: Final = 60
UNSAID: Final = 1_000.0


@dataclass(frozen=True)
class Money:
    """Revenue to expect with the interval that holds it nine times in ten; `known` leads have a value."""

    total: float
    low: float
    high: float
    known: int


@dataclass(frozen=True)
class Outlook:
    """One line on the open leads that may be called."""

    line: float
    expected: Expected
    revenue: Money
    cost: float
    profit: float
    moved: int
    """How many open leads would have another grade than now."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class OpenChances:
    """The open leads that may be called: what the model says of each, and what a deal with it is worth."""

    chances: Chances
    values: Floats
    """The worth of each; not a number where nobody said."""

    @staticmethod
    def of(chances: Chances, values: Floats, barred: NDArray[np.bool_]) -> OpenChances:
        free = ~barred
        low = chances.probability if chances.low is None else chances.low
        high = chances.probability if chances.high is None else chances.high
        kept = Chances(chances.margin[free], chances.probability[free], low[free], high[free])
        return OpenChances(kept, values[free])

    @property
    def typical_worth(self) -> float:
        """What a deal is worth on average, to two digits; 1,000 where nobody said."""
        known = self.values[self.values > 0]
        return float(f"{known.mean():.2g}") if len(known) else UNSAID

    def worth(self, deal_value: float | None) -> Floats:
        """The worth of each deal: its own, else the one that was given."""
        return np.where(np.isnan(self.values), deal_value or 0.0, self.values)


def outlook(
    bundle: Bundle,
    grades: Grades,
    known: OpenChances,
    *,
    most: int | None = None,
    call_cost: float = 0.0,
    deal_value: float | None = None,
) -> Outlook:
    """What calling from the line of these grades on would give; with `most`, the best so many instead."""
    order = rank(known.chances.margin)
    called = order[known.chances.margin[order] >= grades.line] if most is None else order[:most]
    line = grades.line if most is None or not len(called) else float(known.chances.margin[called[-1]])
    taken = _taken(known.chances, called)
    worth = known.worth(deal_value)[called]
    revenue = expected_revenue(taken, worth)
    cost = call_cost * len(called)
    now = bundle.scorer.grades
    moved = int(np.count_nonzero(now.apply(known.chances.margin) != grades.apply(known.chances.margin)))
    return Outlook(probability(line), expected(taken), revenue, cost, revenue.total - cost, moved)


def expected_revenue(chances: Chances, worth: Floats) -> Money:
    """As `expected` counts conversions: luck lead by lead, and rates that may all err to one side."""
    share, known = chances.probability, int(np.count_nonzero(worth > 0))
    total = float(share @ worth)
    luck = NINETY**2 * float((share * (1.0 - share)) @ worth**2)
    below = total - float((share if chances.low is None else chances.low) @ worth)
    above = float((share if chances.high is None else chances.high) @ worth) - total
    most = float(worth.sum())
    return Money(
        total,
        max(total - math.sqrt(luck + below**2), 0.0),
        min(total + math.sqrt(luck + above**2), most),
        known,
    )


def course(known: OpenChances) -> list[dict[str, float]]:
    """Conversions to expect after so many calls, the best first: what a chart draws."""
    order = rank(known.chances.margin)
    places = np.unique(np.linspace(0, len(order), min(POINTS, len(order)) + 1).astype(int))[1:]
    rows = []
    for calls in places.tolist():
        found = expected(_taken(known.chances, order[:calls]))
        rows.append({"calls": calls, "conversions": found.conversions, "low": found.low, "high": found.high})
    return rows


def _taken(chances: Chances, rows: NDArray[np.intp]) -> Chances:
    low = chances.probability if chances.low is None else chances.low
    high = chances.probability if chances.high is None else chances.high
    return Chances(chances.margin[rows], chances.probability[rows], low[rows], high[rows])
