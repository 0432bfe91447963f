"""Gradient boosted trees: small leaves, few columns a split, slow steps."""

from __future__ import annotations

from typing import Final

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.trees import Trees
from leadlight.training.learners.boosting import boost
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "rounds": 600,
    "learning_rate": 0.04,
    "num_leaves": 8,
    "feature_fraction_bynode": 0.2,
    "lambda_l2": 5.0,
    "min_data_in_leaf": 20,
}
DEEP: Final[Settings] = {
    **SETTINGS,
    "rounds": 700,
    "learning_rate": 0.03,
    "num_leaves": 31,
    "feature_fraction_bynode": 0.6,
    "lambda_l2": 2.0,
    "min_data_in_leaf": 3,
}
"""For columns that say much together: better there, worse where each speaks for itself."""
SPACE: Final[Space] = {
    "rounds": Span(150, 1200, log=True),
    "learning_rate": Span(0.01, 0.15, log=True),
    "num_leaves": Span(3, 31, log=True),
    "feature_fraction_bynode": Span(0.1, 1.0),
    "lambda_l2": Span(0.1, 100.0, log=True),
    "min_data_in_leaf": Span(5, 100, log=True),
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
    chosen = {**SETTINGS, "seed": seed, **settings}
    return boost(codes, outcome, int(chosen.pop("rounds")), chosen, weight=weight)


def fit_deep(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Trees:
    return fit(codes, outcome, encoder, seed=seed, weight=weight, settings={**DEEP, **settings})
