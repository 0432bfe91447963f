"""How good margins and probabilities are: exact figures, ties included.

`y` holds outcomes (true or 1: converted), `margin` anything that ranks, `call` whether a lead is above the
line. What is not defined (an AUC without both outcomes, a precision with nothing called) is nan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

NINETY = 1.6448536269514722
"""A normal variable is within this many standard deviations nine times in ten."""

_SMALLEST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Confusion:
    """Leads by what was called and what came true."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @classmethod
    def of(cls, y: ArrayLike, call: ArrayLike) -> Confusion:
        outcome, called = flags(y), flags(call)
        hits, calls, positives = int((outcome & called).sum()), int(called.sum()), int(outcome.sum())
        return cls(hits, calls - hits, positives - hits, len(outcome) - calls - positives + hits)

    @property
    def rates(self) -> dict[str, float]:
        """Accuracy, precision, recall, F1 of both outcomes."""
        counts = (self.true_positive, self.false_positive, self.false_negative, self.true_negative)
        return {name: float(rate) for name, rate in rates(*(np.float64(count) for count in counts)).items()}


def rates(
    hits: Floats | np.float64,
    alarms: Floats | np.float64,
    missed: Floats | np.float64,
    rest: Floats | np.float64,
) -> dict[str, Floats]:
    """Accuracy, precision, recall, F1 of both outcomes, for one confusion or for many side by side."""
    return {
        "accuracy": _ratio(hits + rest, hits + alarms + missed + rest),
        "precision": _ratio(hits, hits + alarms),
        "recall": _ratio(hits, hits + missed),
        "f1": _ratio(2 * hits, 2 * hits + alarms + missed),
        "f1_negative": _ratio(2 * rest, 2 * rest + alarms + missed),
    }


def accuracy(y: ArrayLike, call: ArrayLike) -> float:
    return Confusion.of(y, call).rates["accuracy"]


def precision(y: ArrayLike, call: ArrayLike) -> float:
    return Confusion.of(y, call).rates["precision"]


def recall(y: ArrayLike, call: ArrayLike) -> float:
    return Confusion.of(y, call).rates["recall"]


def f1(y: ArrayLike, call: ArrayLike) -> float:
    return Confusion.of(y, call).rates["f1"]


def f1_negative(y: ArrayLike, call: ArrayLike) -> float:
    return Confusion.of(y, call).rates["f1_negative"]


def auc(y: ArrayLike, margin: ArrayLike) -> float:
    """The chance that a lead who converted is ranked above one who did not; a tie is half."""
    _, positive, negative = steps(y, margin)
    pairs = positive.sum() * negative.sum()
    return float(positive @ (np.cumsum(negative) - negative / 2) / pairs) if pairs else math.nan


def gini(y: ArrayLike, margin: ArrayLike) -> float:
    return 2.0 * auc(y, margin) - 1.0


def average_precision(y: ArrayLike, margin: ArrayLike) -> float:
    """Precision averaged over the leads who converted, best first."""
    _, positive, negative = steps(y, margin)
    if not positive.sum():
        return math.nan
    hits, calls = np.cumsum(positive[::-1]), np.cumsum((positive + negative)[::-1])
    return float(positive[::-1] @ (hits / calls) / positive.sum())


def log_loss(y: ArrayLike, probability: ArrayLike) -> float:
    return float(log_losses(y, probability).mean()) if np.size(y) else math.nan


def log_losses(y: ArrayLike, probability: ArrayLike) -> Floats:
    """Lead by lead."""
    share = np.clip(np.asarray(probability, dtype=np.float64), _SMALLEST, 1.0 - _SMALLEST)
    return -np.log(np.where(flags(y), share, 1.0 - share))


def brier(y: ArrayLike, probability: ArrayLike) -> float:
    return float(brier_losses(y, probability).mean()) if np.size(y) else math.nan


def brier_losses(y: ArrayLike, probability: ArrayLike) -> Floats:
    """Lead by lead."""
    return np.square(np.asarray(probability, dtype=np.float64) - flags(y))


def ece(y: ArrayLike, probability: ArrayLike, bins: int = 10) -> float:
    """How far predicted and observed rates are apart, over bins of equal width, each by its leads."""
    share = np.asarray(probability, dtype=np.float64)
    if not share.size:
        return math.nan
    return float(np.abs(np.bincount(bin_of(share, bins), weights=share - flags(y))).sum() / share.size)


def bin_of(probability: Floats, bins: int) -> NDArray[np.intp]:
    """The bin of equal width that each probability is in."""
    return np.minimum((probability * bins).astype(np.intp), bins - 1)


def value(y: ArrayLike, call: ArrayLike, call_cost: float, deal_value: float) -> float:
    """What calling these leads brings, per lead: deals won less the cost of the calls."""
    found = Confusion.of(y, call)
    calls = found.true_positive + found.false_positive
    return (found.true_positive * deal_value - calls * call_cost) / max(np.size(y), 1)


def steps(y: ArrayLike, margin: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """The distinct margins, rising, and how many leads at each did and did not convert."""
    places = np.asarray(margin, dtype=np.float64)
    order = np.argsort(places)
    places, outcome = places[order], flags(y)[order].astype(np.float64)
    if not len(places):
        return places, places, places
    starts = np.append(0, np.flatnonzero(places[1:] > places[:-1]) + 1)
    positive = np.add.reduceat(outcome, starts)
    return places[starts], positive, np.diff(np.append(starts, len(places))) - positive


def meeting_point(y: ArrayLike, margin: ArrayLike) -> float:
    """The cut where precision, recall and F1 meet: as many leads are called as convert.

    Where ties do not let it, the cut that comes nearest, with the better F1 of two that come as near.
    """
    places, positive, negative = steps(y, margin)
    if not len(places):
        return 0.0
    calls, hits = (np.cumsum(each[::-1])[::-1] for each in (positive + negative, positive))
    apart = np.abs(calls - positive.sum())
    f1s = hits / (calls + positive.sum())
    return cut_above(places, int(np.lexsort((-f1s, apart))[0]))


def cut_above(places: Floats, first: int) -> float:
    """A cut between a margin and the one below it, so that rounding elsewhere changes no call."""
    upper = float(places[first])
    lower = float(places[first - 1]) if first else upper - 1.0
    middle = lower + (upper - lower) / 2
    return middle if lower < middle <= upper else upper


def wilson(hits: ArrayLike, rows: ArrayLike, deviations: float = NINETY) -> tuple[Floats, Floats]:
    """Low and high of a share seen as hits among rows (Wilson's interval); nan without rows."""
    seen = np.asarray(rows, dtype=np.float64)
    share = _ratio(np.asarray(hits, dtype=np.float64), seen)
    with np.errstate(invalid="ignore", divide="ignore"):
        squared = deviations**2 / seen
        half = np.sqrt(share * (1 - share) * squared + squared**2 / 4) / (1 + squared)
        centre = (share + squared / 2) / (1 + squared)
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def flags(values: ArrayLike) -> Flags:
    return np.asarray(values, dtype=bool)


def _ratio(part: ArrayLike, whole: ArrayLike) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.where(np.asarray(whole) > 0, np.true_divide(part, whole), math.nan), dtype=np.float64
        )
