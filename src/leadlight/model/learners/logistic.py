"""Logistic regression on the codes, each its own column; it compiles to a table a feature."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Lock
from typing import Any, Final

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.learners.settings import DEFAULT, Grid, Settings
from leadlight.model.points import Points

BINS = 16
SETTINGS: Final[Settings] = {"solver": "liblinear", "penalty": "l2", "C": 0.3}
WAYS: Final = (
    ("liblinear", "l2"),
    ("lbfgs", "l2"),
    ("saga", "elasticnet"),
    ("liblinear", "l1"),
    ("saga", "l1"),
    ("saga", "l2"),
)
GRID: Final[Grid] = tuple(
    {"solver": solver, "penalty": penalty, "C": C}
    for C in (0.3, 0.1, 1.0, 0.03, 3.0, 0.01)
    for solver, penalty in WAYS
)
TOLERANCE: Final = {"liblinear": 1e-4, "lbfgs": 1e-4, "saga": 1e-3}
ROUNDS: Final = 2000
ALWAYS: Final = 5.0
"""What stands in the column of the intercept: the penalty hardly reaches it, and saga finds it at once."""
LIBLINEAR: Final = Lock()
"""Its dice are one for the whole process: two threads at once would draw from each other's."""
SHARES_OF_L1: Final = {"l1": 1.0, "l2": 0.0, "elasticnet": 0.5}


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Points:
    from scipy.sparse import csr_matrix

    bins = [
        coarser(codes[:, k], feature.size, feature.is_ordered) for k, feature in enumerate(encoder.features)
    ]
    starts = np.concatenate([[0], np.cumsum([int(part.max()) + 1 for part in bins])])
    columns = np.column_stack(
        [start + part.take(codes[:, k]) for k, (start, part) in enumerate(zip(starts, bins, strict=False))]
    )
    always = int(starts[-1])
    columns = np.column_stack([columns, np.full(len(codes), always)])
    rows = np.arange(len(codes) + 1) * columns.shape[1]
    ones = np.where(columns == always, ALWAYS, 1.0)
    matrix = csr_matrix((ones.ravel(), columns.ravel(), rows), shape=(len(codes), always + 1))
    model = _regression({**SETTINGS, **settings}, seed)
    with LIBLINEAR if model.solver == "liblinear" else nullcontext():
        model.fit(matrix, outcome, sample_weight=weight)
    weights = model.coef_[0]
    tables = [weights[start + part] for start, part in zip(starts, bins, strict=False)]
    return Points.of(ALWAYS * float(weights[always]), tables).centred(codes)


def _regression(settings: Settings, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    solver = str(settings["solver"])
    return LogisticRegression(
        C=settings["C"],
        l1_ratio=SHARES_OF_L1[str(settings["penalty"])],
        solver=solver,
        fit_intercept=False,
        tol=TOLERANCE[solver],
        max_iter=ROUNDS,
        random_state=seed,
    )


def coarser(codes: np.ndarray, size: int, is_ordered: bool, bins: int = BINS) -> np.ndarray:
    """Fewer, equally filled bins for a number, so that a line can be drawn through little data."""
    if not is_ordered or size <= bins + 1:
        return np.arange(size)
    counts = np.bincount(codes, minlength=size)[1:]
    middle = (np.cumsum(counts) - counts / 2) / max(1, counts.sum())
    place = np.minimum((middle * bins).astype(np.int64), bins - 1)
    bins_of: np.ndarray = np.r_[0, 1 + np.unique(place, return_inverse=True)[1]]
    return bins_of
