"""Shapley values by brute force, for the few features that allow it.

A set of known features is a number: its bit k says whether feature k is known. Its worth stands at its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial

import numpy as np

from leadlight.model.crossing import narrowed, widened
from leadlight.model.trees import Trees


def shapley(worth: np.ndarray) -> np.ndarray:
    """What each feature adds on average over all orders of becoming known."""
    players = len(worth).bit_length() - 1
    share = np.zeros(players)
    for team in range(len(worth)):
        size = team.bit_count()
        for player in (k for k in range(players) if not team >> k & 1):
            chance = factorial(size) * factorial(players - size - 1) / factorial(players)
            share[player] += chance * (worth[team | 1 << player] - worth[team])
    return share


def among_leads(margin: Callable[[np.ndarray], np.ndarray], row: np.ndarray, leads: np.ndarray) -> np.ndarray:
    """The worth where unknown features are as in the leads (interventional)."""
    known = np.arange(2 ** len(row))[:, None] >> np.arange(len(row)) & 1
    return np.array([margin(np.where(each, row, leads).astype(leads.dtype)).mean() for each in known])


def of_trees(trees: Trees, row: np.ndarray) -> np.ndarray:
    """Along the paths of each tree, over the columns that it asks; made columns go to their sources."""
    wide = widened(trees.crossings, row[None])[0]
    parts = np.zeros((1, len(wide)))
    for splits, leaves in trees:
        asked = np.unique(trees.feature[splits]).tolist()
        parts[0, asked] += shapley(_worth(trees, splits, leaves, wide, asked))
    return narrowed(trees.crossings, parts, trees.features)[0]


def _worth(trees: Trees, splits: slice, leaves: slice, row: np.ndarray, asked: Sequence[int]) -> np.ndarray:
    """Where at a split of an unknown column both sides count, by the rows that went there."""
    teams = np.arange(2 ** len(asked))
    values, leaf_rows = trees.leaf_value[leaves], trees.leaf_rows[leaves].astype(float)
    feature, threshold = trees.feature[splits].tolist(), trees.threshold[splits].tolist()
    left, right = trees.left[splits].tolist(), trees.right[splits].tolist()
    rows = trees.rows[splits].astype(float)

    def held(node: int) -> float:
        return float(leaf_rows[~node] if node < 0 else rows[node])

    def expected(node: int) -> np.ndarray:
        if node < 0:
            return np.full(len(teams), values[~node])
        sides = left[node], right[node]
        low, high = map(expected, sides)
        share = held(sides[0]) / (held(sides[0]) + held(sides[1]))
        taken = low if row[feature[node]] <= threshold[node] else high
        return np.where(teams >> asked.index(feature[node]) & 1, taken, share * low + (1 - share) * high)

    return expected(0 if feature else -1)
