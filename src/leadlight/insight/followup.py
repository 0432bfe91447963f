"""How soon leads are contacted, what that is worth with the score held equal, and who grows cold.

Adjusted for the score on arrival, and no experiment: what the score does not know may still be behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from leadlight.errors import InputError
from leadlight.insight.adjusted import LEAST, RateDifference, adjusted
from leadlight.insight.first_hours import FirstHours
from leadlight.insight.growing_cold import GrowingCold, growing_cold
from leadlight.insight.history import History
from leadlight.model.metrics import wilson
from leadlight.model.survival import TimeCurve, hazards, incidence, waiting

WITHIN: Final = 24.0
BANDS: Final = ((1.0, "within an hour"), (24.0, "within a day"), (72.0, "within three days"))
LAST: Final = "later or never"
MOST: Final = 20
NO_EXPERIMENT: Final = (
    "Adjusted for the score, the source, whose the lead is and when it came; no experiment: what these "
    "do not know may still be behind the difference."
)


@dataclass(frozen=True)
class Speed:
    """How soon leads of one group are first contacted; hours are missing where so many never were."""

    group: str
    leads: int
    quarter: float | None
    half: float | None
    three_quarters: float | None
    day: float | None
    """The share that is contacted within a day, with its interval."""
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Band:
    """Leads that were contacted so soon: how often they bought, and would have with the scores of all."""

    name: str
    leads: int
    rate: float | None
    low: float | None
    high: float | None
    adjusted: RateDifference | None


@dataclass(frozen=True)
class QuickContact:
    """What it is worth to be contacted within so many hours, instead of later or never."""

    within: float
    quick: int
    slower: int
    difference: RateDifference
    sooner: float | None
    """The factor by which the quickly contacted buy sooner (Cox), with its interval."""
    sooner_low: float | None
    sooner_high: float | None


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Everything about first contacts, as it is known at one moment."""

    leads: int
    contacted: int
    ripe_after: float | None
    unripe: int
    decided_early: int
    speed: tuple[Speed, ...]
    groups: Mapping[str, tuple[Speed, ...]]
    bands: tuple[Band, ...]
    effect: QuickContact | None
    curves: Mapping[str, TimeCurve]
    cold: GrowingCold
    left_out: Mapping[str, Mapping[str, int]]

    def to_json(self) -> dict[str, Any]:
        names = ("leads", "contacted", "ripe_after", "unripe", "decided_early")
        return {
            **{name: getattr(self, name) for name in names},
            "speed": [asdict(each) for each in self.speed],
            "groups": {name: [asdict(each) for each in rows] for name, rows in self.groups.items()},
            "bands": [asdict(each) for each in self.bands],
            "effect": None if self.effect is None else asdict(self.effect),
            "bought": {name: points(curve) for name, curve in self.curves.items()},
            "growing_cold": self.cold.to_json(),
            "left_out": {name: dict(counts) for name, counts in self.left_out.items()},
            "note": NO_EXPERIMENT,
        }


def follow_up(history: History, within: float = WITHIN) -> FollowUp:
    """What the contacts say; refused where nothing says when leads came or were contacted."""
    if not history.contacts.height:
        raise InputError(
            "Nothing says when these leads were contacted.",
            code="no_contacts",
            hint="Give the calls and mails: --contacts FILE with lead and at, or POST /v1/contacts.",
        )
    watched = FirstHours.of(history, within)
    return FollowUp(
        leads=int(watched.timed.sum()),
        contacted=int(np.isfinite(watched.hours).sum()),
        ripe_after=watched.ripe_after,
        unripe=watched.unripe,
        decided_early=watched.early,
        speed=(_speed("all", watched, watched.timed),),
        groups=_groups(history, watched),
        bands=_bands(watched),
        effect=effect_of(watched),
        curves=_curves(watched),
        cold=growing_cold(history),
        left_out=history.left_out,
    )


def _speed(name: str, watched: FirstHours, inside: NDArray[np.bool_]) -> Speed:
    count = int(inside.sum())
    if count < LEAST:
        return Speed(name, count, None, None, None, None, None, None)
    curve = waiting(watched.waited[inside], np.isfinite(watched.hours[inside]))
    still, low, high = curve.at(24.0)
    quarter, half, most = (curve.quantile(share) for share in (0.25, 0.5, 0.75))
    return Speed(name, count, quarter, half, most, 1.0 - still, 1.0 - high, 1.0 - low)


def _groups(history: History, watched: FirstHours) -> dict[str, tuple[Speed, ...]]:
    """By who contacts, by source and by grade."""
    names = history.bundle.scorer.grades.names
    found = {"grade": [names[place] for place in history.scores.grade]}
    if any(history.who):
        found["rep"] = [each or "nobody" for each in history.who]
    if watched.source is not None:
        words, labels = history.words(watched.source)
        found["source"] = [labels[word] for word in words.to_list()]
    return {
        name: _by(np.array(values, dtype=object), watched, names if name == "grade" else ())
        for name, values in found.items()
    }


def _by(values: NDArray[Any], watched: FirstHours, names: tuple[str, ...]) -> tuple[Speed, ...]:
    levels, counts = np.unique(values[watched.timed], return_counts=True)
    order = [levels[place] for place in np.argsort(-counts, kind="stable") if counts[place] >= LEAST]
    if names:
        order = [name for name in names if name in order]
    return tuple(_speed(str(level), watched, watched.timed & (values == level)) for level in order[:MOST])


def _bands(watched: FirstHours) -> tuple[Band, ...]:
    """How often leads bought by how soon they were contacted, raw and as if all bands had had all leads."""
    band, kept, bought = watched.bands([hours for hours, _ in BANDS])
    names = [*(name for _, name in BANDS), LAST]
    counts = np.bincount(band[kept], minlength=len(names))
    told = [place for place in range(len(names)) if counts[place] >= LEAST]
    places = np.array([told.index(each) if each in told else -1 for each in band])
    inside = kept & (places >= 0)
    found = None
    if len(told) > 1:
        found = adjusted(places[inside], bought[inside], watched.held_equal[inside], len(told))
    rows = []
    for place, name in enumerate(names):
        own = bought[kept & (band == place)]
        if place not in told:
            rows.append(Band(name, len(own), None, None, None, None))
            continue
        low, high = (float(end) for end in wilson(own.sum(), len(own)))
        rate = None if found is None else found.rate(told.index(place))
        rows.append(Band(name, len(own), float(own.mean()), low, high, rate))
    return tuple(rows)


def effect_of(watched: FirstHours) -> QuickContact | None:
    """Quick against slower or never; too few of either say nothing."""
    quick, kept, bought = watched.quick, watched.ripe, watched.bought
    found = adjusted(quick[kept].astype(np.int64), bought[kept], watched.held_equal[kept], 2)
    if found is None:
        return None
    sooner = _sooner(watched)
    counts = int(quick[kept].sum()), int((~quick[kept]).sum())
    return QuickContact(watched.within, *counts, found.difference(1, 0), *(sooner or (None, None, None)))


def _sooner(watched: FirstHours) -> tuple[float, float, float] | None:
    """Cox's factor among those who are open when the hours are over, counted from then on."""
    days, cause = watched.after_the_mark
    open_then = np.isfinite(days) & (days > 0)
    if np.sum(cause[open_then] == 1) < LEAST:
        return None
    margin = watched.margin[open_then]
    columns = np.column_stack([watched.quick[open_then], margin, margin**2])
    found = hazards(days[open_then], cause[open_then] == 1, columns)
    return None if found is None else (float(found.factor[0]), float(found.low[0]), float(found.high[0]))


def _curves(watched: FirstHours) -> dict[str, TimeCurve]:
    """The share that has bought, day by day from the mark on, of the quick and of the others."""
    days, cause = watched.after_the_mark
    known = np.isfinite(days) & (days > 0)
    sides = {"quick": known & watched.quick, "slower": known & ~watched.quick}
    return {
        name: incidence(days[inside], cause[inside])
        for name, inside in sides.items()
        if inside.sum() >= LEAST
    }


def points(curve: TimeCurve, most: int = 60) -> list[dict[str, float]]:
    """A curve as a chart draws it."""
    if not len(curve.times):
        return []
    places = np.unique(np.linspace(0, len(curve.times) - 1, most).astype(int))
    parts = (curve.times, curve.share, curve.low, curve.high)
    return [
        dict(zip(("day", "share", "low", "high"), map(float, row), strict=True))
        for row in zip(*(each[places] for each in parts), strict=True)
    ]
