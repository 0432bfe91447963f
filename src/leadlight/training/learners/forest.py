"""Random forest: trees on leads drawn anew, few columns a split; each leaf's log-odds, averaged.

The log-odds of a leaf are counted on all training leads, also those that its tree has not drawn: that says
more of other leads than what the tree was grown on. Log-odds add up, averaged probabilities would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.probability import logit
from leadlight.model.trees import DEEPEST, Trees
from leadlight.training.learners.boosting import ROWS_FOR_THREADS
from leadlight.training.learners.grown import Grown, trees_of
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "rounds": 100,
    "max_leaf_nodes": 80,
    "min_samples_leaf": 3,
    "max_features": 0.3,
    "max_samples": 1.0,
    "criterion": "entropy",
    "smoothing": 0.5,
}
SPACE: Final[Space] = {
    "rounds": Span(50, 400, log=True),
    "max_leaf_nodes": Span(16, 256, log=True),
    "min_samples_leaf": Span(1, 20, log=True),
    "max_features": Span(0.1, 1.0),
    "max_samples": Span(0.2, 1.0),
    "criterion": ("entropy", "gini"),
    "smoothing": Span(0.1, 10.0, log=True),
}


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Trees:
    from sklearn.ensemble import RandomForestClassifier

    chosen = {**SETTINGS, **settings}
    smoothing = float(chosen.pop("smoothing"))
    weight = np.ones(len(outcome)) if weight is None else weight
    forest = RandomForestClassifier(
        int(chosen.pop("rounds")),
        **chosen,
        max_depth=DEEPEST,
        random_state=seed,
        n_jobs=1 if len(codes) < ROWS_FOR_THREADS else -1,
    )
    forest.fit(codes.astype(np.float32), outcome, sample_weight=weight)
    return with_log_odds([each.tree_ for each in forest.estimators_], codes, outcome, weight, smoothing)


def with_log_odds(
    trees: Sequence[Any],
    codes: Codes,
    outcome: np.ndarray,
    weight: np.ndarray,
    smoothing: float,
) -> Trees:
    """The trees of scikit-learn, with the mean of their leaves' log-odds for a margin."""
    floats = codes.astype(np.float32)
    grown = []
    for tree in trees:
        leaf, size = tree.apply(floats), tree.node_count
        every = np.bincount(leaf, weights=weight, minlength=size)
        won = np.bincount(leaf, weights=weight * outcome, minlength=size)
        share = _shares(tree.children_left.tolist(), tree.children_right.tolist(), every, won, smoothing)
        grown.append(
            Grown(
                feature=tree.feature,
                threshold=np.floor(tree.threshold),
                left=tree.children_left,
                right=tree.children_right,
                value=logit(share) / len(trees),
                rows=np.bincount(leaf, minlength=size),
            )
        )
    return trees_of(grown, codes.shape[1])


def _shares(
    left: Sequence[int], right: Sequence[int], leaf_rows: np.ndarray, leaf_won: np.ndarray, smoothing: float
) -> np.ndarray:
    """The share of won leads in each node, drawn towards that of the node above it; parents come first."""
    every, won = leaf_rows.tolist(), leaf_won.tolist()
    splits = [node for node in range(len(left)) if left[node] >= 0]
    for node in reversed(splits):
        every[node] = every[left[node]] + every[right[node]]
        won[node] = won[left[node]] + won[right[node]]
    share = [won[0] / every[0]] * len(left)
    for node in splits:
        for child in (left[node], right[node]):
            share[child] = (won[child] + smoothing * share[node]) / (every[child] + smoothing)
    return np.array(share)
