"""A network of one hidden layer over codes: a table look-up a feature, a bend, a weighted sum.

What stands before the bend is a sum of table rows, a feature a row; beside it each feature adds points of its
own. Tables are multiples of a small grain, so these sums are exact in any order; what follows uses only
operations that IEEE 754 fixes, in a fixed order: one row equals a batch bit for bit.

A reason is a Shapley value against the training leads. Let each feature be known with a chance t: the sum
before a bend has a mean and a variance that follow from the lead and from moments of the training leads. With
the sum taken as normal but for some skewness, the margin's change as t goes from 0 to 1 splits into what each
feature adds. No lead is kept for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.encode import Codes
from leadlight.model.points import rounded

GRAIN: Final = 2.0**14
REACH: Final = 2.0**10
"""Multiples of 1/GRAIN up to this are exact in four bytes, and so are their sums."""
WIDE_GRAIN: Final = 2.0**40
WIDEST: Final = 2**12
ROWS_FOR_MOMENTS: Final = 20_000
BLOCK: Final = 256
SMALL_BLOCK: Final = 16

CHANCES: Final = ((0.5 - (1 / 12) ** 0.5, 0.5), (0.5 + (1 / 12) ** 0.5, 0.5))
"""Gauss and Legendre's two places between 0 and 1, and how much each counts."""
DRAWS: Final = (
    (0.6167065901925942, 0.4088284695560291),
    (1.8891758777537109, 0.08861574604191460),
    (3.3242574335521193, 0.002555784402056243),
)
"""Gauss and Hermite's places to either side of the middle of a normal distribution."""

NARROWEST: Final = 1e-3

Arrays = Mapping[str, np.ndarray]
Shape = tuple[tuple[int, ...], Any, float]


@dataclass(frozen=True)
class Sums:
    """Over the features of a lead: their parts before each bend, squared, cubed, and times their variance."""

    total: np.ndarray
    square: np.ndarray
    cube: np.ndarray
    crossed: np.ndarray


@dataclass(frozen=True)
class Network:
    """Margins are log-odds; before each bend a feature's part has a variance of its own and one that it
    shares with the whole sum, and third moments likewise."""

    base: float
    intercept: float
    wide: tuple[np.ndarray, ...]
    deep: tuple[np.ndarray, ...]
    bias: np.ndarray
    output: np.ndarray
    spread: np.ndarray
    shared: np.ndarray
    skew: np.ndarray
    shared_skew: np.ndarray

    @staticmethod
    def of(
        intercept: float,
        wide: Sequence[np.ndarray],
        deep: Sequence[np.ndarray],
        bias: np.ndarray,
        output: np.ndarray,
        codes: Codes,
    ) -> Network:
        """From learnt tables and the leads they were learnt from."""
        none = np.zeros((len(deep), len(bias)))
        learnt = Network(0.0, intercept, tuple(wide), tuple(deep), bias, output, *[none] * 4)
        return learnt.centred(codes)

    def centred(self, codes: Codes) -> Network:
        """Let every table average zero over these leads, and reasons be against them."""
        counts = [np.bincount(codes[:, k], minlength=len(table)) for k, table in enumerate(self.deep)]
        wide_means = [np.average(t, axis=0, weights=c) for t, c in zip(self.wide, counts, strict=True)]
        deep_means = [np.average(t, axis=0, weights=c) for t, c in zip(self.deep, counts, strict=True)]
        limit = REACH / (2 * len(self.deep) + 2)
        moved = replace(
            self,
            intercept=float(rounded(np.array(self.intercept + sum(wide_means)), WIDE_GRAIN)),
            wide=tuple(rounded(t - mean, WIDE_GRAIN) for t, mean in zip(self.wide, wide_means, strict=True)),
            deep=tuple(_grained(t - mean, limit) for t, mean in zip(self.deep, deep_means, strict=True)),
            bias=_grained(self.bias + sum(deep_means), limit),
        )
        spread, shared, skew, shared_skew = moved._moments(codes[:: -(-len(codes) // ROWS_FOR_MOMENTS)])
        base = float(moved.margin(codes).mean())
        return replace(moved, base=base, spread=spread, shared=shared, skew=skew, shared_skew=shared_skew)

    def _moments(self, codes: Codes) -> np.ndarray:
        """Of each feature's part before each bend the moments, alone and with the whole sum."""
        moments = np.zeros((4, len(self.deep), len(self.bias)))
        for rows in _blocks(len(codes), BLOCK):
            whole = self._before(codes[rows]).astype(np.float64) - self.bias
            for k, table in enumerate(self.deep):
                part = table.take(codes[rows, k], axis=0).astype(np.float64)
                square = part * part
                for place, product in enumerate((square, part * whole, square * part, part * whole * whole)):
                    moments[place, k] += product.sum(axis=0) / len(codes)
        return moments

    def margin(self, codes: Codes) -> np.ndarray:
        margin = np.empty(len(codes))
        for rows in _blocks(len(codes), BLOCK):
            before = self._before(codes[rows]).astype(np.float64)
            margin[rows] = _across(before / np.sqrt(1.0 + before * before) * self.output)
            margin[rows] += self.intercept + sum(
                table.take(codes[rows, k]) for k, table in enumerate(self.wide)
            )
        return margin

    def _before(self, codes: Codes) -> np.ndarray:
        """What stands before each bend; exact in any order."""
        before = np.tile(self.bias, (len(codes), 1))
        for k, table in enumerate(self.deep):
            before += table.take(codes[:, k], axis=0)
        return before

    def contributions(self, codes: Codes) -> np.ndarray:
        """What each feature adds to the log-odds: with the base they sum to the margin."""
        parts = np.empty((len(codes), len(self.deep)))
        for rows in _blocks(len(codes), SMALL_BLOCK):
            parts[rows] = self._deep_parts(codes[rows])
        for k, table in enumerate(self.wide):
            parts[:, k] += table.take(codes[:, k])
        strength = np.abs(parts)
        left = self.margin(codes) - self.base - _across(parts)
        parts += strength * (left / np.maximum(_across(strength), 1e-300))[:, None]
        return parts

    def _deep_parts(self, codes: Codes) -> np.ndarray:
        """What each feature adds through the bends: by its mean, its variance and its skewness."""
        own = np.empty((len(codes), len(self.deep), len(self.bias)))
        for k, table in enumerate(self.deep):
            own[:, k] = table.take(codes[:, k], axis=0)
        square = own * own
        whole = Sums(
            (self._before(codes) - self.bias).astype(np.float64),
            square.sum(axis=1),
            np.einsum("rku,rku->ru", square, own),
            np.einsum("rku,ku->ru", own, self.spread),
        )
        slopes = self._slopes(whole)
        slope = slopes[2][:, None] * own
        slope += slopes[1][:, None]
        slope *= own
        slope += slopes[0][:, None]
        slope += np.multiply(slopes[3][:, None], self.spread, out=square)
        parts: np.ndarray = np.einsum("rku,rku->rk", own, slope)
        for slope, moment in zip(slopes[4:], self._fixed, strict=True):
            parts += np.einsum("ru,ku->rk", slope, moment)
        return parts

    def _slopes(self, whole: Sums) -> np.ndarray:
        """How the margin moves with a feature's part, its square, its cube, and with each of its moments."""
        slopes = np.zeros((8, *whole.total.shape))
        for chance, weight in CHANCES:
            rest = 1 - chance
            both, gap = chance * rest, rest - chance
            variance = rest**2 * self._together + both * (self._apart + whole.square)
            skew = both * (gap * whole.cube - 3 * whole.crossed) + rest * self._skewed
            skew += rest**3 * self._skewed_together
            first, second, third = _smoothed(self.bias + chance * whole.total, np.sqrt(variance), skew)
            kinds = (first, gap * second, (1 - 6 * both) * third, -3 * gap * third)
            fixed = (-second, -2 * rest * second, -third, -3 * rest**2 * third)
            for place, factor in enumerate((*kinds, *fixed)):
                slopes[place] += weight * factor
        slopes *= self.output
        return slopes

    @cached_property
    def _fixed(self) -> tuple[np.ndarray, ...]:
        """The moments of each feature: its own variance, what it shares, and the same of the third ones."""
        return self.spread, self.shared - self.spread, self.skew, self.shared_skew - self.skew

    @cached_property
    def _skewed(self) -> np.ndarray:
        """The third moment before each bend if features did not hang together."""
        moment: np.ndarray = self.skew.sum(axis=0)
        return moment

    @cached_property
    def _skewed_together(self) -> np.ndarray:
        """What it is more than that, as they do."""
        moment: np.ndarray = self.shared_skew.sum(axis=0) - self._skewed
        return moment

    @cached_property
    def _together(self) -> np.ndarray:
        """The variance before each bend over the training leads."""
        variance: np.ndarray = np.maximum(self.shared.sum(axis=0), 0.0)
        return variance

    @cached_property
    def _apart(self) -> np.ndarray:
        """What it would be if features did not hang together."""
        variance: np.ndarray = self.spread.sum(axis=0)
        return variance

    def placed(self, order: Sequence[int]) -> Network:
        """This network where its k-th feature stands at place order[k]."""
        back = np.argsort(order)
        return replace(
            self,
            wide=tuple(self.wide[k] for k in back),
            deep=tuple(self.deep[k] for k in back),
            spread=self.spread[back],
            shared=self.shared[back],
            skew=self.skew[back],
            shared_skew=self.shared_skew[back],
        )

    def to_json(self) -> dict[str, Any]:
        return {"base": self.base, "intercept": self.intercept, "units": len(self.bias)}

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {
            "wide": np.concatenate(self.wide),
            "deep": np.concatenate(self.deep),
            "bias": self.bias,
            "output": self.output,
            "spread": self.spread,
            "shared": self.shared,
            "skew": self.skew,
            "shared_skew": self.shared_skew,
        }

    @staticmethod
    def restore(data: Mapping[str, Any], arrays: Arrays, sizes: Sequence[int]) -> Network:
        """Rebuild from plain data, each array checked against the codes that may come."""
        base, intercept, units = float(data["base"]), float(data["intercept"]), int(data["units"])
        if not 0 < units <= WIDEST or not max(abs(base), abs(intercept)) < REACH:
            raise BundleError("The network of the bundle contradicts itself.", code="network")
        found = [_sound(arrays[name], shape) for name, shape in _shapes(sum(sizes), len(sizes), units)]
        wide, deep, bias, output, *moments = found
        if (moments[0] < 0).any():
            raise BundleError("The network of the bundle contradicts itself.", code="network")
        ends = np.cumsum([0, *sizes]).tolist()
        tables = [tuple(part[start:end] for start, end in pairwise(ends)) for part in (wide, deep)]
        network = Network(base, intercept, tables[0], tables[1], bias, output, *moments)
        if not network._is_exact():
            raise BundleError("A table of the bundle's network is out of its range.", code="network")
        return network

    def _is_exact(self) -> bool:
        """Whether no sum before a bend can leave the range in which it is exact."""
        farthest = np.abs(self.bias) + sum(np.abs(table).max(axis=0) for table in self.deep)
        on_grain = all(bool((values * GRAIN % 1 == 0).all()) for values in (self.bias, *self.deep))
        wide = all(bool((table * WIDE_GRAIN % 1 == 0).all()) for table in self.wide)
        return bool((farthest <= REACH).all()) and on_grain and wide


def _shapes(codes: int, features: int, units: int) -> Iterator[tuple[str, Shape]]:
    """Of each array its sides, its type and what its values stay below."""
    yield "wide", ((codes,), np.float64, REACH)
    yield "deep", ((codes, units), np.float32, REACH)
    yield "bias", ((units,), np.float32, REACH)
    yield "output", ((units,), np.float64, REACH)
    yield "spread", ((features, units), np.float64, REACH**2)
    yield "shared", ((features, units), np.float64, REACH**2)
    yield "skew", ((features, units), np.float64, REACH**3)
    yield "shared_skew", ((features, units), np.float64, REACH**3)


def _sound(values: np.ndarray, shape: Shape) -> np.ndarray:
    sides, kind, largest = shape
    if values.dtype != kind or values.shape != sides or not (np.abs(values) < largest).all():
        raise BundleError("The model and the encoder of the bundle disagree.", code="network")
    return values


def _grained(values: np.ndarray, limit: float) -> np.ndarray:
    return rounded(np.clip(values, -limit, limit), GRAIN).astype(np.float32)


def _blocks(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _smoothed(
    mean: np.ndarray, deviation: np.ndarray, skew: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The slopes of a bend's mean by mean, variance and third moment of what stands before it.

    The first three terms of Gram and Charlier's series: a normal distribution with a little skewness.
    """
    slopes = np.zeros((5, *mean.shape))
    for place, weight in DRAWS:
        up, down = _steepness(mean + place * deviation), _steepness(mean - place * deviation)
        both, gap = weight * (up + down), weight * (up - down)
        square = place * place
        factors = (both, place * gap, (square - 1) * both)
        for order, factor in enumerate(
            (*factors, (square - 3) * place * gap, (square * (square - 6) + 3) * both)
        ):
            slopes[order] += factor
    deviation = np.maximum(deviation, NARROWEST)
    for order in range(1, 5):
        slopes[order:] /= deviation
    skew = skew / 6
    return slopes[0] + skew * slopes[3], (slopes[1] + skew * slopes[4]) / 2, slopes[2] / 6


def _steepness(before: np.ndarray) -> np.ndarray:
    square = 1.0 + before * before
    steepness: np.ndarray = 1.0 / (square * np.sqrt(square))
    return steepness


def _across(values: np.ndarray) -> np.ndarray:
    """Sums over the last axis, halves onto halves: the same bits whatever the number of rows."""
    while (count := values.shape[-1]) > 1:
        half = count // 2
        folded = values[..., :half] + values[..., half : 2 * half]
        if count % 2:
            folded[..., 0] += values[..., -1]
        values = folded
    return values[..., 0]
