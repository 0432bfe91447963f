"""How fast each type of event fades: the half-lives under which past events tell outcomes best.

A logistic regression of the outcome on what the columns say and on the faded sums of every type; its weights
and the logarithms of the half-lives are learnt together by Newton's method, from the best of a few starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data.event_features import EventType

Floats = NDArray[np.float64]

STARTS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Half-lives that are tried first, in parts of the days that are looked back."""
SWEEPS: Final = 3
STEPS: Final = 25
TOLD: Final = 6.63
"""Twice the log-likelihood that a type has to bring: one in a hundred by chance."""
RIDGE: Final = 1e-3
MOST_LEADS: Final = 100_000


@dataclass(frozen=True)
class Fading:
    """The events of some leads before their moment: whose, which type, how many days old."""

    row: NDArray[np.int64]
    kind: NDArray[np.int64]
    age: Floats
    leads: int
    kinds: int

    @staticmethod
    def of(seen: pl.DataFrame, leads: int, kinds: int) -> Fading:
        kept = seen.filter(pl.col("kind") < kinds)
        return Fading(
            kept["row"].to_numpy().astype(np.int64),
            kept["kind"].to_numpy().astype(np.int64),
            kept["age"].to_numpy(),
            leads,
            kinds,
        )

    def only(self, kind: int) -> Fading:
        here = self.kind == kind
        return Fading(
            self.row[here], np.zeros(int(here.sum()), dtype=np.int64), self.age[here], self.leads, 1
        )

    def sums(self, half_lives: Floats) -> tuple[Floats, Floats]:
        """A column a type: the faded sums, and how they grow with the logarithm of the half-life."""
        past = self.age / half_lives[self.kind]
        weight = np.exp2(-past)
        place, size = self.row * self.kinds + self.kind, self.leads * self.kinds
        growth = weight * past * np.log(2.0)
        faded, slope = (
            np.bincount(place, each, size).astype(np.float64).reshape(-1, self.kinds)
            for each in (weight, growth)
        )
        return faded, slope


def fitted_types(
    names: Sequence[str], fading: Fading, outcome: Floats, known: Floats, moment: float
) -> tuple[EventType, ...]:
    """The types with their half-lives; `known` is the log-odds that is known of each lead without events.

    A type that tells nothing keeps the middle of what was tried; one that does not fade has the longest.
    """
    if not names:
        return ()
    starts: Floats = moment * np.array(STARTS)
    bounds = (float(starts[0]) / 4.0, float(starts[-1]))
    alone = [fading.only(kind) for kind in range(len(names))]
    half: Floats = np.full(len(names), moment / 2.0)
    half = _best_starts(alone, half, starts, outcome, known)
    half = _refined(fading, half, outcome, known, bounds)
    gains = _gains(fading.sums(half)[0], outcome, known)
    return tuple(
        EventType(name, float(round(days, 4)), True) if gain >= TOLD else EventType(name, moment / 2.0)
        for name, days, gain in zip(names, half.tolist(), gains, strict=True)
    )


def _best_starts(
    alone: Sequence[Fading], half: Floats, starts: Floats, outcome: Floats, known: Floats
) -> Floats:
    """One type after the other, the start that tells most beside the others as they stand."""
    tried = [[each.sums(np.array([days]))[0][:, 0] for days in starts] for each in alone]
    columns = [each.sums(half[kind : kind + 1])[0][:, 0] for kind, each in enumerate(alone)]
    for _ in range(SWEEPS):
        before = half.copy()
        for kind in range(len(alone)):
            scores = []
            for column in tried[kind]:
                columns[kind] = column
                scores.append(_fit(_design(np.column_stack(columns), known), outcome)[1])
            best = int(np.argmax(scores))
            half[kind], columns[kind] = starts[best], tried[kind][best]
        if np.array_equal(half, before):
            break
    return half


def _refined(
    fading: Fading, half: Floats, outcome: Floats, known: Floats, bounds: tuple[float, float]
) -> Floats:
    """Newton's steps for weights and half-lives together; a step that makes it worse is halved."""
    faded, slope = fading.sums(half)
    beta, best = _fit(_design(faded, known), outcome)
    for _ in range(STEPS):
        chance = _chance(_design(faded, known) @ beta)
        full = np.hstack([_design(faded, known), slope * beta[2:]])
        move = _step(full, outcome - chance, chance)[len(beta) :]
        size = 1.0
        while size > 0.02:
            tried = np.clip(half * np.exp(np.clip(size * move, -0.7, 0.7)), *bounds)
            own, growth = fading.sums(tried)
            weights, score = _fit(_design(own, known), outcome)
            if score > best:
                break
            size /= 2.0
        if size <= 0.02:
            break
        gained = score - best
        half, faded, slope, beta, best = tried, own, growth, weights, score
        if gained < 1e-4:
            break
    return half


def _gains(faded: Floats, outcome: Floats, known: Floats) -> list[float]:
    """Twice the log-likelihood that each type brings beside the others."""
    whole = _fit(_design(faded, known), outcome)[1]
    rest = [np.delete(faded, kind, axis=1) for kind in range(faded.shape[1])]
    return [2.0 * (whole - _fit(_design(each, known), outcome)[1]) for each in rest]


def _design(faded: Floats, known: Floats) -> Floats:
    return np.column_stack([np.ones(len(known)), known, faded])


def _fit(design: Floats, outcome: Floats) -> tuple[Floats, float]:
    """Weights of a logistic regression, and its log-likelihood."""
    beta: Floats = np.zeros(design.shape[1])
    for _ in range(12):
        chance = _chance(design @ beta)
        step = _step(design, outcome - chance, chance)
        beta = np.asarray(beta + np.clip(step, -3.0, 3.0), dtype=np.float64)
        if np.abs(step).max() < 1e-6:
            break
    margin = design @ beta
    likelihood = outcome @ margin - np.logaddexp(0.0, margin).sum() - RIDGE * float(beta @ beta)
    return beta, float(likelihood)


def _step(design: NDArray[Any], error: NDArray[Any], chance: NDArray[Any]) -> Floats:
    bend = design.T @ (design * (chance * (1.0 - chance))[:, None])
    bend[np.diag_indices_from(bend)] += RIDGE + 1e-9 * np.trace(bend)
    step: Floats = np.linalg.solve(bend, design.T @ error)
    return step


def _chance(margin: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(margin, -30.0, 30.0)))
    return chance
