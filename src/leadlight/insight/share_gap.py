"""How surprising a difference is, against chance and how far the training leads moved by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from leadlight.model.feed import pooled

NORMAL: Final = NormalDist()
AHEAD: Final = 1.5
"""A trend goes on beyond the last of the training leads, so that its wobble is taken so many times."""
FLOOR: Final = 0.004
"""What leads move by from week to week in any company, as chi-square a lead."""


@dataclass(frozen=True)
class ShareGap:
    """How far shares are from the reference: chi-square a lead, PSI, KS, and how likely that is by chance."""

    apart: float
    psi: float
    ks: float
    chance: float

    def exceeds(self, level: float, psi: float) -> bool:
        """Whether it is beyond chance, and large enough to matter."""
        return self.chance < level and self.psi >= psi


def gap(counts: np.ndarray, reference: np.ndarray, rows: int, wobble: float, *, ordered: bool) -> ShareGap:
    """Counts of a batch against shares that are known from `rows` leads."""
    total = float(counts.sum())
    if not total or not rows:
        return ShareGap(0.0, 0.0, 0.0, 1.0)
    spread = 1.0 / total + 1.0 / rows
    here, known = pooled(counts / total, reference, min(total, rows))
    apart = float((np.square(here - known) / known).sum())
    free = max(1, len(here) - 1)
    moving = (AHEAD * wobble + FLOOR) / spread
    chance = chi_square_tail(apart / spread, free, moving)
    distance = 0.0
    if ordered:
        distance = float(np.abs(np.cumsum(counts / total) - np.cumsum(reference)).max())
        beyond = max(0.0, distance - math.sqrt(AHEAD * wobble + FLOOR) / 2 - _lost(reference))
        chance = min(1.0, 2 * min(chance, 2.0 * math.exp(-2.0 * beyond**2 / spread)))
    expected = free * spread
    return ShareGap(apart, max(0.0, population_stability(here, known) - expected), distance, chance)


def _lost(reference: np.ndarray) -> float:
    """What codes of fewer than 20 leads had, which is not kept."""
    return max(0.0, 1.0 - float(reference.sum()))


def population_stability(here: np.ndarray, known: np.ndarray) -> float:
    """The population stability index; a share of nothing counts as one in ten thousand."""
    one, other = np.maximum(here, 1e-4), np.maximum(known, 1e-4)
    return float(((one - other) * np.log(one / other)).sum())


def chi_square_tail(value: float, free: float, moving: float = 0.0) -> float:
    """How likely a chi-square is at least so large, by Wilson and Hilferty; `moving` is expected on top."""
    scale = (free + 2 * moving) / (free + moving)
    degrees = (free + moving) ** 2 / (free + 2 * moving)
    ratio = max(value, 0.0) / scale / degrees
    spread = 2.0 / (9.0 * degrees)
    return tail((ratio ** (1 / 3) - (1.0 - spread)) / math.sqrt(spread))


def tail(deviations: float) -> float:
    """How likely a normal variable is at least so many standard deviations above its mean."""
    return 0.5 * math.erfc(deviations / math.sqrt(2.0))


def share_rise(hits: float, total: float, share: float, rows: int, wobble: float = 0.0) -> float:
    """How likely a share that was seen among `rows` leads rises so far by chance."""
    if not total:
        return 1.0
    base = (share * rows + hits) / (rows + total)
    moving = (AHEAD * wobble + FLOOR) * share
    variance = max(base * (1 - base), 1e-9) * (1 / total + 1 / max(rows, 1)) + moving
    return tail((hits / total - share) / math.sqrt(variance))
