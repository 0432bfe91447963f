"""What a line would give on leads that are open now: calls, conversions, revenue, each with its interval."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from leadlight.insight.deal_values import DealValues
from leadlight.insight.expected import Chances, Expected, Money, expected, expected_revenue
from leadlight.model.bundle import Bundle
from leadlight.model.grade import Grades, rank
from leadlight.model.probability import probability

POINTS: Final = 60
UNSAID: Final = 1_000.0


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
    values: DealValues

    @staticmethod
    def of(chances: Chances, values: DealValues, barred: NDArray[np.bool_]) -> OpenChances:
        return OpenChances(chances.among(~barred), values.among(~barred))

    @property
    def count(self) -> int:
        """How many leads they are."""
        return len(self.chances.margin)

    @property
    def typical_worth(self) -> float:
        """What a deal is worth on average, to two digits; 1,000 where nobody said."""
        known = self.values.worth[self.values.worth > 0]
        return float(f"{known.mean():.2g}") if len(known) else UNSAID


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
    taken = known.chances.among(called)
    revenue = expected_revenue(taken, known.values.filled(deal_value).among(called))
    cost = call_cost * len(called)
    now = bundle.scorer.grades
    moved = int(np.count_nonzero(now.apply(known.chances.margin) != grades.apply(known.chances.margin)))
    return Outlook(probability(line), expected(taken), revenue, cost, revenue.total - cost, moved)


def course(known: OpenChances) -> list[dict[str, float]]:
    """Conversions to expect after so many calls, the best first: what a chart draws."""
    order = rank(known.chances.margin)
    places = np.unique(np.linspace(0, len(order), min(POINTS, len(order)) + 1).astype(int))[1:]
    rows = []
    for calls in places.tolist():
        found = expected(known.chances.among(order[:calls]))
        rows.append({"calls": calls, "conversions": found.conversions, "low": found.low, "high": found.high})
    return rows
