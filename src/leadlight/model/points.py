"""The glass box: an additive model over codes, a table a feature and a table for each of a few pairs.

Table values are multiples of 2**-40, so sums are exact in any order: batch, one row, Arrow and SQL
agree bit for bit. A pair's value belongs to its two features in equal parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.encode import Codes

GRAIN: Final = 2.0**40
PAIR_GRAIN: Final = 2.0**39
LARGEST: Final = 2.0**10
MOST_CELLS: Final = 1 << 22
"""Cells that all pairs may take over all codes; forty pairs of the widest columns have 2.5 million."""

Arrays = Mapping[str, np.ndarray]


def rounded(values: np.ndarray, grain: float = GRAIN) -> np.ndarray:
    """To multiples of 1/grain; minus zero becomes zero."""
    result: np.ndarray = np.round(np.asarray(values, dtype=np.float64) * grain) / grain + 0.0
    return result


@dataclass(frozen=True)
class Pair:
    """What two features say together beyond what each says alone."""

    first: int
    second: int
    first_bins: np.ndarray
    second_bins: np.ndarray
    table: np.ndarray

    def of(self, codes: Codes) -> np.ndarray:
        rows = self.first_bins.take(codes[:, self.first])
        columns = self.second_bins.take(codes[:, self.second])
        values: np.ndarray = self.table.ravel().take(rows * self.table.shape[1] + columns)
        return values

    @cached_property
    def full(self) -> np.ndarray:
        """The table over all codes of both features."""
        values: np.ndarray = self.table[np.ix_(self.first_bins, self.second_bins)]
        return values


@dataclass(frozen=True)
class Points:
    """An intercept, a table of points a feature, and pair tables; margins are log-odds."""

    base: float
    tables: tuple[np.ndarray, ...]
    pairs: tuple[Pair, ...] = ()

    @staticmethod
    def of(base: float, tables: Sequence[np.ndarray], pairs: Sequence[Pair] = ()) -> Points:
        """Round to the grain that makes sums exact."""
        grained = [
            Pair(
                p.first,
                p.second,
                p.first_bins.astype(np.intp),
                p.second_bins.astype(np.intp),
                rounded(p.table, PAIR_GRAIN),
            )
            for p in pairs
        ]
        return Points(
            float(rounded(np.array(base))), tuple(rounded(table) for table in tables), tuple(grained)
        )

    def margin(self, codes: Codes) -> np.ndarray:
        margin = np.full(len(codes), self.base)
        for k in self._speaking:
            margin += self.tables[k].take(codes[:, k])
        for pair in self.pairs:
            margin += pair.of(codes)
        return margin

    def contributions(self, codes: Codes) -> np.ndarray:
        """What each feature adds to the log-odds: with the base they sum to the margin exactly."""
        parts = np.zeros((len(codes), len(self.tables)), order="F")
        for k in self._speaking:
            parts[:, k] = self.tables[k].take(codes[:, k])
        for pair in self.pairs:
            half = pair.of(codes) / 2
            parts[:, pair.first] += half
            parts[:, pair.second] += half
        return parts

    @cached_property
    def _speaking(self) -> tuple[int, ...]:
        return tuple(k for k, table in enumerate(self.tables) if table.any())

    def scaled(self, slope: float, intercept: float) -> Points:
        """These tables after a straight line on the log-odds."""
        pairs = [Pair(p.first, p.second, p.first_bins, p.second_bins, p.table * slope) for p in self.pairs]
        return Points.of(self.base * slope + intercept, [table * slope for table in self.tables], pairs)

    def centred(self, codes: Codes) -> Points:
        """Let what each feature adds average zero over these leads: that is against the average lead."""
        means = [float(table.take(codes[:, k]).mean()) for k, table in enumerate(self.tables)]
        for pair in self.pairs:
            half = float(pair.of(codes).mean()) / 2
            means[pair.first] += half
            means[pair.second] += half
        return Points.of(
            self.base + sum(means),
            [table - mean for table, mean in zip(self.tables, means, strict=True)],
            self.pairs,
        )

    def placed(self, order: Sequence[int]) -> Points:
        """This model where its k-th feature stands at place order[k]."""
        tables = dict(zip(order, self.tables, strict=True))
        pairs = (replace(p, first=order[p.first], second=order[p.second]) for p in self.pairs)
        return Points(self.base, tuple(tables[k] for k in range(len(tables))), tuple(pairs))

    def to_json(self) -> dict[str, Any]:
        return {
            "base": self.base,
            "tables": len(self.tables),
            "pairs": [[pair.first, pair.second] for pair in self.pairs],
        }

    def to_arrays(self) -> dict[str, np.ndarray]:
        arrays = {f"table_{k}": table for k, table in enumerate(self.tables)}
        for k, pair in enumerate(self.pairs):
            arrays |= {
                f"pair_{k}": pair.table,
                f"pair_{k}_first": pair.first_bins.astype(np.uint8),
                f"pair_{k}_second": pair.second_bins.astype(np.uint8),
            }
        return arrays

    @staticmethod
    def restore(data: Mapping[str, Any], arrays: Arrays, sizes: Sequence[int]) -> Points:
        """Rebuild from plain data, each table checked against the codes that may come."""
        if data["tables"] != len(sizes) or not _is_sound(np.array(float(data["base"]))):
            raise BundleError("The model and the encoder of the bundle disagree.", code="points")
        tables = tuple(_table(arrays[f"table_{k}"], size) for k, size in enumerate(sizes))
        pairs = tuple(
            _pair(arrays, k, int(first), int(second), sizes)
            for k, (first, second) in enumerate(data["pairs"])
        )
        if sum(sizes[pair.first] * sizes[pair.second] for pair in pairs) > MOST_CELLS:
            raise BundleError("The pair tables of the bundle are more than a model has.", code="too_large")
        return Points(float(data["base"]), tables, pairs)


def _is_sound(values: np.ndarray, grain: float = GRAIN) -> bool:
    """Finite, not huge, and on the grain that makes sums exact."""
    return (
        values.dtype == np.float64
        and bool((np.abs(values) < LARGEST).all())
        and bool((values * grain % 1 == 0).all())
    )


def _table(values: np.ndarray, size: int) -> np.ndarray:
    if values.shape != (size,) or not _is_sound(values):
        raise BundleError("A table of the bundle does not fit its feature.", code="points")
    return values


def _pair(arrays: Arrays, k: int, first: int, second: int, sizes: Sequence[int]) -> Pair:
    table = arrays[f"pair_{k}"]
    bins = arrays[f"pair_{k}_first"], arrays[f"pair_{k}_second"]
    fits = (
        0 <= first < len(sizes)
        and 0 <= second < len(sizes)
        and first != second
        and table.ndim == 2
        and table.size > 0
        and _is_sound(table, PAIR_GRAIN)
        and all(
            part.dtype == np.uint8 and part.shape == (sizes[feature],) and int(part.max()) < side
            for part, feature, side in zip(bins, (first, second), table.shape, strict=True)
        )
    )
    if not fits:
        raise BundleError("A pair table of the bundle does not fit its features.", code="points")
    return Pair(first, second, bins[0].astype(np.intp), bins[1].astype(np.intp), table)
