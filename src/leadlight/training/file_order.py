"""Whether leads change along the file as they do along time; told, and never used unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.data.finding import Finding
from leadlight.data.structure import ORDER, Structure
from leadlight.training.audit.over_time import LEAST, UNEVEN, stretches, unevenness

CODE: Final = "file_order"
LEVELS: Final = 20
SURELY: Final = 2
"""So many columns have to change along the file; one may be what the file was sorted by."""
NAMED: Final = 3
MOST: Final = 20_000


def file_order(raw: pl.DataFrame, found: Structure) -> Iterator[Finding]:
    """Leads without a time, whose columns are spread otherwise in one tenth of the file than in the next."""
    if found.time is not None or raw.height < LEAST:
        return
    raw = raw.gather_every(-(-raw.height // MOST))
    others = [name for name in raw.columns if name != found.id]
    if any(_is_sorted(raw[name]) for name in others):
        return
    stretch = stretches(np.arange(raw.height, dtype=np.float64))
    if stretch is None:
        return
    uneven = {name: unevenness(_coded(raw[name]), stretch) for name in others}
    moving = sorted((name for name in others if uneven[name] >= UNEVEN), key=lambda name: -uneven[name])
    if len(moving) >= SURELY:
        listed = ", ".join(map(repr, moving[:NAMED]))
        yield Finding(
            CODE,
            "warning",
            None,
            f"Leads change along the file ({listed}{', ...' if moving[NAMED:] else ''}): its rows could be in"
            f" order of arrival. If they are, --time {ORDER} tests on the newest.",
            f"If they are: --time {ORDER}",
            {"columns": len(moving), "unevenness": round(uneven[moving[0]], 4)},
        )


def _is_sorted(series: pl.Series) -> bool:
    """Whether the file was sorted by this column."""
    given = series.drop_nulls()
    if given.n_unique() < 2:
        return False
    numbers = frame.numbers(given)
    known = numbers if numbers.null_count() == 0 else given
    return known.is_sorted() or known.is_sorted(descending=True)


def _coded(series: pl.Series) -> np.ndarray:
    """The commonest values each by a number of its own, numbers with many values by their tenth."""
    numbers = frame.numbers(series)
    if numbers.n_unique() > LEVELS and numbers.null_count() < len(series) / 2:
        known = numbers.drop_nulls().to_numpy()
        cuts = np.unique(np.quantile(known, np.arange(1, 10) / 10))
        codes = np.searchsorted(cuts, numbers.fill_null(0.0).to_numpy(), side="left") + 1
        return np.where(numbers.is_null().to_numpy(), 0, codes)
    frequent = [level for level, _ in frame.counted(series)[:LEVELS]]
    place = {level: code for code, level in enumerate(frequent, start=1)}
    return np.array([place.get(value, 0) for value in series.to_list()], dtype=np.int64)
