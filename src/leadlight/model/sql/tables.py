"""A learnt table as a CASE: from what a column says to whole points, 2^40 of which are one of log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from leadlight.model.encode import Feature
from leadlight.model.points import GRAIN, Pair
from leadlight.model.sql.dialects import Dialect

LINEAR: Final = 4
"""So many steps are written one after the other; more are halved again and again."""


def whole_points(values: ArrayLike) -> list[int]:
    """Table values as whole numbers, which add up exactly in any order."""
    return [int(value) for value in np.asarray(values, dtype=np.float64).ravel() * GRAIN]


def by_code(feature: Feature, values: Sequence[int], x: str, dialect: Dialect) -> str:
    """The value of the code that the feature has."""
    if len(set(values)) == 1:
        return str(values[0])
    missing, inner = values[feature.missing], values[1:]
    known = (
        _of_levels(feature, inner, x, dialect)
        if feature.take == "level"
        else _of_steps(list(zip([*feature.edges, None], inner, strict=True)), x, dialect)
    )
    return f"CASE WHEN {x} IS NULL THEN {missing} {known} END"


def _of_levels(feature: Feature, inner: Sequence[int], x: str, dialect: Dialect) -> str:
    *values, other = inner
    levels: dict[int, list[str]] = {}
    for level, value in zip(feature.levels, values, strict=True):
        if value != other:
            levels.setdefault(value, []).append(dialect.literal(level))
    cases = [
        f"WHEN {x} = {found[0]} THEN {value}"
        if len(found) == 1
        else f"WHEN {x} IN ({', '.join(found)}) THEN {value}"
        for value, found in levels.items()
    ]
    return " ".join([*cases, f"ELSE {other}"])


def _of_steps(steps: list[tuple[float | None, int]], x: str, dialect: Dialect) -> str:
    return f"ELSE {_halved(_merged(steps), x, dialect)}"


def _merged(steps: list[tuple[float | None, int]]) -> list[tuple[float | None, int]]:
    """Neighbours of one value are one step."""
    found: list[tuple[float | None, int]] = []
    for edge, value in steps:
        if found and found[-1][1] == value:
            found.pop()
        found.append((edge, value))
    return found


def _halved(steps: list[tuple[float | None, int]], x: str, dialect: Dialect) -> str:
    if len(steps) == 1:
        return str(steps[0][1])
    if len(steps) <= LINEAR:
        cases = [
            f"WHEN {x} <= {dialect.value(edge)} THEN {value}"
            for edge, value in steps[:-1]
            if edge is not None
        ]
        return f"CASE {' '.join(cases)} ELSE {steps[-1][1]} END"
    half = len(steps) // 2
    edge = steps[half - 1][0]
    assert edge is not None
    low, high = (_halved(each, x, dialect) for each in (steps[:half], steps[half:]))
    return f"CASE WHEN {x} <= {dialect.value(edge)} THEN {low} ELSE {high} END"


def bins(feature: Feature, of_code: np.ndarray, x: str, dialect: Dialect) -> str:
    """Which side of a pair's table a feature's code stands at."""
    return by_code(feature, [int(place) for place in of_code], x, dialect)


def of_pair(pair: Pair, first: str, second: str) -> str:
    """What two features say together."""
    rows = [whole_points(row) for row in pair.table]
    return _by_place(first, [_by_place(second, [str(value) for value in row]) for row in rows])


def _by_place(place: str, values: list[str]) -> str:
    """Each value at its place; the commonest is the rest."""
    rest = max(dict.fromkeys(values), key=values.count)
    cases = [f"WHEN {k} THEN {value}" for k, value in enumerate(values) if value != rest]
    return f"CASE {place} {' '.join(cases)} ELSE {rest} END" if cases else rest
