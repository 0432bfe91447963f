"""Shapley values by brute force, for the few features that allow it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import factorial

import numpy as np

from leadlight.model.trees import Trees

Value = Callable[[frozenset[int]], float]


def shapley(value: Value, players: int) -> np.ndarray:
    """What each player adds on average over all orders of joining."""
    everyone = range(players)
    worth = {
        frozenset(team): value(frozenset(team))
        for size in range(players + 1)
        for team in combinations(everyone, size)
    }
    share = np.zeros(players)
    for team, without in worth.items():
        for player in set(everyone) - team:
            chance = factorial(len(team)) * factorial(players - len(team) - 1) / factorial(players)
            share[player] += chance * (worth[team | {player}] - without)
    return share


def among_leads(margin: Callable[[np.ndarray], np.ndarray], row: np.ndarray, leads: np.ndarray) -> Value:
    """Unknown features are as in the leads (interventional)."""

    def value(known: frozenset[int]) -> float:
        mixed = leads.copy()
        for feature in known:
            mixed[:, feature] = row[feature]
        return float(margin(mixed).mean())

    return value


def along_paths(trees: Trees, row: np.ndarray) -> Value:
    """At a split of an unknown feature both sides count, by the rows that went there."""
    return lambda known: sum(_tree(trees, splits, leaves, row, known) for splits, leaves in trees)


def _tree(trees: Trees, splits: slice, leaves: slice, row: np.ndarray, known: frozenset[int]) -> float:
    values, leaf_rows = trees.leaf_value[leaves], trees.leaf_rows[leaves]
    feature, threshold, rows = (part[splits] for part in (trees.feature, trees.threshold, trees.rows))
    sides = np.column_stack([trees.left[splits], trees.right[splits]])

    def expected(node: int) -> float:
        if node < 0:
            return float(values[~node])
        if feature[node] in known:
            return expected(sides[node, int(row[feature[node]] > threshold[node])])
        counts = [leaf_rows[~side] if side < 0 else rows[side] for side in sides[node].tolist()]
        both = [expected(side) for side in sides[node].tolist()]
        return float(np.average(both, weights=counts))

    return expected(0 if len(feature) else -1)
