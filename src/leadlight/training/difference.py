"""Two models on the same leads: how far apart, and how sure that is.

The leads are the same for both, so what is hard about them cancels out: a difference is far surer than the
two figures themselves. AUC by DeLong's method, log loss and Brier score lead by lead, all else by drawing the
leads again and again. Leads of one block (equal ones) come and go together: errors are summed up by block
first (for the area as Obuchowski does, 1997), and a block is drawn as one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from leadlight.model import metrics
from leadlight.model.metrics import NINETY, Flags, Floats
from leadlight.model.probability import probability
from leadlight.model.repeats import Blocks
from leadlight.model.resample import Cells, drawn, exact

LOWER_IS_BETTER = frozenset({"log_loss", "brier", "ece"})

Rate = Callable[[Floats, Floats, Floats, Floats], Floats]
"""A figure made of true positives, false positives, false negatives and true negatives."""

_BY_RANK, _CELLS = frozenset({"average_precision", "ece"}), 128


@dataclass(frozen=True)
class Difference:
    """The first model's figure less the second's; nan where it is not defined."""

    difference: float
    low: float
    high: float
    standard_error: float

    def to_json(self) -> dict[str, Any]:
        return {name: value if math.isfinite(value) else None for name, value in asdict(self).items()}


def paired_difference(
    y: ArrayLike,
    margin_a: ArrayLike,
    margin_b: ArrayLike,
    metric: str | Rate = "auc",
    seed: int = 0,
    *,
    cuts: tuple[float | None, float | None] = (None, None),
    folds: ArrayLike | None = None,
    blocks: ArrayLike | None = None,
) -> Difference:
    """Of two models' margins (log-odds); a cut that is not given is where precision and recall meet.

    With folds it is the mean over them, each fold by its leads: models of different folds are never ranked
    against one another. A fold with a single lead of one outcome cannot say how sure it is, and is left out.
    """
    outcome, first, second = metrics.flags(y), np.asarray(margin_a, float), np.asarray(margin_b, float)
    lines = tuple(
        metrics.meeting_point(outcome, margin) if cut is None else cut
        for cut, margin in zip(cuts, (first, second), strict=True)
    )
    block = np.arange(len(outcome)) if blocks is None else np.unique(blocks, return_inverse=True)[1]
    if folds is None:
        return _difference(outcome, first, second, metric, seed, lines, block)
    fold = np.asarray(folds)
    parts = [
        (held.sum(), _difference(outcome[held], first[held], second[held], metric, seed, lines, block[held]))
        for held in (fold == each for each in np.unique(fold))
    ]
    told = [(float(rows), part) for rows, part in parts if math.isfinite(part.difference)]
    sure = [each for each in told if math.isfinite(each[1].standard_error)]
    return _combined(sure or told)


def paired_standard_error(
    y: ArrayLike,
    margin_a: ArrayLike,
    margin_b: ArrayLike,
    metric: str | Rate = "auc",
    seed: int = 0,
    *,
    folds: ArrayLike | None = None,
) -> float:
    """The standard error of the difference alone."""
    return paired_difference(y, margin_a, margin_b, metric, seed, folds=folds).standard_error


def _difference(
    y: Flags,
    first: Floats,
    second: Floats,
    metric: str | Rate,
    seed: int,
    cuts: tuple[float, ...],
    block: Blocks,
) -> Difference:
    if metric in ("auc", "gini"):
        return _normal(*_delong(y, first, second, block), factor=2.0 if metric == "gini" else 1.0)
    if metric in ("log_loss", "brier"):
        losses = metrics.log_losses if metric == "log_loss" else metrics.brier_losses
        apart = losses(y, probability(first)) - losses(y, probability(second))
        return _normal(float(apart.mean()), _spread_of_sums(_influence(apart), block))
    return _drawn(y, first, second, metric, seed, cuts, block)


def _normal(difference: float, error: float, factor: float = 1.0) -> Difference:
    difference, error = factor * difference, factor * error
    return Difference(difference, difference - NINETY * error, difference + NINETY * error, error)


def _combined(parts: list[tuple[float, Difference]]) -> Difference:
    rows = sum(part[0] for part in parts)
    if not rows:
        return _normal(math.nan, math.nan)
    difference = sum(count * part.difference for count, part in parts) / rows
    return _normal(difference, math.hypot(*(count * part.standard_error for count, part in parts)) / rows)


def _delong(y: Flags, first: Floats, second: Floats, block: Blocks) -> tuple[float, float]:
    """Difference of the areas and its standard error (DeLong, DeLong and Clarke-Pearson 1988)."""
    if y.all() or not y.any():
        return math.nan, math.nan
    won, kept = (one - other for one, other in zip(_placed(y, first), _placed(y, second), strict=True))
    influence = np.empty(len(y))
    influence[y], influence[~y] = _influence(won), _influence(kept)
    return float(won.mean()), _spread_of_sums(influence, block)


def _placed(y: Flags, margin: Floats) -> tuple[Floats, Floats]:
    """For each who converted, the share of the others ranked below; for each other, of these ranked above."""
    positive, negative = margin[y], margin[~y]
    return _below(positive, negative), 1.0 - _below(negative, positive)


def _below(places: Floats, among: Floats) -> Floats:
    among, order = np.sort(among), np.argsort(places)
    counts = np.empty(len(places))
    counts[order] = sum(np.searchsorted(among, places[order], side=side) for side in ("left", "right"))
    found: Floats = counts / (2 * len(among))
    return found


def _influence(values: Floats) -> Floats:
    """What each value adds to the doubt about their mean; nan where there is but one."""
    rows = len(values)
    if rows < 2:
        return np.full(rows, math.nan)
    found: Floats = (values - values.mean()) / math.sqrt(rows * (rows - 1))
    return found


def _spread_of_sums(influence: Floats, block: Blocks) -> float:
    """The standard error, where what leads of one block add is summed up first."""
    return float(np.sqrt((np.bincount(block, influence) ** 2).sum()))


def _drawn(
    y: Flags,
    first: Floats,
    second: Floats,
    metric: str | Rate,
    seed: int,
    cuts: tuple[float, ...],
    block: Blocks,
) -> Difference:
    """By resampling pairs of cells, so that both models see the same leads each time.

    What only depends on the line needs no finer cells than its two sides.
    """
    if not len(y):
        return _normal(math.nan, math.nan)
    most = _CELLS if metric in _BY_RANK else 1
    cells = [
        Cells.of(margin, probability(margin), cut, most)
        for margin, cut in zip((first, second), cuts, strict=True)
    ]
    pairs, member = np.unique(cells[0].member * len(y) + cells[1].member, return_inverse=True)
    both = drawn(member, len(pairs), y, block, np.random.Generator(np.random.PCG64(seed)))
    owners = (pairs // len(y), pairs % len(y))
    draws = [
        _figure(each, metric, *(_summed(counts, owner, len(each.share)) for counts in both))
        for each, owner in zip(cells, owners, strict=True)
    ]
    apart = draws[0] - draws[1]
    apart = apart[np.isfinite(apart)]
    values = [_exact(y, margin, metric, cut) for margin, cut in zip((first, second), cuts, strict=True)]
    return _spread(values[0] - values[1], apart)


def _spread(difference: float, draws: Floats) -> Difference:
    if len(draws) < 2:
        return Difference(difference, math.nan, math.nan, math.nan)
    low, high = np.quantile(draws, [0.05, 0.95]) - draws.mean() + difference
    return Difference(difference, float(low), float(high), float(draws.std(ddof=1)))


def _summed(counts: Floats, owner: Floats, size: int) -> Floats:
    """Counts of pairs of cells as counts of one model's cells, a row a resample."""
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(size))
    found: Floats = np.add.reduceat(counts[:, order], starts, axis=1)
    return found


def _figure(cells: Cells, metric: str | Rate, positive: Floats, negative: Floats) -> Floats:
    if callable(metric):
        return metric(*cells.confusion(positive, negative))
    return cells.figures(positive, negative)[metric]


def _exact(y: Flags, margin: Floats, metric: str | Rate, cut: float) -> float:
    if not callable(metric):
        return exact(y, margin, probability(margin), cut)[metric]
    found = metrics.Confusion.of(y, margin >= cut)
    counts = (found.true_positive, found.false_positive, found.false_negative, found.true_negative)
    return float(metric(*(np.array([float(count)]) for count in counts))[0])
