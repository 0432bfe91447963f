"""Trees that another library has grown, put into our one format: splits and leaves numbered from the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadlight.model.trees import INTEGERS, REALS, Trees


@dataclass(frozen=True)
class Grown:
    """A tree with an entry a node, the root first; a child below zero is none.

    `value` and `rows` (how many training rows ended there) are asked of leaves alone.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    rows: np.ndarray


def trees_of(grown: Sequence[Grown], features: int, start: float = 0.0) -> Trees:
    """All of them, one after another; the margin that they start from goes into the first one's leaves."""
    first = replace(grown[0], value=grown[0].value + start)
    parts = [_numbered(each) for each in (first, *grown[1:])]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in (*INTEGERS, *REALS)}
    return Trees.of(features, joined)


def _numbered(tree: Grown) -> dict[str, np.ndarray]:
    order = _from_the_root(tree)
    is_split = tree.left[order] >= 0
    splits, leaves = order[is_split], order[~is_split]
    number = np.zeros(len(tree.left), dtype=np.int64)
    number[splits], number[leaves] = np.arange(len(splits)), ~np.arange(len(leaves))
    rows, value = _summed(tree, order)
    return {
        "leaves": np.array([len(leaves)]),
        "feature": tree.feature[splits],
        "threshold": tree.threshold[splits],
        "left": number[tree.left[splits]],
        "right": number[tree.right[splits]],
        "rows": rows[splits],
        "value": value[splits],
        "leaf_value": tree.value[leaves],
        "leaf_rows": rows[leaves],
    }


def _from_the_root(tree: Grown) -> np.ndarray:
    """The nodes that are in use, parents before their children."""
    left, right = tree.left.tolist(), tree.right.tolist()
    order = [0]
    for node in order:
        if left[node] >= 0:
            order += [left[node], right[node]]
    return np.array(order)


def _summed(tree: Grown, order: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows of each node and its mean value; a leaf that no row reached counts one: none is empty."""
    left, right = tree.left.tolist(), tree.right.tolist()
    rows = np.maximum(tree.rows, 1).tolist()
    value = tree.value.tolist()
    for node in reversed(order.tolist()):
        if left[node] >= 0:
            low, high = left[node], right[node]
            rows[node] = rows[low] + rows[high]
            value[node] = (rows[low] * value[low] + rows[high] * value[high]) / rows[node]
    return np.array(rows), np.array(value)
