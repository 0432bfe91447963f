"""One decision tree, grown where that tells most; the share of each node is drawn towards its parent's."""

from __future__ import annotations

from typing import Final

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.trees import DEEPEST, Trees
from leadlight.training.learners.forest import with_log_odds
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "max_leaf_nodes": 40,
    "min_samples_leaf": 20,
    "criterion": "entropy",
    "smoothing": 20.0,
}
SPACE: Final[Space] = {
    "max_leaf_nodes": Span(8, 160, log=True),
    "min_samples_leaf": Span(5, 100, log=True),
    "criterion": ("entropy", "gini"),
    "smoothing": Span(0.3, 100.0, log=True),
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
    from sklearn.tree import DecisionTreeClassifier

    chosen = {**SETTINGS, **settings}
    smoothing = float(chosen.pop("smoothing"))
    weight = np.ones(len(outcome)) if weight is None else weight
    model = DecisionTreeClassifier(**chosen, max_depth=DEEPEST, random_state=seed)
    model.fit(codes.astype(np.float32), outcome, sample_weight=weight)
    return with_log_odds([model.tree_], codes, outcome, weight, smoothing)
