"""The gate: whether a challenger is proven better, forward in time, at what the company has capacity for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.model.bundle import Bundle
from leadlight.model.grade import rank
from leadlight.model.metrics import NINETY
from leadlight.model.probability import probability

DAY: Final = 86_400.0
FEWEST: Final = 200
FEWEST_WON: Final = 20
SHARE: Final = 0.2
"""Of the leads that are called where no line says how many."""


@dataclass(frozen=True)
class GateVerdict:
    """What the challenger brings over the model in service on leads that neither learnt from."""

    passes: bool
    reason: str
    leads: int
    calls: int
    champion: float
    challenger: float
    gain: float
    low: float
    high: float
    is_measured: bool = True

    @property
    def is_equal(self) -> bool:
        """Whether both call the very same leads."""
        return self.is_measured and self.low == self.high == 0.0

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @staticmethod
    def unknown(leads: int, why: str) -> GateVerdict:
        """Too little is known to say anything."""
        return GateVerdict(False, why, leads, 0, 0.0, 0.0, 0.0, 0.0, 0.0, is_measured=False)


@dataclass(frozen=True, eq=False)
class ForwardLeads:
    """Decided leads that came after all that either model learnt from; what a deal brings, where known."""

    outcome: np.ndarray
    champion: np.ndarray
    challenger: np.ndarray
    worth: np.ndarray | None = None

    def verdict(self, share: float = SHARE) -> GateVerdict:
        """By value at capacity, 90 % interval; a challenger whose probabilities are worse does not pass."""
        leads, won = len(self.outcome), int(self.outcome.sum())
        if leads < FEWEST or min(won, leads - won) < FEWEST_WON:
            return GateVerdict.unknown(
                leads,
                f"{leads:,} leads were decided after both models were trained, {won:,} of them won; it takes"
                f" {FEWEST} and {FEWEST_WON} of each outcome to compare.",
            )
        calls = max(1, round(share * leads))
        worth = self.outcome * (np.ones(leads) if self.worth is None else self.worth)
        old, new = (top(margin, calls) for margin in (self.champion, self.challenger))
        gain = float(worth @ (new - old))
        spread = NINETY * math.sqrt(_doubt(worth, new - old) + _doubt(worth, old - new))
        before = float(worth @ old)
        found = GateVerdict(
            True, "", leads, calls, before, float(worth @ new), gain, gain - spread, gain + spread
        )
        return self._judged(found)

    def _judged(self, found: GateVerdict) -> GateVerdict:
        from leadlight.training.difference import paired_difference

        losses = paired_difference(self.outcome, self.challenger, self.champion, "log_loss")
        if found.low <= 0:
            verdict = "worse" if found.high < 0 else "not proven better"
            why = (
                f"The challenger is {verdict}: calling {found.calls:,} of {found.leads:,} leads it brings"
                f" {found.gain:+,.0f} over the model in service ({found.low:+,.0f} to {found.high:+,.0f})."
            )
            return GateVerdict(**{**vars(found), "passes": False, "reason": why})
        if losses.low > 0:
            why = "The challenger calls better, but its probabilities are further from what came true."
            return GateVerdict(**{**vars(found), "passes": False, "reason": why})
        why = (
            f"Calling {found.calls:,} of {found.leads:,} leads the challenger brings {found.gain:+,.0f}"
            f" ({found.low:+,.0f} to {found.high:+,.0f})."
        )
        return GateVerdict(**{**vars(found), "reason": why})


def _doubt(worth: np.ndarray, moved: np.ndarray) -> float:
    """The variance of what those bring that one side calls and the other does not; how many is no chance."""
    weight = np.maximum(moved, 0.0)
    total = float(weight.sum())
    if not total:
        return 0.0
    mean = float(weight @ worth) / total
    return float(np.square(weight) @ np.square(worth - mean)) * total / max(total - 1.0, 1.0)


def top(margin: np.ndarray, calls: int) -> np.ndarray:
    """1 for the best so many; equal margins at the edge share what is left."""
    order = rank(margin)
    edge = margin[order[calls - 1]]
    above, tied = margin > edge, margin == edge
    left = calls - float(above.sum())
    shares: np.ndarray = above + tied * (left / max(1.0, float(tied.sum())))
    return shares


def trained_until(bundle: Bundle) -> float | None:
    """The day of the last leads that a model learnt from, where its bundle says so."""
    feed = bundle.reference.feed
    return None if feed is None else feed.last


def after_training(*bundles: Bundle) -> float | None:
    """The moment after which no lead came that any of these models learnt from, where all say it."""
    untils = [until for until in map(trained_until, bundles) if until is not None]
    return max(untils) + DAY if len(untils) == len(bundles) else None


def share_called(bundle: Bundle, margin: np.ndarray) -> float:
    """What share of leads the model in service calls; a fifth where that is nobody or everybody."""
    share = float(bundle.scorer.grades.call(margin).mean()) if len(margin) else 0.0
    return share if 0.0 < share < 1.0 else SHARE


def better(outcome: np.ndarray, margin: np.ndarray) -> float:
    """The mean log loss, for a look at two models side by side."""
    rate = np.clip(probability(margin), 1e-12, 1 - 1e-12)
    return float(-np.where(outcome == 1, np.log(rate), np.log(1 - rate)).mean())
