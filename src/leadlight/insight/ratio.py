"""Figures above zero whose errors go by factors: costs, returns, elasticities."""

from __future__ import annotations

import math
from dataclasses import dataclass

from leadlight.model.metrics import NINETY


@dataclass(frozen=True)
class Ratio:
    """Something above zero with the interval that holds it nine times in ten; errors go by factors."""

    value: float
    low: float
    high: float
    deviation: float
    """Of its logarithm."""

    @staticmethod
    def of(value: float, deviation: float) -> Ratio:
        factor = math.exp(NINETY * deviation)
        return Ratio(value, value / factor, value * factor, deviation)

    def times(self, factor: float) -> Ratio:
        return Ratio.of(self.value * factor, self.deviation)

    def over(self, amount: float) -> Ratio:
        """So much money for each of these."""
        return Ratio.of(amount / self.value, self.deviation)
