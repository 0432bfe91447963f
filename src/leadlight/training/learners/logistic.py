"""Logistic regression on the codes, each its own column, and on straight lines through the numbers.

All of it compiles to a table a feature. A line needs fewer leads than steps do, and many columns say little
or nothing: the penalty on the cells of each feature is as strong as makes the leads most likely. So steps
say what the line cannot, and a column of chance says next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from statistics import NormalDist
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from leadlight.model.encode import Codes, Encoder, Feature, support_for
from leadlight.model.points import Points
from leadlight.training.learners.settings import DEFAULT, Grid, Settings
from leadlight.training.learners.spread import LEAST, left_over, likeliest

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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
"""What stands in the column of a bin at first: the penalty on a step is six times that on a level."""
AS_IF_SEEN: Final = 1e6
"""How surely a level is known that no lead has: as if from so many."""
FEWEST_BINS: Final = 3
REACH: Final = 4.0
"""Spreads from the middle beyond which a line goes on level."""
SHARES_OF_L1: Final = {"l1": 1.0, "l2": 0.0, "elasticnet": 0.5}

Learn = Callable[["csr_matrix"], np.ndarray]


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Points:
    """Twice: by what the cells of a feature say at first it is known how far they spread."""
    chosen = {**SETTINGS, **settings}
    design = Design(codes, encoder.features)
    learn = partial(_weights, outcome=outcome, weight=weight, settings=chosen, seed=seed)
    first = [STEP if k in design.lined else 1.0 for k in range(len(encoder.features))]
    points, said = design.learnt(first, learn)
    expected = float(chosen["C"])
    spreads = design.spreads(said, *left_over(outcome, points.margin(codes), weight), expected)
    points, _ = design.learnt([(spread / expected) ** 0.5 for spread in spreads], learn)
    return points.centred(codes)


@dataclass(frozen=True)
class Design:
    """What stands in the matrix for each lead: a cell of each feature, and its places on lines."""

    codes: Codes
    features: Sequence[Feature]

    @cached_property
    def cells(self) -> list[np.ndarray]:
        """For each feature the cell that each of its codes is: a level, or a bin of a number."""
        every = enumerate(self.features)
        return [coarser(self.codes[:, k], each.size, each.is_ordered) for k, each in every]

    @cached_property
    def places(self) -> list[np.ndarray]:
        """For each feature the cell of each lead."""
        return [cell.take(self.codes[:, k]) for k, cell in enumerate(self.cells)]

    @cached_property
    def counts(self) -> list[np.ndarray]:
        """For each feature how many leads each cell has."""
        every = zip(self.places, self.cells, strict=True)
        return [np.bincount(place, minlength=int(cell.max()) + 1) for place, cell in every]

    @cached_property
    def has_support(self) -> list[np.ndarray]:
        """For each feature which cells have leads enough to say something of their own."""
        return [counts >= support_for(len(self.codes)) for counts in self.counts]

    @cached_property
    def lines(self) -> list[tuple[int, np.ndarray]]:
        """Features with where their codes stand on a line."""
        every = enumerate(self.features)
        return [(k, line) for k, feature in every for line in _lines(self.codes[:, k], feature)]

    @cached_property
    def lined(self) -> set[int]:
        """Features that have lines, so that their bins are steps beside them."""
        return {k for k, _ in self.lines}

    def learnt(self, scales: Sequence[float], learn: Learn) -> tuple[Points, list[np.ndarray]]:
        """With so much in the cells of each feature; also what each cell says beside the lines."""
        amounts = [self._amounts(k, scale) for k, scale in enumerate(scales)]
        starts = np.cumsum([0, *(len(amount) for amount in amounts)]).tolist()
        always = starts[-1]
        weights = learn(self._matrix(starts, amounts))
        said = [weights[start : start + len(a)] * a for start, a in zip(starts[:-1], amounts, strict=True)]
        filled = [self._with_untold(k, values) for k, values in enumerate(said)]
        tables = [values[cell] for values, cell in zip(filled, self.cells, strict=True)]
        for column, (k, line) in enumerate(self.lines, always + 1):
            tables[k] = tables[k] + weights[column] * line
        return Points.of(ALWAYS * float(weights[always]), tables), said

    def _matrix(self, starts: Sequence[int], amounts: Sequence[np.ndarray]) -> csr_matrix:
        """One row a lead, with an entry for its cell of each feature, for always, and for each line."""
        from scipy.sparse import csr_matrix

        always, width = len(amounts), len(amounts) + 1 + len(self.lines)
        columns = np.empty((len(self.codes), width), dtype=np.int32)
        values = np.empty(columns.shape)
        for k, (place, amount) in enumerate(zip(self.places, amounts, strict=True)):
            columns[:, k], values[:, k] = starts[k] + place, amount.take(place)
        columns[:, always], values[:, always] = starts[-1], ALWAYS
        for at, (k, line) in enumerate(self.lines, 1):
            columns[:, always + at], values[:, always + at] = starts[-1] + at, line.take(self.codes[:, k])
        rows = np.arange(len(self.codes) + 1, dtype=np.int32) * width
        return csr_matrix((values.ravel(), columns.ravel(), rows))

    def _amounts(self, k: int, scale: float) -> np.ndarray:
        """What stands in each cell of a feature; that a number is missing counts as a level."""
        amounts = np.full(len(self.counts[k]), scale)
        if k in self.lined:
            amounts[0] = 1.0
        return np.where(self.has_support[k], amounts, 0.0)

    def _with_untold(self, k: int, values: np.ndarray) -> np.ndarray:
        """Cells of too few leads say what the others say on average."""
        counts = np.where(self.has_support[k], self.counts[k], 0)
        return np.where(self.has_support[k], values, counts @ values / max(1, counts.sum()))

    def spreads(
        self, said: Sequence[np.ndarray], left: np.ndarray, curvature: np.ndarray, expected: float
    ) -> list[float]:
        """The variance of what the cells of each feature say, as far as leads tell.

        Steps beside a line may say nothing at all. Levels can be too few to tell: it is as if one more were
        known, as far off as the penalty expects.
        """
        found = []
        for k, (values, place) in enumerate(zip(said, self.places, strict=True)):
            supported = self.has_support[k].copy()
            supported[0] &= k not in self.lined
            strength = np.bincount(place, curvature, len(values))[supported]
            root = np.sqrt(np.maximum(strength, LEAST))
            seen = root * values[supported] + np.bincount(place, left, len(values))[supported] / root
            if k not in self.lined:
                strength = np.append(strength, AS_IF_SEEN)
                seen = np.append(seen, (AS_IF_SEEN * expected) ** 0.5)
            found.append(likeliest(strength, seen))
        return found


def _weights(
    matrix: csr_matrix, outcome: np.ndarray, weight: np.ndarray | None, settings: Settings, seed: int
) -> np.ndarray:
    """The weight of each column of the matrix."""
    model = _regression(settings, seed)
    with LIBLINEAR if model.solver == "liblinear" else nullcontext():
        model.fit(matrix, outcome, sample_weight=weight)
    weights: np.ndarray = model.coef_[0]
    return weights


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


def coarser(codes: np.ndarray, size: int, is_ordered: bool, bins: int | None = None) -> np.ndarray:
    """Fewer, equally filled bins for a number: unless has_support, so many that each has leads enough."""
    if bins is None:
        bins = max(FEWEST_BINS, min(BINS, len(codes) // (2 * support_for(len(codes)))))
    if not is_ordered or size <= bins + 1:
        return np.arange(size)
    counts = np.bincount(codes, minlength=size)[1:]
    middle = (np.cumsum(counts) - counts / 2) / max(1, counts.sum())
    place = np.minimum((middle * bins).astype(np.int64), bins - 1)
    bins_of: np.ndarray = np.r_[0, 1 + np.unique(place, return_inverse=True)[1]]
    return bins_of
