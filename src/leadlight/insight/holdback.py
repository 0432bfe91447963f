"""What calling by score is worth: leads held back from the score against all others, with intervals.

A share of leads is drawn on arrival, by a keyed hash, and worked without regard to the score: as many of them
are called as of the others, but whoever comes. The difference in conversions is what the score brings, since
nothing but chance tells the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import InputError
from leadlight.model.metrics import NINETY, wilson

FEWEST: Final = 20
POWER: Final = 0.8416212335729143
"""A difference as large as hoped for is seen in four of five experiments."""
WEEK: Final = 7.0


@dataclass(frozen=True)
class Arm:
    """One side of the experiment: its decided leads and how many converted, with Wilson's 90 % interval."""

    leads: int
    conversions: int
    rate: float
    low: float
    high: float

    @staticmethod
    def of(won: np.ndarray) -> Arm:
        leads, conversions = len(won), int(won.sum())
        low, high = wilson(conversions, leads)
        return Arm(leads, conversions, conversions / leads, float(low), float(high))


@dataclass(frozen=True)
class Benefit:
    """What working by score brought over working at random: a difference of rates, 90 % interval."""

    group: str
    by_score: Arm
    at_random: Arm
    gain: float
    low: float
    high: float
    extra: float
    """Conversions that the score brought among the leads that were worked by it."""

    @property
    def is_proven(self) -> bool:
        return self.low > 0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_proven": self.is_proven}


def benefit(won: np.ndarray, held: np.ndarray, group: str = "all leads") -> Benefit:
    """Of decided leads: whether each converted and whether it was held back; by Newcombe's interval."""
    few, rest = int(held.sum()), int((~held).sum())
    if min(few, rest) < FEWEST:
        raise InputError(
            f"{few:,} leads that were held back and {rest:,} others are decided;"
            f" {FEWEST} of each are needed.",
            code="few_held",
            hint="Wait, or see how long it takes: leadlight holdback plan",
        )
    scored, chance = Arm.of(won[~held]), Arm.of(won[held])
    gain = scored.rate - chance.rate
    low = gain - math.hypot(scored.rate - scored.low, chance.high - chance.rate)
    high = gain + math.hypot(scored.high - scored.rate, chance.rate - chance.low)
    return Benefit(group, scored, chance, gain, low, high, gain * scored.leads)


def benefits_by(won: np.ndarray, held: np.ndarray, group: Sequence[str]) -> Iterator[Benefit]:
    """Segment by segment, the largest first; where an arm has too few leads nothing is said."""
    words = np.array([str(each) for each in group])
    names, counts = np.unique(words, return_counts=True)
    for name in names[np.argsort(-counts, kind="stable")].tolist():
        rows = words == name
        if min(int((rows & held).sum()), int((rows & ~held).sum())) >= FEWEST:
            yield benefit(won[rows], held[rows], name)


@dataclass(frozen=True)
class SamplePlan:
    """How many leads, and how long, until a gain of this size is seen four times in five."""

    share: float
    base: float
    gain: float
    leads: int
    held: int
    weeks: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def sample_plan(base: float, gain: float, share: float, per_week: float | None = None) -> SamplePlan:
    """For a rate without the score, a gain hoped for, the share held back, and how many leads a week come."""
    if not (0 < base < 1 and 0 < gain < 1 - base and 0 < share < 1):
        raise InputError(
            "A rate, a gain and a share have to lie between 0 and 1, and rate and gain together below 1.",
            code="sample_plan",
        )
    other = base + gain
    spread = base * (1 - base) / share + other * (1 - other) / (1 - share)
    leads = math.ceil((NINETY + POWER) ** 2 * spread / gain**2)
    weeks = leads / per_week if per_week else None
    return SamplePlan(share, base, gain, leads, math.ceil(leads * share), weeks)
