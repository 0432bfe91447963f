"""A company's leads as snapshots of its CRM, and twelve faults to plant into a batch of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl

from leadlight.data.sample import generate

ROWS = 8_000
LEARNT = 6_000
BATCH = 1_000
DELAY_DAYS = 25.0
DAY = 86_400.0


def leads_of(seed: int) -> pl.DataFrame:
    """Leads in the order in which they came, with the days until each is decided."""
    made = generate(ROWS, seed).leads
    days = np.random.default_rng([seed, 7]).exponential(DELAY_DAYS, ROWS)
    return made.with_columns(delay=pl.Series(days))


def snapshot(leads: pl.DataFrame, slower: float = 1.0) -> pl.DataFrame:
    """As the CRM shows them on the day of the last: who is not decided yet has no outcome."""
    created = leads["Created"].str.to_datetime().dt.epoch("s").to_numpy()
    decided = created + leads["delay"].to_numpy() * slower * DAY <= created.max()
    words = leads["Converted"].cast(pl.String).set(pl.Series(~decided), None)
    return leads.with_columns(words).drop("delay")


def learnt(seed: int) -> pl.DataFrame:
    """What the model learns from."""
    return snapshot(leads_of(seed)[:LEARNT])


def batch(seed: int, **changes: float) -> pl.DataFrame:
    """The leads that come in right after those that are learnt from."""
    return snapshot(leads_of(seed)[LEARNT : LEARNT + BATCH], **changes)


def _codes(clean: pl.DataFrame) -> pl.DataFrame:
    return clean.with_columns(pl.col("Visits").fill_null(-1))


def _thousand(clean: pl.DataFrame) -> pl.DataFrame:
    return clean.with_columns(pl.col("Minutes on Site") * 1_000)


def _swapped(clean: pl.DataFrame) -> pl.DataFrame:
    return clean.rename({"Visits": "Pages Viewed", "Pages Viewed": "Visits"}).select(clean.columns)


def _empty(clean: pl.DataFrame) -> pl.DataFrame:
    return clean.with_columns(pl.lit(None, dtype=pl.String).alias("Industry"))


def _renamed(clean: pl.DataFrame) -> pl.DataFrame:
    common = clean["Lead Source"].value_counts(sort=True)["Lead Source"].to_list()[0]
    return clean.with_columns(pl.col("Lead Source").replace({common: "Renamed by somebody"}))


def _frozen(clean: pl.DataFrame) -> pl.DataFrame:
    kept = clean["Visits"].to_list()
    half = len(kept) // 2
    return clean.with_columns(pl.Series("Visits", kept[:half] + [3] * (len(kept) - half)))


def _reused(clean: pl.DataFrame) -> pl.DataFrame:
    ids = clean["Lead ID"].to_list()
    return clean.with_columns(pl.Series("Lead ID", ids[: len(ids) // 2] * 2))


def _zone(clean: pl.DataFrame) -> pl.DataFrame:
    moved = clean["Created"].str.to_datetime() + timedelta(hours=7)
    return clean.with_columns(moved.dt.strftime("%Y-%m-%d %H:%M:%S").alias("Created"))


def _doubled(clean: pl.DataFrame) -> pl.DataFrame:
    half = clean[: clean.height // 2]
    again = half.with_columns(pl.col("Lead ID") + "-b")
    return pl.concat([half, again])


def _stale(clean: pl.DataFrame) -> pl.DataFrame:
    later = clean["Created"].str.to_datetime() + timedelta(days=900)
    return clean.with_columns(later.dt.strftime("%Y-%m-%d %H:%M:%S").alias("Created"))


def _leak(clean: pl.DataFrame) -> pl.DataFrame:
    """A column that sales now fill in once they know how it ended."""
    won = clean["Converted"] == "1"
    told = pl.when(won.fill_null(False)).then(pl.lit("Yes")).otherwise(pl.col("Asked for Demo"))
    return clean.with_columns(told.alias("Asked for Demo"))


FAULTS: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], frozenset[str]]] = {
    "codes of -1": (_codes, frozenset({"number_for_missing"})),
    "times a thousand": (_thousand, frozenset({"unit_changed"})),
    "swapped columns": (_swapped, frozenset({"columns_swapped"})),
    "an empty column": (_empty, frozenset({"column_empty"})),
    "a renamed category": (_renamed, frozenset({"level_renamed"})),
    "a frozen feed": (_frozen, frozenset({"column_frozen"})),
    "reused ids": (_reused, frozenset({"ids_reused"})),
    "a time-zone shift": (_zone, frozenset({"clock_shifted"})),
    "a duplicate batch": (_doubled, frozenset({"batch_repeated"})),
    "a stale model": (_stale, frozenset({"model_stale"})),
    "a future leak": (_leak, frozenset({"tells_outcome"})),
}
"""Each fault with the alarms that name it; late labels are made by `batch(seed, slower=4)`."""
LATE = "late labels"
