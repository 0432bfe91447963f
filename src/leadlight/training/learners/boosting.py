"""One round of LightGBM on codes, set so that the same rows and seed give the same trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from leadlight.model.encode import Codes
from leadlight.model.trees import Trees, of_booster

ROWS_FOR_THREADS: Final = 50_000
"""Below this, threads cost more than they give; the trees are the same with any number of them."""

SETTINGS: Final[Mapping[str, Any]] = {
    "objective": "binary",
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
    "max_bin": 255,
    "min_data_in_bin": 1,
    "min_data_in_leaf": 20,
    "feature_pre_filter": False,
}


def boost(
    codes: Codes,
    outcome: np.ndarray,
    rounds: int,
    settings: Mapping[str, Any],
    *,
    weight: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> Trees:
    """Learn trees on codes, from a given margin on if there is one."""
    import lightgbm

    every = {**SETTINGS, "num_threads": 1 if len(codes) < ROWS_FOR_THREADS else 0, **settings}
    data = lightgbm.Dataset(
        codes.astype(np.float32), outcome, weight=weight, init_score=start, params=every, free_raw_data=True
    )
    booster = lightgbm.train(every, data, num_boost_round=rounds, keep_training_booster=True)
    return of_booster(booster, codes.shape[1])
