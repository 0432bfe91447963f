"""Logistic regression (liblinear) on the codes, each its own column; it compiles to a table a feature."""

from __future__ import annotations

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.points import Points

BINS = 16
STRENGTH = 0.3


def fit(
    codes: Codes, outcome: np.ndarray, encoder: Encoder, *, seed: int = 0, weight: np.ndarray | None = None
) -> Points:
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression

    bins = [
        coarser(codes[:, k], feature.size, feature.is_ordered) for k, feature in enumerate(encoder.features)
    ]
    starts = np.concatenate([[0], np.cumsum([int(part.max()) + 1 for part in bins])])
    columns = np.column_stack(
        [start + part.take(codes[:, k]) for k, (start, part) in enumerate(zip(starts, bins, strict=False))]
    )
    rows = np.arange(len(codes) + 1) * columns.shape[1]
    matrix = csr_matrix((np.ones(columns.size), columns.ravel(), rows), shape=(len(codes), int(starts[-1])))
    model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=seed)
    model.fit(matrix, outcome, sample_weight=weight)
    weights = model.coef_[0]
    tables = [weights[start + part] for start, part in zip(starts, bins, strict=False)]
    return Points.of(float(model.intercept_[0]), tables).centred(codes)


def coarser(codes: np.ndarray, size: int, is_ordered: bool, bins: int = BINS) -> np.ndarray:
    """Fewer, equally filled bins for a number, so that a line can be drawn through little data."""
    if not is_ordered or size <= bins + 1:
        return np.arange(size)
    counts = np.bincount(codes, minlength=size)[1:]
    middle = (np.cumsum(counts) - counts / 2) / max(1, counts.sum())
    place = np.minimum((middle * bins).astype(np.int64), bins - 1)
    bins_of: np.ndarray = np.r_[0, 1 + np.unique(place, return_inverse=True)[1]]
    return bins_of
