"""Logistic regression on the codes, each its own column, and on straight lines through the numbers.

All of it compiles to a table a feature. A line needs fewer leads than steps do: steps are held to be small,
so that they say what the line cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from statistics import NormalDist
from threading import Lock
from typing import Any, Final

import numpy as np

from leadlight.model.encode import Codes, Encoder, Feature
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
STEP: Final = 0.4
"""What stands in the column of a bin: the penalty on a step of a number is six times that on a level."""
FEWEST_BINS: Final = 3
REACH: Final = 4.0
"""Spreads from the middle beyond which a line goes on level."""
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
    features = encoder.features
    bins = [coarser(codes[:, k], feature.size, feature.is_ordered) for k, feature in enumerate(features)]
    starts = np.cumsum([0, *(int(part.max()) + 1 for part in bins)]).tolist()
    steps = [_steps(feature) for feature in features]
    lines = [(k, line) for k, feature in enumerate(features) for line in _lines(codes[:, k], feature)]
    cells = [
        (starts[k] + bins[k].take(codes[:, k]), steps[k].take(codes[:, k])) for k in range(len(features))
    ]
    always = starts[-1]
    cells.append((np.full(len(codes), always), np.full(len(codes), ALWAYS)))
    cells += [
        (np.full(len(codes), place), line.take(codes[:, k]))
        for place, (k, line) in enumerate(lines, always + 1)
    ]
    weights = _weights(cells, outcome, weight, {**SETTINGS, **settings}, seed)
    tables = [weights[starts[k] + bins[k]] * steps[k] for k in range(len(features))]
    for place, (k, line) in enumerate(lines, always + 1):
        tables[k] = tables[k] + weights[place] * line
    return Points.of(ALWAYS * float(weights[always]), tables).centred(codes)


def _weights(
    cells: Sequence[tuple[np.ndarray, np.ndarray]],
    outcome: np.ndarray,
    weight: np.ndarray | None,
    settings: Settings,
    seed: int,
) -> np.ndarray:
    """The weight of each column of a sparse matrix, of which each row has one cell of each kind."""
    from scipy.sparse import csr_matrix

    columns, values = (np.column_stack(part) for part in zip(*cells, strict=True))
    rows = np.arange(len(outcome) + 1) * len(cells)
    matrix = csr_matrix((values.ravel(), columns.ravel(), rows))
    model = _regression(settings, seed)
    with LIBLINEAR if model.solver == "liblinear" else nullcontext():
        model.fit(matrix, outcome, sample_weight=weight)
    weights: np.ndarray = model.coef_[0]
    return weights


def _steps(feature: Feature) -> np.ndarray:
    """What stands in the column of each code."""
    steps = np.ones(feature.size)
    if feature.is_ordered:
        steps[1:] = STEP
    return steps


def _lines(codes: np.ndarray, feature: Feature) -> list[np.ndarray]:
    """For each code its place by rank and by value, about 0 with a spread of 1; missing is in the middle."""
    if not feature.is_ordered or feature.size - 1 < FEWEST_BINS:
        return []
    counts = np.bincount(codes, minlength=feature.size)[1:] / max(1, len(codes))
    middle = (np.cumsum(counts) - counts / 2) / max(counts.sum(), 1e-9)
    edges = feature.cuts
    inner = edges[:-1] / 2 + edges[1:] / 2
    with np.errstate(over="ignore"):
        by_value = np.r_[2 * edges[0] - inner[0], inner, 2 * edges[-1] - inner[-1]]
    by_rank = np.array([NormalDist().inv_cdf(min(max(share, 0.001), 0.999)) for share in middle])
    return [np.r_[0.0, _standard(place, counts)] for place in (by_rank, by_value)]


def _standard(place: np.ndarray, counts: np.ndarray) -> np.ndarray:
    share = counts / max(counts.sum(), 1e-9)
    with np.errstate(over="ignore", invalid="ignore"):
        away = place - share @ place
        spread = float(np.sqrt(share @ away**2))
    if not 0 < spread < np.inf:
        return np.zeros(len(place))
    standard: np.ndarray = np.clip(away / spread, -REACH, REACH)
    return standard


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
