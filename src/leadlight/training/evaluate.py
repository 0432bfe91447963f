"""What a model is worth on leads whose outcome is known: every figure, and the tables behind the charts.

Nothing in the tables rests on fewer than 20 leads: parts that hold fewer are joined with a neighbour, and
they give rates, not counts of conversions. The confusion matrix is exact: it counts right and wrong calls
over all leads, which tells nothing about leads that share a value. What is not defined is None, never NaN.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadlight.errors import BundleError
from leadlight.model import metrics, resample
from leadlight.model.metrics import Confusion, Flags, Floats
from leadlight.model.probability import FARTHEST
from leadlight.model.probability import probability as probability_of
from leadlight.model.repeats import Repeats
from leadlight.model.resample import Estimate

LEAST_ROWS = 20
FIGURES = (
    "auc",
    "gini",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "f1_negative",
)
_CUTS, _DECILES, _RELIABILITY, _BARS = 20, 10, 10, 20


@dataclass(frozen=True)
class Cut:
    """What calling everyone from this margin on would have given."""

    cut: float
    threshold: float
    called: int
    share: float
    precision: float
    precision_low: float
    precision_high: float
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None
    accuracy: float


@dataclass(frozen=True)
class Decile:
    """About a tenth of the leads, best first, and all down to them."""

    rows: int
    rate: float
    low: float
    high: float
    lift: float | None
    gain: float | None
    total_share: float
    total_rate: float
    total_lift: float | None
    total_gain: float | None


@dataclass(frozen=True)
class Reliability:
    """Leads with about the same predicted probability, and what became of them."""

    start: float
    end: float
    rows: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True)
class HistogramBar:
    """The share of the leads that converted, and of those that did not, whose probability is in here."""

    start: float
    end: float
    rows: int
    converted: float | None
    others: float | None


@dataclass(frozen=True)
class Spread:
    """A figure over folds."""

    mean: float
    deviation: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Evaluation:
    """Figures by name, each with the interval that holds it nine times in ten, and tables."""

    rows: int
    conversions: int
    base_rate: float | None
    cut: float
    threshold: float
    figures: dict[str, Estimate]
    confusion: Confusion
    thresholds: tuple[Cut, ...]
    meeting: Cut | None
    deciles: tuple[Decile, ...]
    reliability: tuple[Reliability, ...]
    histogram: tuple[HistogramBar, ...]

    def to_json(self) -> dict[str, Any]:
        plain = asdict(self)
        found = plain.pop("figures")
        counts = {name: found.pop(name) for name in plain["confusion"]}
        flat = {
            name if part == "value" else f"{name}_{part}": number
            for name, figure in found.items()
            for part, number in figure.items()
        }
        sides = {
            f"confusion_{side}": {name: count[side] for name, count in counts.items()}
            for side in ("low", "high")
        }
        tables = {name: list(table) for name, table in plain.items() if isinstance(table, tuple)}
        return {**plain, **tables, **flat, **sides}

    @classmethod
    def from_json(cls, plain: Any) -> Evaluation:
        """Refuses what `to_json` could not have written."""
        try:
            return _restored(plain)
        except (KeyError, TypeError, AttributeError) as error:
            raise BundleError("The evaluation is not complete.") from error


def evaluate(
    y: ArrayLike,
    margin: ArrayLike,
    probability: ArrayLike,
    *,
    cut: float,
    seed: int = 0,
    blocks: ArrayLike | None = None,
) -> Evaluation:
    """Of margins that rank, probabilities that promise, and the line (the least margin that is called).

    Leads of one block are equal, and tell less than as many different ones: every interval heeds that.
    """
    outcome, place = metrics.flags(y), np.asarray(margin, dtype=np.float64)
    block, repeats = None if blocks is None else np.asarray(blocks), Repeats.of(outcome, blocks)
    share = np.asarray(probability, dtype=np.float64)
    line = float(np.clip(cut, -FARTHEST, FARTHEST))
    order = np.argsort(-place, kind="stable")
    ranked, won, doubt = place[order], np.append(0, np.cumsum(outcome[order])), repeats.among(order)
    ends = _ends(ranked, _DECILES)
    return Evaluation(
        rows=len(outcome),
        conversions=int(outcome.sum()),
        base_rate=float(outcome.mean()) if len(outcome) else None,
        cut=line,
        threshold=probability_of(line),
        figures=resample.figures(outcome, place, share, line, seed, block),
        confusion=Confusion.of(outcome, place >= line),
        thresholds=tuple(_cut(_between(ranked, end), end, won, doubt) for end in _ends(ranked, _CUTS)[1:-1]),
        meeting=_meeting(outcome, place, won, doubt),
        deciles=tuple(_decile(start, end, won, doubt) for start, end in pairwise(ends)),
        reliability=tuple(_reliability(outcome, share, repeats)),
        histogram=tuple(_histogram(outcome, share)),
    )


def fold_spread(
    y: ArrayLike, margin: ArrayLike, probability: ArrayLike, folds: ArrayLike, *, cut: float
) -> dict[str, Spread]:
    """Every figure over the folds in which it is defined."""
    outcome, place = metrics.flags(y), np.asarray(margin, dtype=np.float64)
    share, fold = np.asarray(probability, dtype=np.float64), np.asarray(folds)
    parts = [
        resample.exact(outcome[held], place[held], share[held], cut)
        for held in (fold == each for each in np.unique(fold))
    ]
    found = {name: [part[name] for part in parts if math.isfinite(part[name])] for name in FIGURES}
    return {name: _spread(np.array(values)) for name, values in found.items() if values}


def _spread(values: Floats) -> Spread:
    deviation = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return Spread(float(values.mean()), deviation, float(values.min()), float(values.max()))


def _ends(ranked: Floats, parts: int) -> list[int]:
    """Where equal parts of the ranked leads end: never within a tie, 20 leads or more in each."""
    rows = len(ranked)
    if rows < LEAST_ROWS:
        return [0]
    breaks = np.append(np.flatnonzero(ranked[1:] < ranked[:-1]) + 1, rows)
    wanted = np.arange(1, parts) * rows / parts
    right = np.minimum(np.searchsorted(breaks, wanted), len(breaks) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(wanted - breaks[left] < breaks[right] - wanted, breaks[left], breaks[right])
    ends = [0]
    for end in np.abs(nearest).tolist():
        if end - ends[-1] >= LEAST_ROWS and rows - end >= LEAST_ROWS:
            ends.append(end)
    return [*ends, rows]


def _between(ranked: Floats, end: int) -> float:
    """A cut between the last lead that is called and the next."""
    return metrics.cut_above(ranked[[end, end - 1]], 1)


def _meeting(y: Flags, margin: Floats, won: NDArray[np.intp], doubt: Repeats) -> Cut | None:
    cut = metrics.meeting_point(y, margin)
    called = int((margin >= cut).sum())
    return _cut(cut, called, won, doubt) if min(called, len(y) - called) >= LEAST_ROWS else None


def _cut(cut: float, called: int, won: NDArray[np.intp], doubt: Repeats) -> Cut:
    rows, hits, positives = len(won) - 1, int(won[called]), int(won[-1])
    rates = Confusion(hits, called - hits, positives - hits, rows - called - positives + hits).rates
    precise = doubt.among(slice(called)).rate_interval(hits)
    found = doubt.share_interval(np.arange(rows) < called, hits, positives)
    return Cut(
        cut=cut,
        threshold=probability_of(cut),
        called=called,
        share=called / rows,
        precision=rates["precision"],
        precision_low=precise[0],
        precision_high=precise[1],
        recall=_or_none(rates["recall"]),
        recall_low=_or_none(found[0]),
        recall_high=_or_none(found[1]),
        f1=_or_none(rates["f1"]),
        accuracy=rates["accuracy"],
    )


def _decile(start: int, end: int, won: NDArray[np.intp], doubt: Repeats) -> Decile:
    rows, positives = len(won) - 1, int(won[-1])
    hits, total = int(won[end] - won[start]), int(won[end])
    rate, total_rate = hits / (end - start), total / end
    low, high = doubt.among(slice(start, end)).rate_interval(hits)
    return Decile(
        rows=end - start,
        rate=rate,
        low=low,
        high=high,
        lift=rate * rows / positives if positives else None,
        gain=hits / positives if positives else None,
        total_share=end / rows,
        total_rate=total_rate,
        total_lift=total_rate * rows / positives if positives else None,
        total_gain=total / positives if positives else None,
    )


def _reliability(y: Flags, share: Floats, repeats: Repeats) -> list[Reliability]:
    bins, held, hits = _binned(y, share, _RELIABILITY)
    number = metrics.bin_of(share, _RELIABILITY)
    total = np.bincount(number, weights=share, minlength=_RELIABILITY)
    found = []
    for start, end in bins:
        rows, won = int(held[start:end].sum()), float(hits[start:end].sum())
        low, high = repeats.among((number >= start) & (number < end)).rate_interval(int(won))
        predicted = float(total[start:end].sum()) / rows
        found.append(
            Reliability(start / _RELIABILITY, end / _RELIABILITY, rows, predicted, won / rows, low, high)
        )
    return found


def _histogram(y: Flags, share: Floats) -> list[HistogramBar]:
    bins, held, hits = _binned(y, share, _BARS)
    positives = int(y.sum())
    others = len(y) - positives
    found = []
    for start, end in bins:
        rows, won = int(held[start:end].sum()), float(hits[start:end].sum())
        converted, lost = won / positives if positives else None, (rows - won) / others if others else None
        found.append(HistogramBar(start / _BARS, end / _BARS, rows, converted, lost))
    return found


def _binned(
    y: Flags, share: Floats, bins: int
) -> tuple[list[tuple[int, int]], NDArray[np.intp], NDArray[np.intp]]:
    """Bins of equal width, joined until each holds 20 leads; leads and conversions by single bin."""
    number = metrics.bin_of(share, bins)
    held, hits = np.bincount(number, minlength=bins), np.bincount(number[y], minlength=bins)
    starts, rows = [0], 0
    for bin_number in range(bins):
        if rows >= LEAST_ROWS and held[bin_number:].sum() >= LEAST_ROWS:
            starts.append(bin_number)
            rows = 0
        rows += int(held[bin_number])
    joined = list(zip(starts, [*starts[1:], bins], strict=True))
    return (joined if len(y) >= LEAST_ROWS else []), held, hits


Record = TypeVar("Record", Cut, Decile, Reliability, HistogramBar, Confusion, Estimate)


def _restored(plain: Any) -> Evaluation:
    sides = {"value": plain["confusion"], "low": plain["confusion_low"], "high": plain["confusion_high"]}
    figures = {
        name: _record(
            Estimate, {"value": plain[name], "low": plain[f"{name}_low"], "high": plain[f"{name}_high"]}
        )
        for name in FIGURES
    }
    counts = {
        name: _record(Estimate, {side: table[name] for side, table in sides.items()})
        for name in sides["value"]
    }
    return Evaluation(
        **{name: _finite(plain[name]) for name in ("rows", "conversions", "base_rate", "cut", "threshold")},
        figures={**figures, **counts},
        confusion=_record(Confusion, plain["confusion"]),
        thresholds=tuple(_record(Cut, row) for row in plain["thresholds"]),
        meeting=None if plain["meeting"] is None else _record(Cut, plain["meeting"]),
        deciles=tuple(_record(Decile, row) for row in plain["deciles"]),
        reliability=tuple(_record(Reliability, row) for row in plain["reliability"]),
        histogram=tuple(_record(HistogramBar, row) for row in plain["histogram"]),
    )


def _record(kind: type[Record], plain: Any) -> Record:
    return kind(**{each.name: _finite(plain[each.name]) for each in fields(kind)})


def _finite(value: Any) -> Any:
    """A finite number or nothing; else a refusal."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
        raise BundleError("A figure of the evaluation is neither a finite number nor null.")
    return value


def _or_none(value: float) -> float | None:
    return value if math.isfinite(value) else None
