"""Points that were set by hand, and what the leads have to say against them.

Before any outcome is known, a lead's log-odds are a base and its points. Outcomes move three things, each
held where it was by a normal prior: the base, the size of all points together, and how far each level or bin
is off. The likeliest such model is a table a feature again. What was believed and what was seen are weighed
lead by lead, so the model says itself how much of it is learnt and how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from leadlight.data.rules import DOUBLE
from leadlight.model.encode import SUPPORT, Codes, Encoder
from leadlight.model.points import Points
from leadlight.model.probability import logit, probability
from leadlight.training.learners.logistic import BINS, coarser
from leadlight.training.learners.settings import DEFAULT, Settings

SETTINGS: Final[Settings] = {"rate": 0.0, "double": DOUBLE}
"""Rate 0: nothing is believed, and the leads say it."""
BASE_SPREAD: Final = 0.7
"""A rate of 10 % is held for one between 3 and 26 %, nine times in ten."""
SIZE_SPREAD: Final = 0.5
"""Points are held for as much as twice as strong as they are, and for as little as nothing."""
SPREADS: Final = (0.1, 0.15, 0.22, 0.33, 0.5, 0.75, 1.1)
"""How far levels and bins may be off, in log-odds; the outcomes say which, and before them it is USUAL."""
USUAL: Final = 0.33
USUAL_SPREAD: Final = 0.7
"""Of the logarithm of the spread."""
ROUNDS: Final = 100
AGAIN: Final = 4
"""Rounds that share a matrix, which is what costs time."""
NEAR: Final = 1e-10
MOST_LEADS: Final = 4000


@dataclass(frozen=True)
class Belief:
    """What holds without any outcome: a base, and log-odds for each code."""

    base: float
    tables: tuple[np.ndarray, ...]
    bins: tuple[np.ndarray, ...]
    spread: float

    @staticmethod
    def of(codes: Codes, weight: np.ndarray, rate: float, encoder: Encoder, settings: Settings) -> Belief:
        """The base at which the mean probability of the leads is the rate; points average zero over them."""
        unit = math.log(2.0) / float(settings["double"])
        tables = []
        for k, feature in enumerate(encoder.features):
            table = np.array(feature.points or np.zeros(feature.size)) * unit
            tables.append(table - float(table.take(codes[:, k]).mean() if len(codes) else 0.0))
        bins = [
            _bins(codes[weight > 0, k], feature.size, feature.is_ordered)
            for k, feature in enumerate(encoder.features)
        ]
        said = _sum(tables, codes)
        return Belief(_level(said, rate), tuple(tables), tuple(bins), USUAL)

    def start(self, codes: Codes) -> np.ndarray:
        """The log-odds of each lead before any outcome."""
        return self.base + self.said(codes)

    def said(self, codes: Codes) -> np.ndarray:
        """What the points say of each lead, against the average one."""
        return _sum(self.tables, codes)

    @cached_property
    def has_points(self) -> bool:
        return any(table.any() for table in self.tables)

    @cached_property
    def starts(self) -> np.ndarray:
        """Where the bins of each feature begin among all that can move; base and size come first."""
        return 2 + np.concatenate([[0], np.cumsum([int(part.max()) + 1 for part in self.bins])]).astype(
            np.int64
        )

    @cached_property
    def precision(self) -> np.ndarray:
        """How firmly each is held where it was."""
        firm = np.full(int(self.starts[-1]), self.spread**-2.0)
        firm[:2] = BASE_SPREAD**-2.0, SIZE_SPREAD**-2.0
        return firm

    def design(self, codes: Codes) -> Any:
        """Of each lead: one, what its points say, and which bins it is in."""
        from scipy.sparse import csr_matrix

        columns = [np.zeros(len(codes), dtype=np.int64), np.ones(len(codes), dtype=np.int64)]
        columns += [
            start + part.take(codes[:, k])
            for k, (start, part) in enumerate(zip(self.starts, self.bins, strict=False))
        ]
        values = np.ones((len(codes), len(columns)))
        values[:, 1] = self.said(codes)
        ends = np.arange(len(codes) + 1) * len(columns)
        shape = (len(codes), int(self.starts[-1]))
        return csr_matrix((values.ravel(), np.column_stack(columns).ravel(), ends), shape=shape)


@dataclass(frozen=True)
class Learnt:
    """How far outcomes have moved a belief: the shifts, and how firmly they stand now."""

    belief: Belief
    shift: np.ndarray
    firmness: np.ndarray

    @property
    def points(self) -> Points:
        belief, shift = self.belief, self.shift
        moved = [
            table * (1.0 + shift[1]) + shift[start + part]
            for table, part, start in zip(belief.tables, belief.bins, belief.starts, strict=False)
        ]
        return Points.of(belief.base + float(shift[0]), moved)

    def doubt(self, codes: Codes) -> np.ndarray:
        """The variance of each lead's log-odds, now."""
        return _variance(self.belief.design(codes), np.linalg.inv(self.firmness))

    def learnt_share(self, codes: Codes) -> float:
        """How much of the doubt about what sets a lead apart from the average one outcomes have removed."""
        some = codes[:: max(1, len(codes) // MOST_LEADS)]
        design = self.belief.design(some).toarray()
        apart = design - design.mean(axis=0)
        before = float((apart**2 / self.belief.precision).sum())
        now = float(((apart @ np.linalg.inv(self.firmness)) * apart).sum())
        return min(1.0, max(0.0, 1.0 - now / before)) if before else 0.0


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Points:
    return learn(codes, outcome, encoder, weight=weight, settings=settings).points.centred(codes)


def learn(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Learnt:
    """The likeliest model; leads of weight 0 have no outcome yet and count for what the average lead is."""
    chosen = {**SETTINGS, **settings}
    weight = np.ones(len(codes)) if weight is None else weight
    rate = float(chosen["rate"]) or (float(weight @ outcome) + 1.0) / (float(weight.sum()) + 2.0)
    belief = Belief.of(codes, weight, rate, encoder, chosen)
    known = weight > 0
    if not known.any():
        return Learnt(belief, np.zeros(len(belief.precision)), np.diag(belief.precision))
    seen = Seen(belief.start(codes[known]), belief.design(codes[known]), outcome[known], weight[known])
    every: list[Learnt] = []
    for spread in SPREADS:
        near = every[-1].shift if every else np.zeros(len(belief.precision))
        every.append(seen.moved(replace(belief, spread=spread), near))
    return max(every, key=seen.evidence)


@dataclass(frozen=True)
class Seen:
    """Leads with an outcome: where they start, what moves them, how they ended, what they count."""

    start: np.ndarray
    design: Any
    outcome: np.ndarray
    weight: np.ndarray

    def moved(self, belief: Belief, shift: np.ndarray) -> Learnt:
        """The likeliest shifts, by Newton's method; a step that makes it worse is halved."""
        firm = belief.precision
        value = self.worth(shift, firm)
        firmness = self.firmness(shift, firm)
        for number in range(ROUNDS):
            if number % AGAIN == AGAIN - 1:
                firmness = self.firmness(shift, firm)
            rate = probability(self.start + self.design @ shift)
            gradient = self.design.T @ (self.weight * (self.outcome - rate)) - firm * shift
            step = np.linalg.solve(firmness, gradient)
            near = float(gradient @ step) < NEAR
            while (found := self.worth(shift + step, firm)) < value - NEAR:
                step = step / 2
            shift, value = shift + step, found
            if near:
                break
        return Learnt(belief, np.round(shift, 9), self.firmness(shift, firm))

    def worth(self, shift: np.ndarray, firm: np.ndarray) -> float:
        """The log of how likely the outcomes and the shifts are together."""
        margin = self.start + self.design @ shift
        likely = self.weight @ (self.outcome * margin - np.logaddexp(0.0, margin))
        return float(likely - firm @ shift**2 / 2)

    def firmness(self, shift: np.ndarray, firm: np.ndarray) -> np.ndarray:
        rate = probability(self.start + self.design @ shift)
        heavy = self.design.copy()
        heavy.data *= np.repeat(self.weight * rate * (1.0 - rate), np.diff(self.design.indptr))
        found: np.ndarray = (self.design.T @ heavy).toarray() + np.diag(firm)
        return found

    def evidence(self, found: Learnt) -> float:
        """How likely the outcomes are under a spread, whatever the shifts (Laplace)."""
        firm = found.belief.precision
        odd = math.log(found.belief.spread / USUAL) / USUAL_SPREAD
        room = float(np.log(firm).sum()) - float(np.linalg.slogdet(found.firmness)[1])
        return self.worth(found.shift, firm) + room / 2 - odd**2 / 2


def _variance(design: Any, spread: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.asarray(design.multiply(design @ spread).sum(axis=1)).ravel()
    return found


def _bins(codes: np.ndarray, size: int, is_ordered: bool) -> np.ndarray:
    """What moves together: bins of a number with 20 outcomes or more, and the levels with fewer as one."""
    if is_ordered:
        return coarser(codes, size, is_ordered, min(BINS, max(1, len(codes) // SUPPORT)))
    counts = np.bincount(codes, minlength=size)
    own = np.flatnonzero(counts >= SUPPORT)
    bins = np.zeros(size, dtype=np.int64)
    bins[own] = np.arange(1, len(own) + 1)
    return bins


def _sum(tables: Sequence[np.ndarray], codes: Codes) -> np.ndarray:
    total = np.zeros(len(codes))
    for k, table in enumerate(tables):
        if table.any():
            total += table.take(codes[:, k])
    return total


def _level(said: np.ndarray, rate: float) -> float:
    """The base at which the mean probability is the rate, by halving."""
    low, high = -40.0 - float(said.max(initial=0.0)), 40.0 - float(said.min(initial=0.0))
    if not said.any():
        return float(logit(rate))
    for _ in range(80):
        middle = (low + high) / 2
        if float(probability(said + middle).mean()) < rate:
            low = middle
        else:
            high = middle
    return float(round((low + high) / 2, 12))
