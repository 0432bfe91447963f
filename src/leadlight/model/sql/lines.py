"""Straight lines between knots as SQL: the interval of a rate and the bend of a calibration."""

from __future__ import annotations

from leadlight.model.polyline import Polyline
from leadlight.model.sql.dialects import Dialect


def on_line(line: Polyline, place: str, dialect: Dialect) -> str:
    """The line's value at a place, by the arithmetic of `Polyline`; flat outside its knots."""
    return _halved(line, 0, len(line.knots) - 1, place, dialect)


def _halved(line: Polyline, left: int, right: int, place: str, dialect: Dialect) -> str:
    if right - left == 1:
        return _between(line, left, place, dialect)
    middle = (left + right) // 2
    low, high = (_halved(line, *ends, place, dialect) for ends in ((left, middle), (middle, right)))
    return f"CASE WHEN {place} < {dialect.value(line.knots[middle])} THEN {low} ELSE {high} END"


def _between(line: Polyline, left: int, place: str, dialect: Dialect) -> str:
    low, high = line.knots[left], line.knots[left + 1]
    share = f"({place} - {dialect.value(low)}) / {dialect.value(high - low)}"
    if left == 0:
        share = f"{dialect.greatest}({share}, {dialect.value(0.0)})"
    if left == len(line.knots) - 2:
        share = f"{dialect.least}({share}, {dialect.value(1.0)})"
    start, end = dialect.value(line.values[left]), dialect.value(line.values[left + 1])
    return f"{start} * ({dialect.value(1.0)} - {share}) + {end} * ({share})"
