"""Open leads that nobody contacted yet, or not for a while, the most promising first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from leadlight.insight import consent
from leadlight.insight.history import DAY, History

WAITED: Final = 1.0
LEFT_ALONE: Final = 7.0
MOST: Final = 50


@dataclass(frozen=True)
class ColdLead:
    """One lead: how long it waits, in days, and what it would be worth; never contacted, or left alone."""

    id: str
    probability: float
    grade: str
    days: float
    contacted: bool
    worth: float | None


@dataclass(frozen=True)
class GrowingCold:
    """The first of those who wait; the counts are of all of them."""

    never: int
    left_alone: int
    conversions: float
    rows: tuple[ColdLead, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def growing_cold(history: History) -> GrowingCold:
    """Open, may be called, and nobody contacted it for a day since it came, or for a week since then."""
    is_open = np.isnan(history.won)
    free = ~consent.barred(history.bundle.scorer.schema, history.raw, "call")
    contacted = np.isfinite(history.last_contact)
    since = np.where(contacted, history.last_contact, history.arrival)
    days = (history.at - since) / DAY
    cold = is_open & free & (days > np.where(contacted, LEFT_ALONE, WAITED))
    chance = history.scores.probability
    order = [place for place in np.argsort(-chance, kind="stable").tolist() if cold[place]]
    names = history.bundle.scorer.grades.names
    rows = tuple(
        ColdLead(
            str(history.ids[place]),
            float(chance[place]),
            names[history.scores.grade[place]],
            float(days[place]),
            bool(contacted[place]),
            _worth(history, place),
        )
        for place in order[:MOST]
    )
    never = int((cold & ~contacted).sum())
    return GrowingCold(never, int(cold.sum()) - never, float(chance[cold].sum()), rows)


def _worth(history: History, place: int) -> float | None:
    worth = float(history.value[place] * history.scores.probability[place])
    return worth if np.isfinite(worth) else None
