"""The glass box: lines and boosted steps, surfaces of proven pairs, trees of two splits, all as tables.

A logistic regression's lines hold where leads are few, a boosted tree of one split is a step in one feature;
what a feature says is between the two. A tree of two splits is a sum of terms in one or two features. Nothing
is lost in writing them as tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.points import Pair, Points
from leadlight.model.trees import Trees
from leadlight.training.learners import logistic, pair_tables
from leadlight.training.learners.boosting import boost
from leadlight.training.learners.logistic import coarser
from leadlight.training.learners.pair_tables import Coding
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "steps": 0.3,
    "rounds": 300,
    "learning_rate": 0.2,
    "lambda_l2": 0.0,
    "min_data_in_leaf": 20,
    "pairs": 20,
    "pair_rounds": 100,
    "pair_learning_rate": 0.05,
}
"""`steps`: of what a feature says, so much comes from boosted steps, the rest from lines."""
MAIN_SPACE: Final[Space] = {
    "steps": Span(0.0, 1.0),
    "rounds": Span(100, 1000, log=True),
    "learning_rate": Span(0.03, 0.5, log=True),
    "lambda_l2": Span(0.01, 100.0, log=True),
    "min_data_in_leaf": Span(10, 100, log=True),
}
SPACE: Final[Space] = {
    **MAIN_SPACE,
    "pairs": Span(3, 40, log=True),
    "pair_rounds": Span(50, 600, log=True),
    "pair_learning_rate": Span(0.02, 0.3, log=True),
}
SEARCH_ROUNDS: Final = 100
PAIR_BINS: Final = 12
ROWS_FOR_PAIRS: Final = 1000
MOST_ASKED: Final = 128
"""Features whose pairs are asked: with more, the pairs would be too many to ask."""


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Points:
    """Main effects first; pairs explain what is left over."""
    chosen = {**SETTINGS, **settings}
    every = {"seed": seed, "lambda_l2": chosen["lambda_l2"], "min_data_in_leaf": chosen["min_data_in_leaf"]}
    single = {**every, "num_leaves": 2, "learning_rate": chosen["learning_rate"]}
    singles = boost(codes, outcome, int(chosen["rounds"]), single, weight=weight)
    points = _between(
        logistic.fit(codes, outcome, encoder, seed=seed, weight=weight),
        _tables(singles, encoder.sizes)[0],
        float(chosen["steps"]),
    )
    if chosen["pairs"] and len(codes) >= ROWS_FOR_PAIRS and len(encoder.sizes) > 1:
        double = {**every, "num_leaves": 3, "learning_rate": chosen["pair_learning_rate"]}
        rounds = int(chosen["pair_rounds"])
        points = _with_pairs(points, codes, outcome, encoder, int(chosen["pairs"]), rounds, double, weight)
    return points.centred(codes)


def fit_main(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Points:
    """The glass box without pairs."""
    return fit(codes, outcome, encoder, seed=seed, weight=weight, settings={**settings, "pairs": 0})


def _between(lines: Points, steps: Sequence[np.ndarray], share: float) -> Points:
    """The average of two ways to draw a feature is steadier than either."""
    every = zip(lines.tables, steps, strict=True)
    return Points.of(lines.base * (1 - share), [line * (1 - share) + step * share for line, step in every])


def _with_pairs(
    points: Points,
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    pairs: int,
    rounds: int,
    settings: Mapping[str, Any],
    weight: np.ndarray | None,
) -> Points:
    bins = [
        _pair_bins(codes[:, k], feature.size, feature.is_ordered)
        for k, feature in enumerate(encoder.features)
    ]
    coarse = np.column_stack([part.take(codes[:, k]) for k, part in enumerate(bins)]).astype(np.uint16)
    sides = [int(part.max()) + 1 for part in bins]
    is_ordered = [feature.is_ordered for feature in encoder.features]
    found = pair_tables.fit(
        Coding(codes, encoder.sizes, is_ordered),
        Coding(coarse, sides, is_ordered),
        outcome,
        points.margin(codes),
        weight,
        pairs,
        _strongest_features(points, codes),
    )
    search = boost(coarse, outcome, SEARCH_ROUNDS, settings, weight=weight, start=found.margin)
    mains, tables = [np.zeros(side) for side in sides], dict(found.pairs)
    if chosen := _strongest(search, pairs):
        kept = {**settings, "interaction_constraints": [list(pair) for pair in chosen]}
        doubles = boost(coarse, outcome, rounds, kept, weight=weight, start=found.margin)
        mains, more = _tables(doubles, sides)
        tables |= {pair: table + tables.get(pair, 0.0) for pair, table in more.items()}
    shares = [np.bincount(coarse[:, k], minlength=side) / len(coarse) for k, side in enumerate(sides)]
    pure = {pair: _purified(table, pair, mains, shares) for pair, table in sorted(tables.items())}
    every = zip(points.tables, found.mains, mains, bins, strict=True)
    return Points.of(
        points.base + found.base,
        [table + correction + main[part] for table, correction, main, part in every],
        [Pair(first, second, bins[first], bins[second], table) for (first, second), table in pure.items()],
    )


def _strongest_features(points: Points, codes: Codes) -> list[int]:
    """Those that say most by themselves, where there are too many to ask every pair of them."""
    spreads = [float(table.take(codes[:, k]).std()) for k, table in enumerate(points.tables)]
    return sorted(np.argsort(-np.array(spreads), kind="stable")[:MOST_ASKED].tolist())


def _pair_bins(codes: np.ndarray, size: int, is_ordered: bool) -> np.ndarray:
    """At most 12 bins: numbers in equal parts, of the levels the frequent ones and the rest together."""
    if not is_ordered:
        return np.minimum(np.arange(size), PAIR_BINS - 1)
    return coarser(codes, size, is_ordered, PAIR_BINS - 1)


def _strongest(trees: Trees, count: int) -> list[tuple[int, int]]:
    """The pairs of features whose trees move the margin most."""
    strength: defaultdict[tuple[int, int], float] = defaultdict(float)
    for splits, leaves in trees:
        used = trees.feature[splits]
        if len(used) == 2 and used[0] != used[1]:
            rows, values = trees.leaf_rows[leaves], trees.leaf_value[leaves]
            inner = _inner_leaves(trees, splits)
            spread = values[inner] - np.average(values[inner], weights=rows[inner])
            strength[_sorted(used)] += float((rows[inner] * spread**2).sum())
    return sorted(strength, key=lambda pair: (-strength[pair], pair))[:count]


def _inner_leaves(trees: Trees, splits: slice) -> list[int]:
    """The two leaves under the second split."""
    return [~int(child) for child in (trees.left[splits][1], trees.right[splits][1])]


def _sorted(used: Sequence[int] | np.ndarray) -> tuple[int, int]:
    first, second = sorted(int(feature) for feature in used)
    return first, second


def _tables(trees: Trees, sizes: Sequence[int]) -> tuple[list[np.ndarray], dict[tuple[int, int], np.ndarray]]:
    """Sum trees of at most two splits into a table a feature and a table a pair."""
    mains = [np.zeros(size) for size in sizes]
    pairs: dict[tuple[int, int], np.ndarray] = {}
    for splits, leaves in trees:
        used, values = trees.feature[splits], trees.leaf_value[leaves]
        if len(used) == 0:
            mains[0] += values[0]
        elif len(set(used.tolist())) == 1:
            size = sizes[used[0]]
            mains[used[0]] += values[_leaf_of(trees, splits, np.arange(size), np.arange(size))]
        else:
            key = _sorted(used)
            grid = np.meshgrid(*(np.arange(sizes[feature]) for feature in key), indexing="ij")
            table = pairs.setdefault(key, np.zeros(tuple(sizes[feature] for feature in key)))
            table += values[_leaf_of(trees, splits, *(grid[key.index(int(feature))] for feature in used))]
    return mains, pairs


def _leaf_of(trees: Trees, splits: slice, root: np.ndarray, child: np.ndarray) -> np.ndarray:
    """Which leaf each code (or pair of codes) of the root's and the second split's feature falls into."""
    threshold, left, right = (part[splits].tolist() for part in (trees.threshold, trees.left, trees.right))
    node: np.ndarray = np.where(root <= threshold[0], left[0], right[0])
    if len(threshold) == 2:
        second = np.where(child <= threshold[1], left[1], right[1])
        node = np.where(node == 1, second, node)
    return ~node


def _purified(
    table: np.ndarray, pair: tuple[int, int], mains: list[np.ndarray], shares: Sequence[np.ndarray]
) -> np.ndarray:
    """Move what either feature says alone out of the pair into its own table (functional ANOVA)."""
    first, second = pair
    rows = table @ shares[second]
    columns = shares[first] @ table
    every = float(shares[first] @ rows)
    mains[first] += rows
    mains[second] += columns - every
    pure: np.ndarray = table - rows[:, None] - columns[None, :] + every
    return pure
