"""Leads whose true rate at every margin is known, with margins that are bent in several ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NODES, MASSES = np.polynomial.hermite_e.hermegauss(60)
MASSES = MASSES / MASSES.sum()

BENDS: dict[str, Callable[[Floats], Floats]] = {
    "straight": lambda s: s,
    "too sure": lambda s: 1.8 * s,
    "too timid": lambda s: 0.5 * s + 0.3,
    "squashed": lambda s: 2.2 * np.tanh(s / 2.2),
    "kinked above": lambda s: np.where(s > 0, 0.5 * s, 1.5 * s),
    "kinked below": lambda s: np.where(s > -1, 1.6 * s + 0.6, 0.6 * s - 0.4),
    "flat at the bottom": lambda s: 1.3 * np.log1p(np.exp(1.2 * s + 1)) - 2,
    "wavy": lambda s: s + 0.55 * np.sin(1.6 * s),
    "cubic": lambda s: s + 0.06 * s**3,
}


def rate(log_odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-log_odds))


@dataclass
class World:
    """Log-odds are normal; the learner sees them with noise; its margin is a bend of what it should say."""

    bend: str
    base: float
    seed: int
    dice: np.random.Generator = field(init=False)
    spread: float = field(init=False)
    noise: float = field(init=False)
    middle: float = field(init=False)

    def __post_init__(self) -> None:
        self.dice = np.random.default_rng([self.seed, len(self.bend), int(100 * self.base)])
        self.spread = self.dice.uniform(0.8, 2.5)
        self.noise = self.dice.uniform(0.0, 1.0) * self.spread
        middles = np.linspace(-15, 15, 30_001)
        means = rate(middles[:, None] + self.spread * NODES) @ MASSES
        self.middle = float(np.interp(self.base, means, middles))

    def draw(self, rows: int) -> tuple[NDArray[np.bool_], Floats, Floats]:
        """Outcomes, margins, and the true conversion rate among leads with that margin."""
        log_odds = self.middle + self.spread * self.dice.normal(size=rows)
        seen = log_odds + self.noise * self.dice.normal(size=rows)
        trust = self.spread**2 / (self.spread**2 + self.noise**2)
        expected = self.middle + trust * (seen - self.middle)
        left = self.spread * np.sqrt(1 - trust)
        truth = rate(expected[:, None] + left * NODES) @ MASSES
        return self.dice.random(rows) < rate(log_odds), BENDS[self.bend](expected), truth
