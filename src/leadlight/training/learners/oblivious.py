"""What CatBoost has learnt, as trees of our own: its trees ask the same question all over a level.

It also asks how often leads of a kind have bought, a kind being what several features say together. Those
figures are counted again from the training leads, but for kinds that few leads were of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadlight.model.crossing import Crossing, widened
from leadlight.model.encode import SUPPORT, Codes
from leadlight.model.trees import Trees
from leadlight.training.learners.grown import Grown, trees_of

Told = Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """Which features stand for CatBoost's numbers and words, and how many codes each has."""

    numbers: tuple[int, ...]
    words: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Asked:
    """The crossings, and for each of CatBoost's figures of kinds the column that holds it."""

    crossings: tuple[Crossing, ...]
    columns: tuple[int, ...]


def trees(told: Told, codes: Codes, outcome: np.ndarray, layout: Layout, start: float) -> Trees:
    """From CatBoost's own JSON and the leads that it was learnt from."""
    info = told["features_info"]
    asked = _asked(info.get("ctrs") or (), codes, outcome, layout)
    wide = widened(asked.crossings, codes)
    ways = _ways(info, layout, asked.columns)
    scale, (bias,) = told["scale_and_bias"]
    made = [size for crossing in asked.crossings for size in crossing.columns_sizes]
    last_codes = np.array([*layout.sizes, *made]) - 1
    grown = [
        _tree(
            [ways[split["split_index"]] for split in tree["splits"] or ()],
            np.array(tree["leaf_values"]) * scale,
            wide,
            last_codes,
        )
        for tree in told["oblivious_trees"]
    ]
    return replace(trees_of(grown, codes.shape[1], start + bias), crossings=asked.crossings)


def _ways(info: Told, layout: Layout, columns: Sequence[int]) -> list[tuple[int, int]]:
    """Every question that CatBoost can ask, in its order: a column and the last code that answers no."""
    ways = [
        (layout.numbers[each["feature_index"]], int(np.floor(border)))
        for each in info.get("float_features") or ()
        for border in each.get("borders") or ()
    ]
    for column, figure in zip(columns, info.get("ctrs") or (), strict=True):
        ways += [(column, place) for place in range(len(figure["borders"]))]
    return ways


def _asked(figures: Sequence[Told], codes: Codes, outcome: np.ndarray, layout: Layout) -> Asked:
    """Crossings, one for all figures of the same kinds, in the order in which they are first named."""
    together: dict[str, list[int]] = {}
    for number, figure in enumerate(figures):
        together.setdefault(repr(figure["elements"]), []).append(number)
    crossings: list[Crossing] = []
    columns, place = [0] * len(figures), len(layout.sizes)
    for numbers in together.values():
        crossings.append(_crossing([figures[number] for number in numbers], codes, outcome, layout))
        for column, number in enumerate(numbers, start=place):
            columns[number] = column
        place += len(numbers)
    return Asked(tuple(crossings), tuple(columns))


def _crossing(figures: Sequence[Told], codes: Codes, outcome: np.ndarray, layout: Layout) -> Crossing:
    parts = [_part(element, layout) for element in figures[0]["elements"]]
    crossing = Crossing.of([source for source, _ in parts], [places for _, places in parts])
    kinds, place, rows = np.unique(crossing.kind(codes), return_inverse=True, return_counts=True)
    won = np.bincount(place.ravel(), weights=outcome, minlength=len(kinds))
    known = rows >= SUPPORT
    columns = [_column(figure, won[known], rows[known], int(rows.max())) for figure in figures]
    others = [_column(figure, np.zeros(1), np.zeros(1), int(rows.max()))[0] for figure in figures]
    return replace(
        crossing,
        kinds=kinds[known].astype(np.float64),
        columns=np.array(columns, dtype=np.uint16).reshape(len(figures), -1),
        others=np.array(others, dtype=np.uint16),
    )


def _part(element: Told, layout: Layout) -> tuple[int, np.ndarray]:
    """The feature behind a part of a kind, and the place of each of its codes."""
    if element["combination_element"] == "cat_feature_value":
        source = layout.words[element["cat_feature_index"]]
        return source, np.arange(layout.sizes[source])
    source = layout.numbers[element["float_feature_index"]]
    return source, (np.arange(layout.sizes[source]) > element["border"]).astype(np.intp)


def _column(figure: Told, won: np.ndarray, rows: np.ndarray, most: int) -> np.ndarray:
    """How many borders the figure of each kind is above: its share of buyers, or of all leads."""
    counts, of = (won, rows) if figure["ctr_type"] == "Borders" else (rows, np.full(len(rows), most))
    share = (counts + figure["prior_numerator"]) / (of + figure["prior_denomerator"])
    above: np.ndarray = np.searchsorted(
        figure["borders"], (share + figure["shift"]) * figure["scale"], side="left"
    )
    return above


def _tree(
    questions: Sequence[tuple[int, int]], value: np.ndarray, wide: Codes, last_codes: np.ndarray
) -> Grown:
    """Bit k of a leaf's number is the answer of level k."""
    leaf = np.zeros(len(wide), dtype=np.intp)
    for level, (column, last) in enumerate(questions):
        leaf |= (wide[:, column] > last).astype(np.intp) << level
    return _grown(questions, value, np.bincount(leaf, minlength=len(value)), last_codes)


def _grown(
    questions: Sequence[tuple[int, int]], value: np.ndarray, rows: np.ndarray, last_codes: np.ndarray
) -> Grown:
    """The tree without the sides that no code can be on."""
    nodes: list[tuple[float, ...]] = []

    def grow(level: int, leaf: int, bounds: Mapping[int, tuple[float, float]]) -> int:
        if level == len(questions):
            nodes.append((0, 0, -1, -1, value[leaf], rows[leaf]))
            return len(nodes) - 1
        column, last = questions[level]
        low, high = bounds.get(column, (-1.0, float(last_codes[column])))
        right = leaf | 1 << level
        if last >= high:
            return grow(level + 1, leaf, bounds)
        if last <= low:
            return grow(level + 1, right, bounds)
        place = len(nodes)
        nodes.append(())
        sides = (
            grow(level + 1, leaf, {**bounds, column: (low, last)}),
            grow(level + 1, right, {**bounds, column: (last, high)}),
        )
        nodes[place] = (column, last, *sides, 0.0, 0)
        return place

    grow(0, 0, {})
    column, last, left, right, leaf_value, leaf_rows = np.array(nodes, dtype=np.float64).T
    sides = left.astype(np.int64), right.astype(np.int64)
    return Grown(column.astype(np.int64), last.astype(np.int64), *sides, leaf_value, leaf_rows)
