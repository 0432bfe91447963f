"""How columns go together: the measures against others' and against planted truth."""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.schema import Column
from leadlight.insight.explore import counts, pairs, relations
from leadlight.insight.explore.leads import ExploredLeads


def dice(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=20, max_size=60))
def test_correlations_are_those_of_scipy(rows: list[tuple[int, int]]) -> None:
    from scipy import stats

    one, other = (np.array(each, dtype=np.float64) for each in zip(*rows, strict=True))
    found = relations.pearson(one, other), relations.spearman(one, other)
    if one.std() == 0 or other.std() == 0:
        assert found == (None, None)
        return
    assert found[0] == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-9)
    assert found[1] == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-9)


def test_under_20_leads_there_is_no_measure() -> None:
    few = np.arange(19.0)
    assert relations.pearson(few, few) is None
    assert relations.cramer(np.zeros(19, dtype=np.int64), np.arange(19)) is None
    assert relations.ratio(few, np.arange(19)) is None


def test_levels_that_tell_each_other_and_such_that_do_not() -> None:
    draws = dice()
    one, other = draws.integers(0, 4, 4000), draws.integers(0, 5, 4000)
    assert relations.cramer(one, one) == pytest.approx(1.0, abs=0.01)
    assert relations.cramer(one, other) < 0.05
    values = one * 3.0 + draws.normal(0, 0.01, 4000)
    assert relations.ratio(values, one) == pytest.approx(1.0, abs=0.001)
    assert relations.ratio(draws.normal(size=4000), one) < 0.06


def test_the_correlation_ratio_is_the_share_of_the_spread() -> None:
    draws = dice(1)
    level = draws.integers(0, 2, 50_000)
    values = level + draws.normal(0, 0.5, 50_000)
    assert relations.ratio(values, level) ** 2 == pytest.approx(0.5, abs=0.02)


def made(frame: pl.DataFrame, outcome: np.ndarray) -> ExploredLeads:
    kinds = {True: "number", False: "category"}
    columns = tuple(Column(name, kind=kinds[frame[name].dtype.is_numeric()]) for name in frame.columns)
    return ExploredLeads(frame, frame, outcome, columns, None)


def test_a_number_that_goes_with_winning_comes_first() -> None:
    draws = dice(2)
    won = (draws.random(3000) < 0.4).astype(np.float64)
    frame = pl.DataFrame(
        {
            "noise": draws.normal(size=3000),
            "strong": won * 2 + draws.normal(size=3000),
            "weak": -won * 0.3 + draws.normal(size=3000),
        }
    )
    found = relations.with_outcome(made(frame, won), made(frame, won).columns)
    assert [each.column for each in found] == ["strong", "weak", "noise"]
    assert found[0].low < found[0].pearson < found[0].high
    assert found[1].pearson < 0
    assert found[2].low < 0 < found[2].high


@pytest.mark.parametrize("seed", range(3))
def test_a_cloud_holds_every_lead_in_groups_of_20_or_more(seed: int) -> None:
    draws = dice(seed)
    rows = 1500
    one = np.round(draws.exponential(3, rows))
    other = np.where(draws.random(rows) < 0.1, np.nan, draws.normal(size=rows))
    outcome = np.where(draws.random(rows) < 0.2, np.nan, draws.integers(0, 2, rows))
    leads = made(
        pl.DataFrame({"one": one, "other": pl.Series(other).fill_nan(None)}), outcome.astype(np.float64)
    )
    dots = pairs.cloud(leads, "one", "other")
    assert sum(dot.leads for dot in dots) == int((~np.isnan(other)).sum())
    assert min(dot.leads for dot in dots) >= 20
    assert len(dots) > 10


def test_two_columns_that_work_on_each_other_are_found() -> None:
    """An exclusive or: neither column tells anything alone, both together all."""
    draws = dice(5)
    rows = 3000
    one, other, third = (draws.integers(0, 2, rows) for _ in range(3))
    won = (draws.random(rows) < np.where(one ^ other, 0.8, 0.2)).astype(np.float64)
    frame = pl.DataFrame(
        {name: pl.Series(each).cast(pl.String) for name, each in (("a", one), ("b", other), ("c", third))}
    )
    found = pairs.interplays(made(frame, won), made(frame, won).columns)
    assert [(each.first, each.second) for each in found] == [("a", "b")]
    rates = {(cell.first, cell.second): cell.rate for cell in found[0].cells}
    assert rates["0", "1"] == pytest.approx(0.8, abs=0.05)
    assert rates["1", "1"] == pytest.approx(0.2, abs=0.05)


def test_effects_that_only_add_up_are_no_interplay() -> None:
    draws = dice(6)
    rows = 5000
    one, other = (draws.integers(0, 4, rows) for _ in range(2))
    won = (draws.random(rows) < 1 / (1 + np.exp(-(one - other)))).astype(np.float64)
    frame = pl.DataFrame({"a": pl.Series(one).cast(pl.String), "b": pl.Series(other).cast(pl.String)})
    assert not pairs.interplays(made(frame, won), made(frame, won).columns)


def test_groups_of_values_hold_20_leads_or_more() -> None:
    draws = dice(8)
    words = pl.Series("w", ["a"] * 500 + ["b"] * 60 + ["rare"] * 7 + ["also rare"] * 15 + [None] * 30)
    outcome = draws.integers(0, 2, len(words)).astype(np.float64)
    groups = counts.grouping(Column("w"), words).count(outcome)
    assert [(group.label, group.leads) for group in groups] == [
        ("a", 500),
        ("b", 60),
        ("2 other values", 22),
        ("missing", 30),
    ]
    rate = outcome[:500].mean()
    assert groups[0].rate == pytest.approx(rate)
    assert groups[0].low < rate < groups[0].high


def test_numbers_in_bins_and_bars() -> None:
    values = np.concatenate([np.zeros(300), np.arange(1, 401), [math.nan] * 25])
    series = pl.Series("n", values).fill_nan(None)
    groups = counts.grouping(Column("n", kind="number"), series).count(np.zeros(len(values)))
    assert groups[0].label == "0"
    assert groups[0].leads == 300
    assert groups[-1].label == "missing"
    assert sum(group.leads for group in groups) == len(values)
    bars = counts.bars(values)
    assert sum(bar.leads for bar in bars) == 700
    assert all(bar.leads >= 20 for bar in bars)
    assert all(one.end == other.start for one, other in itertools.pairwise(bars))
