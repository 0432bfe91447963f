"""The columns of events of one lead, as fast as a few loops; what `EventFeatures.apply` gives of many."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any, NamedTuple

import numpy as np

from leadlight.data.event_features import (
    DAY,
    GRAIN,
    OTHER,
    SESSION,
    EventFeature,
    EventFeatures,
    fading,
)


class Happened(NamedTuple):
    """An event of a lead; moments are seconds since 1970."""

    type: str
    time: float
    known: float


def columns_of(asked: EventFeatures, events: Sequence[Happened], at: float) -> dict[str, Any]:
    """What the events of a lead say as of a moment; what happened or became known later counts nothing."""
    names = [each.name for each in asked.types]
    places = {name: place for place, name in enumerate(names)}
    until = _micro(at)
    seen = sorted(
        (time, places.get(each.type, len(names)))
        for each in events
        if (time := _micro(each.time)) <= until
        and _micro(each.known) <= until
        and (until - time) / (DAY * 1e6) <= asked.moment
    )
    ages = [(until - time) / (DAY * 1e6) for time, _ in seen]
    own: list[list[float]] = [[] for _ in range(len(names) + 1)]
    for age, (_, kind) in zip(ages, seen, strict=True):
        own[kind].append(age)
    line = _Line([*names, OTHER], [time for time, _ in seen], seen[-1][1] if seen else None)
    return {
        each.column: _value(each, ages if each.type is None else own[places[each.type]], line)
        for each in asked.features
    }


class _Line(NamedTuple):
    names: Sequence[str]
    times: Sequence[int]
    last: int | None


def _micro(seconds: float) -> int:
    return floor(seconds * 1e6)


def _value(feature: EventFeature, ages: Sequence[float], line: _Line) -> Any:
    take, window = feature.take, feature.window or 0.0
    if take == "faded":
        return _hundredths(int(fading(np.array(ages), feature.half_life or 1.0).sum()) / GRAIN)
    if take == "count":
        return float(len(ages) if feature.window is None else _within(ages, window))
    if take == "recency":
        return _hundredths(ages[-1]) if ages else None
    if take == "rhythm":
        return _hundredths(len(ages) / (1.0 + ages[-1])) if ages else 0.0
    if take == "trend":
        return 2.0 * _within(ages, window) - _within(ages, 2.0 * window)
    return _of_whole(take, line)


def _of_whole(take: str, line: _Line) -> Any:
    """What is taken of the whole line of events."""
    if take == "last_type":
        return None if line.last is None else line.names[line.last]
    if take == "days":
        return float(len({time // int(DAY * 1e6) for time in line.times}))
    steps = zip(line.times[1:], line.times, strict=False)
    return float(bool(line.times) + sum(later - time > SESSION * 1e6 for later, time in steps))


def _within(ages: Sequence[float], days: float) -> int:
    return sum(age <= days for age in ages)


def _hundredths(value: float) -> float:
    return round(value * 100.0) / 100.0
