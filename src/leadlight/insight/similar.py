"""Leads that were alike in what the model looks at, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leadlight.model.encode import Codes
from leadlight.model.metrics import wilson
from leadlight.model.scorer import Scorer

ALIKE: Final = 20


@dataclass(frozen=True)
class Alike:
    """The nearest decided leads: their places among those given, and how many of them were won."""

    places: tuple[int, ...]
    won: int
    low: float
    high: float


def similar(scorer: Scorer, lead: Codes, decided: Codes, won: NDArray[np.bool_]) -> Alike | None:
    """The twenty whose reasons are nearest; nothing where fewer are decided.

    Near means that each column does about the same to the odds.
    """
    if len(decided) < ALIKE:
        return None
    gaps = np.abs(scorer.contributions(decided) - scorer.contributions(lead)).sum(axis=1)
    nearest = np.argsort(gaps, kind="stable")[:ALIKE]
    count = int(won[nearest].sum())
    low, high = (float(end) for end in wilson(count, ALIKE))
    return Alike(tuple(nearest.tolist()), count, low, high)
