"""Ordinary columns: each carries little, some nothing; and the clutter that every export has."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tests.worlds.honest import HONEST, Column
from tests.worlds.words import Names, levels

Array = NDArray[np.float64]


def weak(rng: np.random.Generator, arrival: Array) -> Column:
    """A column of any honest kind with a small effect, often with missing values, not always at random."""
    kind = str(rng.choice(list(HONEST)))
    column = HONEST[kind](rng, arrival)
    spread = max(float(column.shape.std()), 1e-9)
    strength = rng.gamma(1.0, 0.5) if rng.random() < 0.7 else 0.0
    shape = strength * (column.shape - column.shape.mean()) / spread
    values = column.values
    if rng.random() < 0.4:
        values, shape = _gaps(rng, arrival, values, shape)
    return Column(column.form, values, shape)


def _gaps(
    rng: np.random.Generator, arrival: Array, values: pl.Series, shape: Array
) -> tuple[pl.Series, Array]:
    """Missing by chance, missing before the form asked for it, or missing more often for cool leads."""
    rows, share = len(arrival), rng.uniform(0.02, 0.5)
    way = rng.integers(0, 3)
    if way == 0:
        gone = rng.random(rows) < share
    elif way == 1:
        gone = arrival < share * arrival[-1]
    else:
        gone = rng.random(rows) < share * np.where(shape < shape.mean(), 1.3, 0.7)
    return values.set(pl.Series(gone), None), np.where(gone, -0.2 * shape.std(), shape)


def clutter(rng: np.random.Generator, arrival: Array, names: Names) -> list[pl.Series]:
    """Constants, near constants, mostly missing columns, counters, consent and personal columns."""
    rows = len(arrival)
    digits = rng.integers(0, 10_000_000, rows)
    candidates = [
        pl.Series(names("flag"), ["No"] * rows),
        pl.Series(names("flag"), ["No", "Yes"]).gather((rng.random(rows) < 0.003).astype(np.int64)),
        pl.Series(names("category"), levels(rng, 4))
        .gather(rng.integers(0, 4, rows))
        .set(pl.Series(rng.random(rows) < 0.96), None),
        pl.Series(names("number"), np.arange(rows) + 7_000),
        pl.Series("Do Not Email", ["No", "Yes"]).gather((rng.random(rows) < 0.07).astype(np.int64)),
        pl.Series("E-mail", [f"lead{digit}@example.com" for digit in digits]),
        pl.Series(names("number"), np.round(rng.normal(0, 1, rows), 3)),
    ]
    return [column for column in candidates if rng.random() < 0.25]
