"""What would be expected of moving money from one channel to another. This is no experiment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import permutations
from statistics import NormalDist
from typing import Any, Final

from leadlight.insight.channel_money import ChannelMoney

SHARE: Final = 0.1
"""How much of the spend of the channel that gives is moved."""
NO_EXPERIMENT: Final = (
    "This is no experiment: it takes it that the next unit of money buys what earlier ones bought. "
    "Move a little, and watch."
)


@dataclass(frozen=True)
class Shift:
    """So much money moved, and what more or less it would be expected to bring, in revenue."""

    giver: str
    taker: str
    amount: float
    gain: float
    low: float
    high: float
    chance: float
    """How probable so great a gain is by luck alone, among all pairs of channels."""
    steady: bool
    """Whether the returns are those of the average unit, as spend moved too little to tell the next one's."""

    @property
    def is_sure(self) -> bool:
        return self.low > 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "is_sure": self.is_sure, "note": NO_EXPERIMENT}


def best_shift(accounts: Mapping[str, ChannelMoney | None]) -> Shift | None:
    """From the channel that brings least to the one that brings most, the interval honest about choosing."""
    paid = {name: each for name, each in accounts.items() if each is not None and each.returned is not None}
    pairs = list(permutations(paid, 2))
    found = [shift(paid, giver, taker, pairs=len(pairs)) for giver, taker in pairs]
    return max(found, key=lambda each: each.gain / each.amount, default=None)


def shift(
    paid: Mapping[str, ChannelMoney], giver: str, taker: str, amount: float | None = None, pairs: int = 1
) -> Shift:
    """What moving money would bring; with `pairs` the interval holds for all of so many at once."""
    moved = SHARE * paid[giver].cost if amount is None else amount
    (less, less_off), (more, more_off) = _next_unit(paid[giver]), _next_unit(paid[taker])
    gain, off = moved * (more - less), moved * math.hypot(less_off, more_off)
    width = NormalDist().inv_cdf(1.0 - 0.05 / pairs) * off
    chance = min(1.0, pairs * NormalDist().cdf(-gain / max(off, 1e-300)))
    steady = paid[giver].response is None or paid[taker].response is None
    return Shift(giver, taker, moved, gain, gain - width, gain + width, chance, steady)


def _next_unit(account: ChannelMoney) -> tuple[float, float]:
    """What the next unit of money brings: the average, or less where leads rose more slowly than spend."""
    assert account.returned is not None
    returned, answer = account.returned, account.response
    if answer is None:
        return returned.value, returned.value * returned.deviation
    value = returned.value * answer.value
    return value, value * math.hypot(returned.deviation, answer.deviation)
