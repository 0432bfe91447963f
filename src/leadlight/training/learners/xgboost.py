"""Boosted trees by XGBoost: as many leaves as LightGBM's, few columns a split, slow steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from leadlight.errors import DependencyError
from leadlight.model.encode import Codes, Encoder
from leadlight.model.probability import logit
from leadlight.model.trees import Trees
from leadlight.training.learners.boosting import ROWS_FOR_THREADS
from leadlight.training.learners.grown import Grown, trees_of
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "rounds": 600,
    "learning_rate": 0.04,
    "max_leaves": 8,
    "colsample_bynode": 0.2,
    "reg_lambda": 5.0,
    "min_child_weight": 1.0,
}
SPACE: Final[Space] = {
    "rounds": Span(150, 1200, log=True),
    "learning_rate": Span(0.01, 0.15, log=True),
    "max_leaves": Span(3, 31, log=True),
    "colsample_bynode": Span(0.1, 1.0),
    "reg_lambda": Span(0.1, 100.0, log=True),
    "min_child_weight": Span(0.1, 20.0, log=True),
}
FIXED: Final[Mapping[str, Any]] = {
    "objective": "binary:logistic",
    "booster": "gbtree",
    "tree_method": "hist",
    "grow_policy": "lossguide",
    "max_depth": 0,
    "max_bin": 512,
    "verbosity": 0,
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
    xgboost = library()
    chosen = {**SETTINGS, **settings}
    rounds = int(chosen.pop("rounds"))
    rate = float(np.average(outcome, weights=weight))
    threads = 1 if len(codes) < ROWS_FOR_THREADS else 0
    data = xgboost.DMatrix(codes.astype(np.float32), outcome, weight=weight, nthread=threads)
    every = {**FIXED, "base_score": rate, "seed": seed, "nthread": threads, **chosen}
    booster = xgboost.train(every, data, rounds)
    return of_booster(booster, data, rate)


def of_booster(booster: Any, data: Any, rate: float) -> Trees:
    """The trees of a booster that started at this share of won leads, and the rows of the data in them."""
    model = json.loads(bytes(booster.save_raw("json")))
    trees = model["learner"]["gradient_booster"]["model"]["trees"]
    places = booster.predict(data, pred_leaf=True).astype(np.int64).reshape(-1, len(trees))
    grown = [_grown(tree, place) for tree, place in zip(trees, places.T, strict=True)]
    return trees_of(grown, data.num_col(), start=float(logit(rate)))


def _grown(tree: Mapping[str, Any], place: np.ndarray) -> Grown:
    """A code below the condition goes left; the condition of a leaf is its value."""
    condition = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    return Grown(
        feature=np.array(tree["split_indices"]),
        threshold=np.ceil(condition) - 1,
        left=np.array(tree["left_children"]),
        right=np.array(tree["right_children"]),
        value=condition,
        rows=np.bincount(place, minlength=len(condition)),
    )


def library() -> Any:
    try:
        import xgboost
    except ImportError:
        raise DependencyError(
            "The model xgboost needs XGBoost, which is not installed.",
            code="no_xgboost",
            hint="Install it: pip install 'leadlight[xgboost]'",
        ) from None
    return xgboost
