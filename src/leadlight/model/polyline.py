"""Straight lines between at most 64 knots, flat outside them.

One row and a batch give the same bits: only the operations that IEEE 754 fixes are used, in one order.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self, overload

import numpy as np
from numpy.typing import NDArray

from leadlight.errors import BundleError

MOST_KNOTS = 64

_BLOCK = 8192
_STEPS = (32, 16, 8, 4, 2, 1)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Polyline:
    """Values at strictly increasing knots."""

    knots: tuple[float, ...]
    values: tuple[float, ...]

    @classmethod
    def fit(cls, knots: Floats, values: Floats) -> Self:
        """Through these points, rounded far finer than what is known: one bundle whatever the processor."""
        return cls(tuple(float(f"{knot:.12g}") for knot in knots), tuple(np.round(values, 9).tolist()))

    @overload
    def apply(self, place: float) -> float: ...
    @overload
    def apply(self, place: Floats) -> Floats: ...
    def apply(self, place: float | Floats) -> float | Floats:
        if isinstance(place, np.ndarray):
            return self._at_each(place)
        return self._at_one(float(place))

    def _at_one(self, place: float) -> float:
        knots, values = self.knots, self.values
        left = min(max(bisect_right(knots, place) - 1, 0), len(knots) - 2)
        share = min(max((place - knots[left]) / (knots[left + 1] - knots[left]), 0.0), 1.0)
        return values[left] * (1.0 - share) + values[left + 1] * share

    def _at_each(self, place: Floats) -> Floats:
        flat = np.array(place, dtype=np.float64, order="C").reshape(-1)
        for start in range(0, flat.size, _BLOCK):
            self._in_place(flat[start : start + _BLOCK])
        return flat.reshape(place.shape)

    def _in_place(self, block: Floats) -> None:
        """Binary search without branches (five times as fast as numpy's), then the line."""
        knots, gaps, values = self._arrays
        left = np.zeros(len(block), dtype=np.intp)
        for step in _STEPS:
            left += step * (block >= knots.take(left + step))
        share = np.clip((block - knots.take(left)) / gaps.take(left), 0.0, 1.0)
        np.multiply(values.take(left), 1.0 - share, out=block)
        block += values.take(left + 1) * share

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats]:
        """Knots padded so that the search ends at the last gap at most."""
        inner = np.full(MOST_KNOTS, np.inf)
        inner[: len(self.knots) - 1] = self.knots[:-1]
        return inner, np.diff(self.knots), np.array(self.values)

    def to_json(self) -> dict[str, Any]:
        return {"knots": list(self.knots), "values": list(self.values)}

    @classmethod
    def from_json(cls, plain: Any) -> Self:
        """Refuses what `fit` could not have written."""
        knots, values = numbers(plain, "knots"), numbers(plain, "values")
        if not 2 <= len(knots) == len(values) <= MOST_KNOTS:
            raise BundleError(f"A table needs 2 to {MOST_KNOTS} knots and a value for each.")
        if any(left >= right for left, right in pairwise(knots)):
            raise BundleError("The knots of a table must increase.")
        return cls(knots, values)


def numbers(plain: Any, key: str) -> tuple[float, ...]:
    """The finite numbers listed under a key, or a refusal."""
    found = plain.get(key) if isinstance(plain, dict) else None
    if not isinstance(found, list):
        raise BundleError(f"A list of numbers named '{key}' is missing.")
    return tuple(number(value, key) for value in found)


def number(value: Any, key: str) -> float:
    """One finite number, or a refusal."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise BundleError(f"'{key}' must be a finite number.")
    return float(value)
