"""How well one column alone tells the outcome: bins and levels, their rates learnt on other folds."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def auc(won: Flags, score: Array) -> float:
    """The area under the ROC curve, ties counted half."""
    ranks = pl.Series(score).rank().to_numpy()
    positives = int(won.sum())
    return float((ranks[won].sum() - positives * (positives + 1) / 2) / (positives * (len(won) - positives)))


def expected_auc(chance: Array, score: Array) -> float:
    """The area that `score` has on average when the outcomes are drawn from `chance`."""
    _, place = np.unique(score, return_inverse=True)
    positive = np.bincount(place, chance)
    negative = np.bincount(place, 1.0 - chance)
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2.0)).sum() / (positive.sum() * negative.sum()))


def single_auc(column: pl.Series, won: Flags, arrival: Array | None = None, folds: int = 5) -> float:
    """Cross-fitted AUC of a column alone; with `arrival` (days) a date is read as days since then."""
    codes = _codes(column, arrival)
    fold = np.random.default_rng(0).permutation(len(won)) % folds
    score = np.empty(len(won))
    for part in range(folds):
        here = fold == part
        seen = np.bincount(codes[~here], minlength=codes.max() + 1)
        bought = np.bincount(codes[~here], won[~here], minlength=codes.max() + 1)
        base = won[~here].mean()
        score[here] = ((bought + 5.0 * base) / (seen + 5.0))[codes[here]] - base
    return auc(won, score)


def _codes(column: pl.Series, arrival: Array | None) -> NDArray[np.int64]:
    if column.dtype.is_temporal():
        days = column.cast(pl.Datetime("ms")).dt.timestamp("ms").cast(pl.Float64) / 86_400_000.0
        return _bins(days if arrival is None else days - pl.Series(arrival))
    if column.dtype.is_numeric():
        return _bins(column.cast(pl.Float64))
    frame = pl.DataFrame({"text": column.cast(pl.String).fill_null("")})
    often = pl.len().over("text") >= 10
    level = pl.when(often | (pl.col("text") == "")).then("text").otherwise(pl.lit("rare"))
    return frame.select(level.rank("dense")).to_series().to_numpy().astype(np.int64)


def _bins(column: pl.Series) -> NDArray[np.int64]:
    """Missing 0, the commonest value 1, the others in twenty bins."""
    values = column.fill_null(np.nan).to_numpy()
    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), dtype=np.int64)
    levels, seen = np.unique(known, return_counts=True)
    common = levels[seen.argmax()] if seen.max() > len(values) / 20 else np.inf
    cuts = (
        np.unique(np.quantile(known[known != common], np.linspace(0.05, 0.95, 19))) if len(levels) > 1 else []
    )
    codes = np.where(values == common, 1, 2 + np.searchsorted(cuts, values, side="right"))
    return np.where(np.isnan(values), 0, codes).astype(np.int64)
