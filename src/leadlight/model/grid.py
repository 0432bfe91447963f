"""A small tree written out: one entry for each way in which its splits can turn out.

A tree looks at few features and cuts each in few places, so that its leads fall into few cells. In each cell
the margin and the exact Shapley values of the tree are the same for all leads: they are looked up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from leadlight.model.encode import Codes

MOST_CELLS: Final = 1024
BLOCK: Final = 8192
FEW: Final = 16


@dataclass(frozen=True)
class Branch:
    """The way to one leaf: the cells of each feature that lead there, and how many of the leads do."""

    value: float
    allowed: dict[int, np.ndarray]
    share: dict[int, float]


@dataclass(frozen=True)
class Grid:
    """The cells of one tree; `maps` gives each feature's part of a cell's place."""

    features: tuple[int, ...]
    maps: tuple[np.ndarray, ...]
    shape: tuple[int, ...]
    value: np.ndarray
    branches: tuple[Branch, ...]

    def cells(self, codes: Codes) -> np.ndarray:
        """In which cell each lead is."""
        if not self.features:
            return np.zeros(len(codes), dtype=np.int32)
        place = self.maps[0].take(codes[:, self.features[0]], mode="clip")
        for feature, part in zip(self.features[1:], self.maps[1:], strict=True):
            place += part.take(codes[:, feature], mode="clip")
        return place

    def shapley(self) -> np.ndarray:
        """The Shapley values of each cell, a column a feature of the tree."""
        values = np.zeros((*self.shape, len(self.features)))
        for branch in self.branches:
            used = sorted(branch.allowed)
            table = _by_mask(branch, used)
            mask = np.zeros(self.shape, dtype=np.intp)
            for bit, feature in enumerate(used):
                side = [1] * len(self.shape)
                side[feature] = -1
                mask += branch.allowed[feature].astype(np.intp).reshape(side) << bit
            for place, feature in enumerate(used):
                values[..., feature] += table[place].take(mask)
        return values.reshape(math.prod(self.shape), len(self.features))


def _by_mask(branch: Branch, used: Sequence[int]) -> np.ndarray:
    """What each feature on the way adds, for each set of features whose conditions are met."""
    count = len(used)
    masks = np.arange(1 << count)
    met = [(masks >> bit & 1).astype(np.float64) for bit in range(count)]
    share = [branch.share[feature] for feature in used]
    weight = [math.factorial(k) * math.factorial(count - k - 1) / math.factorial(count) for k in range(count)]
    table = np.empty((count, len(masks)))
    for place in range(count):
        sums = [np.ones(len(masks))]
        for other in range(count):
            if other != place:
                sums = _times(sums, share[other], met[other])
        table[place] = sum(w * s for w, s in zip(weight, sums, strict=True)) * (met[place] - share[place])
    return table * branch.value


def _times(sums: list[np.ndarray], out: float, into: np.ndarray) -> list[np.ndarray]:
    """Multiply a polynomial in the size of a set by (out + into t)."""
    longer = [part * out for part in sums] + [np.zeros_like(into)]
    for size, part in enumerate(sums):
        longer[size + 1] = longer[size + 1] + part * into
    return longer


def grid_of(
    feature: np.ndarray,
    threshold: np.ndarray,
    left: Sequence[int],
    right: Sequence[int],
    rows: np.ndarray,
    leaf_value: np.ndarray,
    leaf_rows: np.ndarray,
) -> Grid | None:
    """Write a tree out; None where it has too many cells for that."""
    features = tuple(np.unique(feature).tolist())
    cuts = [np.unique(threshold[feature == each]) for each in features]
    shape = tuple(len(cut) + 1 for cut in cuts)
    if math.prod(shape) > MOST_CELLS:
        return None
    place = {each: k for k, each in enumerate(features)}
    branches: list[Branch] = []

    def walk(node: int, allowed: dict[int, np.ndarray], share: dict[int, float]) -> None:
        if node < 0:
            branches.append(Branch(float(leaf_value[~node]), allowed, share))
            return
        k = place[int(feature[node])]
        low = np.arange(shape[k]) <= np.searchsorted(cuts[k], threshold[node])
        for child, side in ((left[node], low), (right[node], ~low)):
            held = leaf_rows[~child] if child < 0 else rows[child]
            part = float(held) / float(rows[node]) if rows[node] else 0.5
            before = allowed.get(k)
            walk(
                child,
                {**allowed, k: side if before is None else before & side},
                {**share, k: share.get(k, 1.0) * part},
            )

    walk(0 if len(feature) else -1, {}, {})
    return Grid(features, _maps(cuts, shape), shape, _values(branches, shape), tuple(branches))


def _maps(cuts: Sequence[np.ndarray], shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """For each code of a feature its part of the place of the cell; codes beyond the last cut are alike."""
    stride = [math.prod(shape[k + 1 :]) for k in range(len(shape))]
    return tuple(
        (np.searchsorted(cut, np.arange(int(cut[-1]) + 2), side="left") * step).astype(np.int32)
        for cut, step in zip(cuts, stride, strict=True)
    )


def _values(branches: Sequence[Branch], shape: tuple[int, ...]) -> np.ndarray:
    values = np.zeros(shape)
    for branch in branches:
        inside = np.ones(shape, dtype=bool)
        for k, allowed in branch.allowed.items():
            side = [1] * len(shape)
            side[k] = -1
            inside &= allowed.reshape(side)
        values[inside] = branch.value
    return values.reshape(-1)


def distinct(codes: Codes) -> tuple[np.ndarray, np.ndarray]:
    """One row of each kind, and the place of each row's kind among them: equal leads are looked up once."""
    rows = np.ascontiguousarray(codes)
    whole = rows.view(np.dtype((np.void, rows.shape[1] * rows.itemsize))).reshape(-1)
    _, first, back = np.unique(whole, return_index=True, return_inverse=True)
    return first, back


def _block(codes: Codes, start: int) -> Codes:
    """Some rows, as numbers that index without being converted in each tree."""
    return codes[start : start + BLOCK].astype(np.intp, order="F")


@dataclass(frozen=True)
class Grids:
    """All trees of a model, each small enough to be written out.

    Few leads go through all trees at once, many through one tree after another: the sums are the same,
    taken in the same order.
    """

    grids: tuple[Grid, ...]
    count: int

    def margin(self, codes: Codes) -> np.ndarray:
        if len(codes) <= FEW:
            return np.array([self._flat.margin(row) for row in codes], dtype=np.float64)
        rows, back = distinct(codes)
        alike = codes[rows]
        margin = np.zeros(len(alike))
        for start in range(0, len(alike), BLOCK):
            block, sums = _block(alike, start), margin[start : start + BLOCK]
            for grid in self.grids:
                sums += grid.value.take(grid.cells(block))
        return margin.take(back)

    def contributions(self, codes: Codes) -> np.ndarray:
        """What each feature adds: exact Shapley values, a column a feature."""
        if len(codes) <= FEW:
            return np.array([self._flat.contributions(row) for row in codes]).reshape(-1, self.count)
        rows, back = distinct(codes)
        alike = codes[rows]
        parts = np.zeros((self.count, len(alike)))
        for start in range(0, len(alike), BLOCK):
            block = _block(alike, start)
            for grid, table in zip(self.grids, self.tables, strict=True):
                cells = grid.cells(block)
                for column, feature in enumerate(grid.features):
                    parts[feature, start : start + len(block)] += table[column].take(cells)
        return parts.take(back, axis=1).T

    @cached_property
    def tables(self) -> list[np.ndarray]:
        """The Shapley values of each tree, a row a feature of it."""
        return [np.ascontiguousarray(grid.shapley().T) for grid in self.grids]

    @cached_property
    def _flat(self) -> Flat:
        return Flat.of(self)


@dataclass(frozen=True)
class Flat:
    """All trees side by side in long arrays, for one lead at a time."""

    grids: Grids
    feature: np.ndarray
    start: np.ndarray
    last: np.ndarray
    maps: np.ndarray
    tree: np.ndarray
    first: np.ndarray
    value_start: np.ndarray
    values: np.ndarray

    @staticmethod
    def of(grids: Grids) -> Flat:
        entries = [
            (tree, feature, part)
            for tree, grid in enumerate(grids.grids)
            for feature, part in zip(grid.features, grid.maps, strict=True)
        ]
        sizes = np.array([len(part) for _, _, part in entries], dtype=np.intp)
        held = [len(grid.value) for grid in grids.grids]
        tree = np.array([tree for tree, _, _ in entries], dtype=np.intp)
        return Flat(
            grids=grids,
            feature=np.array([feature for _, feature, _ in entries], dtype=np.intp),
            start=np.cumsum(sizes) - sizes,
            last=sizes - 1,
            maps=np.concatenate([part for _, _, part in entries] or [np.zeros(0, dtype=np.int32)]),
            tree=tree,
            first=np.flatnonzero(np.r_[True, tree[1:] != tree[:-1]]) if len(tree) else tree,
            value_start=np.cumsum(held) - held,
            values=np.concatenate([grid.value for grid in grids.grids]),
        )

    def cells(self, row: np.ndarray) -> np.ndarray:
        """The cell of each tree."""
        cells = np.zeros(len(self.value_start), dtype=np.intp)
        if len(self.tree):
            parts = self.maps.take(self.start + np.minimum(row.take(self.feature), self.last))
            cells[self.tree[self.first]] = np.add.reduceat(parts, self.first)
        return cells

    def margin(self, row: np.ndarray) -> float:
        values = self.values.take(self.value_start + self.cells(row))
        return float(np.cumsum(values)[-1]) + 0.0

    def contributions(self, row: np.ndarray) -> np.ndarray:
        start, tables = self._tables
        values = tables.take(start + self.cells(row).take(self.tree))
        parts: np.ndarray = np.bincount(self.feature, weights=values, minlength=self.grids.count)
        return parts

    @cached_property
    def _tables(self) -> tuple[np.ndarray, np.ndarray]:
        columns = [column for table in self.grids.tables for column in table]
        sizes = np.array([len(column) for column in columns], dtype=np.intp)
        return np.cumsum(sizes) - sizes, np.concatenate(columns or [np.zeros(0)])
