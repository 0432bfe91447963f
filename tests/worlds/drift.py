"""Leads whose loud patterns vanish: only the plain additive ones still hold for later leads.

Four steady columns carry a lasting additive effect. Two pairs of columns carry an interaction that turns over
every 97 days; a list price that rises with time lets boosted trees learn each season by heart. So trees do as
well or better on a random split, and later on they carry the last season into the next, where it is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.worlds.honest import moment

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
SIDES = ("Left", "Right")
DAYS = 730.0
SEASON = 97.0


@dataclass(frozen=True)
class Drifting:
    """The leads sorted by time, and the true probability of each."""

    frame: pl.DataFrame
    target: str
    time: str
    identity: str
    truth: Array


def drifting(seed: int, rows: int = 6_000) -> Drifting:
    """Leads over two years; the last fifth is what a forward test sees."""
    rng = np.random.default_rng([seed, 99])
    days = np.sort(rng.random(rows)) * DAYS
    steady = rng.normal(0.0, 1.0, (4, rows))
    sides = rng.integers(0, len(SIDES), (4, rows))
    margin = -0.5 + np.array([0.5, -0.45, 0.35, 0.3]) @ steady
    margin += 3.2 * _alike(sides[0], sides[1], _season(rng, days))
    margin += 2.6 * _both(sides[2], sides[3], _season(rng, days))
    truth = 1.0 / (1.0 + np.exp(-margin))
    numbers = {f"Index {place}": np.round(values, 3) for place, values in enumerate(steady)}
    groups = {f"Group {place}": np.array(SIDES)[side] for place, side in enumerate(sides)}
    frame = pl.DataFrame(
        {
            "Lead ID": [f"D{row:06d}" for row in range(rows)],
            "Created": moment(days, whole=False),
            **numbers,
            **groups,
            "List Price": np.round(500.0 + 300.0 * days / DAYS + rng.normal(0.0, 1.0, rows), 2),
            "Converted": (rng.random(rows) < truth).astype(np.int64),
        }
    )
    return Drifting(frame, "Converted", "Created", "Lead ID", truth)


def _season(rng: np.random.Generator, days: Array) -> Codes:
    """0 and 1 in turn."""
    return ((days // SEASON).astype(np.int64) + rng.integers(0, 2)) % 2


def _alike(one: Codes, other: Codes, season: Codes) -> Array:
    """In one season leads whose two sides agree buy more, in the next those whose sides differ."""
    return np.where((one == other) == (season == 1), 0.5, -0.5)


def _both(one: Codes, other: Codes, season: Codes) -> Array:
    """In one season leads with both sides left buy more, in the next those with both sides right."""
    return np.where((one == season) & (other == season), 0.75, -0.25)
