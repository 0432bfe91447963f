"""A score taken apart as one would walk it: from the odds of every lead, a step a reason, to its own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from leadlight.model.whatif import Explanation

SHOWN: Final = 12
ROOM: Final = 0.04


@dataclass(frozen=True)
class WaterfallStep:
    """What one column does; `start` and `end` are places between 0 and 100 on the scale of all steps."""

    column: str
    value: str
    odds: float
    start: float
    end: float

    @property
    def raises(self) -> bool:
        return self.odds >= 1.0


@dataclass(frozen=True)
class Waterfall:
    """The steps, strongest first; the weakest are one step, and base times all factors is the end."""

    base_odds: float
    base: float
    steps: tuple[WaterfallStep, ...]
    rest: WaterfallStep | None
    odds: float
    end: float


def waterfall(explanation: Explanation, shown: int = SHOWN) -> Waterfall:
    """Base odds, the strongest reasons, all others as one, and where that ends."""
    told, others = explanation.reasons[:shown], explanation.reasons[shown:]
    factors = [math.log(reason.odds) for reason in told]
    left = sum(math.log(reason.odds) for reason in others)
    base = math.log(explanation.base_odds)
    walk = [base]
    for each in [*factors, *([left] if others else [])]:
        walk.append(walk[-1] + each)
    place = _places(walk)
    steps = tuple(
        WaterfallStep(reason.column, reason.value, reason.odds, place[k], place[k + 1])
        for k, reason in enumerate(told)
    )
    rest = None
    if others:
        rest = WaterfallStep(f"{len(others)} more columns", "", math.exp(left), place[-2], place[-1])
    return Waterfall(explanation.base_odds, place[0], steps, rest, math.exp(walk[-1]), place[-1])


def _places(walk: Sequence[float]) -> list[float]:
    low, high = min(walk), max(walk)
    room = max(high - low, 1e-9) * ROOM
    return [100.0 * (each - low + room) / (high - low + 2.0 * room) for each in walk]
