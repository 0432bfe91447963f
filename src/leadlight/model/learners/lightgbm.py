"""Gradient boosted trees: small leaves, few columns a split, slow steps."""

from __future__ import annotations

from typing import Final

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.learners.boosting import boost
from leadlight.model.trees import Trees

ROUNDS: Final = 600
SETTINGS: Final = {"learning_rate": 0.04, "num_leaves": 8, "feature_fraction_bynode": 0.2, "lambda_l2": 5.0}


def fit(
    codes: Codes, outcome: np.ndarray, encoder: Encoder, *, seed: int = 0, weight: np.ndarray | None = None
) -> Trees:
    return boost(codes, outcome, ROUNDS, {**SETTINGS, "seed": seed}, weight=weight)
