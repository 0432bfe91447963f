"""Figures with their 90 % intervals, by drawing the leads again and again (bootstrap).

Leads that are neighbours in margin make one cell, and there are at most 1,024 cells. Leads that equal one
another are drawn together, as a block. What is drawn is how many blocks of each kind (cell, won leads, lost
leads) there are, so that hundreds of resamples of any number take a moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadlight.model import metrics
from leadlight.model.metrics import Confusion, Flags, Floats
from leadlight.model.repeats import Blocks

RESAMPLES = 200
_CELLS = 1024
_BINS = 10
_COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")


@dataclass(frozen=True)
class Estimate:
    """A figure and the interval that holds it nine times in ten; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, value: float, draws: Floats) -> Estimate:
        """The spread of the draws, laid around the value: resampling has a bias of its own, removed so."""
        draws = draws[np.isfinite(draws)]
        if not np.isfinite(value):
            return cls(None, None, None)
        if not draws.size:
            return cls(_decimals(value), None, None)
        low, high = np.quantile(draws, [0.05, 0.95]) - draws.mean() + value
        return cls(_decimals(value), _decimals(min(low, value)), _decimals(max(high, value)))

    def within(self, least: float, most: float) -> Estimate:
        """The interval cut to what is possible."""
        if self.low is None or self.high is None:
            return self
        return Estimate(self.value, max(self.low, least), min(self.high, most))


@dataclass(frozen=True)
class Cells:
    """Leads grouped by margin, lowest first, with what any figure needs of each group."""

    member: NDArray[np.intp]
    share: Floats
    loss: tuple[Floats, Floats]
    brier: tuple[Floats, Floats]
    line: int

    @classmethod
    def of(cls, margin: Floats, probability: Floats, cut: float, most: int = _CELLS) -> Cells:
        """Ties are never parted, and no cell lies on both sides of the cut."""
        order = np.argsort(margin, kind="stable")
        member = np.empty(len(order), dtype=np.intp)
        member[order] = _numbers(margin[order], cut, most)
        rows = np.bincount(member).astype(np.float64)
        means: list[Floats] = [
            np.bincount(member, weights=each) / rows
            for each in (
                probability,
                *(metrics.log_losses(np.full(len(order), outcome), probability) for outcome in (False, True)),
                *(
                    metrics.brier_losses(np.full(len(order), outcome), probability)
                    for outcome in (False, True)
                ),
            )
        ]
        line = int(member[margin >= cut].min(initial=len(rows)))
        return cls(member, means[0], (means[1], means[2]), (means[3], means[4]), line)

    def figures(self, positive: Floats, negative: Floats) -> dict[str, Floats]:
        """Every figure, for many resamples side by side (a row each)."""
        area = _area(positive, negative)
        confusion = self.confusion(positive, negative)
        return {
            "auc": area,
            "gini": 2 * area - 1,
            "average_precision": _average_precision(positive, negative),
            "log_loss": self._mean(self.loss, positive, negative),
            "brier": self._mean(self.brier, positive, negative),
            "ece": self._ece(positive, negative),
            **metrics.rates(*confusion),
            **dict(zip(_COUNTS, confusion, strict=True)),
        }

    def confusion(self, positive: Floats, negative: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        hits, alarms = positive[:, self.line :].sum(axis=1), negative[:, self.line :].sum(axis=1)
        return hits, alarms, positive.sum(axis=1) - hits, negative.sum(axis=1) - alarms

    def _mean(self, losses: tuple[Floats, Floats], positive: Floats, negative: Floats) -> Floats:
        mean: Floats = (negative @ losses[0] + positive @ losses[1]) / (positive + negative).sum(axis=1)
        return mean

    def _ece(self, positive: Floats, negative: Floats) -> Floats:
        rows = positive + negative
        inside = np.eye(_BINS)[metrics.bin_of(self.share, _BINS)]
        found: Floats = np.abs((rows * self.share - positive) @ inside).sum(axis=1) / rows.sum(axis=1)
        return found


def exact(y: Flags, margin: Floats, probability: Floats, cut: float) -> dict[str, float]:
    """Every figure, without intervals."""
    area = metrics.auc(y, margin)
    confusion = Confusion.of(y, margin >= cut)
    return {
        "auc": area,
        "gini": 2 * area - 1,
        "average_precision": metrics.average_precision(y, margin),
        "log_loss": metrics.log_loss(y, probability),
        "brier": metrics.brier(y, probability),
        "ece": metrics.ece(y, probability, _BINS),
        **confusion.rates,
        **{name: float(getattr(confusion, name)) for name in _COUNTS},
    }


def figures(
    y: Flags, margin: Floats, probability: Floats, cut: float, seed: int, blocks: Blocks | None = None
) -> dict[str, Estimate]:
    """Every figure with its interval; leads of one block are drawn together."""
    values = exact(y, margin, probability, cut)
    if not len(y):
        return {name: Estimate.of(value, np.empty(0)) for name, value in values.items()}
    cells = Cells.of(margin, probability, cut)
    dice = np.random.Generator(np.random.PCG64(seed))
    draws = cells.figures(*drawn(cells.member, len(cells.share), y, blocks, dice))
    return {
        name: Estimate.of(value, draws[name]).within(*bounds(name, len(y))) for name, value in values.items()
    }


def drawn(
    member: NDArray[np.intp], size: int, y: Flags, blocks: Blocks | None, dice: np.random.Generator
) -> tuple[Floats, Floats]:
    """As many blocks as there are, drawn with replacement, a row a resample: won and lost leads by cell."""
    kind, count, cell, won, lost = _kinds(member, y, blocks)
    times = dice.multinomial(int(count.sum()), count / count.sum(), size=RESAMPLES)
    positive, negative = np.empty((RESAMPLES, size)), np.empty((RESAMPLES, size))
    for row, drawn_kinds in enumerate(times):
        often = drawn_kinds[kind]
        positive[row] = np.bincount(cell, often * won, size)
        negative[row] = np.bincount(cell, often * lost, size)
    return positive, negative


def _kinds(member: NDArray[np.intp], y: Flags, blocks: Blocks | None) -> tuple[NDArray[np.intp], ...]:
    """What can be drawn, with how often it is there, and what it adds to which cells.

    Blocks within one cell, with as many won and lost leads, are of one kind; any other is one of its own.
    """
    own = np.arange(len(y)) if blocks is None else np.unique(blocks, return_inverse=True)[1]
    cells = int(member.max()) + 1
    part, place = np.unique(own * cells + member, return_inverse=True)
    block, cell = part // cells, part % cells
    won = np.bincount(place, y).astype(np.intp)
    lost = np.bincount(place) - won
    alone = np.bincount(block)[block] == 1
    wins, losses = int(won.max()) + 1, int(lost.max()) + 1
    alike, count = np.unique((cell[alone] * wins + won[alone]) * losses + lost[alone], return_counts=True)
    rest = np.unique(block[~alone], return_inverse=True)[1]
    return (
        np.append(np.arange(len(alike)), len(alike) + rest),
        np.append(count, np.ones(len(np.unique(rest)), dtype=np.intp)),
        np.append(alike // losses // wins, cell[~alone]),
        np.append(alike // losses % wins, won[~alone]),
        np.append(alike % losses, lost[~alone]),
    )


def bounds(name: str, rows: int) -> tuple[float, float]:
    """Between which values a figure can be."""
    if name == "gini":
        return -1.0, 1.0
    if name == "log_loss":
        return 0.0, np.inf
    return 0.0, float(rows) if name in _COUNTS else 1.0


def _decimals(value: float) -> float:
    """Ten of them: more would tell one processor from another."""
    return round(float(value), 10)


def _numbers(margin: Floats, cut: float, most: int) -> NDArray[np.intp]:
    """The cell of each row, margins rising: distinct margins, joined where there are too many."""
    new = np.append(True, margin[1:] > margin[:-1])
    if new.sum() > most:
        first = np.maximum.accumulate(np.where(new, np.arange(len(margin)), 0))
        part = first * most // len(margin)
        new = np.append(True, part[1:] > part[:-1])
    above = margin >= cut
    new[1:] |= above[1:] & ~above[:-1]
    return np.cumsum(new) - 1


def _area(positive: Floats, negative: Floats) -> Floats:
    below = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        area: Floats = (positive * below).sum(axis=1) / pairs
    return area


def _average_precision(positive: Floats, negative: Floats) -> Floats:
    hits = np.cumsum(positive[:, ::-1], axis=1)
    calls = np.maximum(hits + np.cumsum(negative[:, ::-1], axis=1), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = (positive[:, ::-1] * (hits / calls)).sum(axis=1) / positive.sum(axis=1)
    return found
