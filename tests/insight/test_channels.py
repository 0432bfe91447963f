"""Channels: what is planted is found, what is spent adds up, and nothing is said of too few."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadlight.data import logs
from leadlight.data.planted import Planted
from leadlight.errors import ColumnError, InputError
from leadlight.insight import channels
from leadlight.insight.channel_money import ChannelMoney, in_currency
from leadlight.insight.channels import Channels
from leadlight.insight.response import response
from tests.insight.histories import history, sample

DAY = 86_400.0


def found(made: Any, **more: Any) -> Channels:
    told, spend = history(made), logs.spend(made.spend)
    return channels.by_value(told, channels.chosen(told, None, spend), spend=spend, **more)


@pytest.fixture(scope="module")
def told() -> Channels:
    return found(sample(), touched=logs.touches(sample().events))


def money(row: channels.ChannelRow) -> ChannelMoney:
    assert row.money is not None
    return row.money


def test_the_planted_ranking_of_returns_is_found(told: Channels) -> None:
    true = sample().channels.drop_nulls("return").sort("return")
    paid = {row.value.lower(): row.money.returned for row in told.rows if row.money is not None}
    ranked = sorted(paid, key=lambda name: paid[name].value)  # type: ignore[union-attr]
    assert ranked == [name.lower() for name in true["channel"].to_list()]
    costs = dict(true.select("channel", "cost_per_lead").iter_rows())
    for row in told.rows:
        if row.money is not None:
            expected = next(cost for name, cost in costs.items() if name.lower() == row.value.lower())
            assert row.money.per_lead == pytest.approx(expected, rel=0.02)


def test_what_was_spent_and_who_came_adds_up(told: Channels) -> None:
    spent = told.spending
    assert spent is not None
    assert spent.total + spent.outside == pytest.approx(sample().spend["amount"].sum())
    assert sum(money(row).cost for row in told.rows if row.money) == pytest.approx(spent.total)
    assert sum(row.leads for row in told.rows) + told.others == sample().leads.height
    assert spent.rows["in"] == sample().spend.height


def test_the_shift_goes_from_the_worst_to_the_best_and_says_that_it_is_no_experiment(told: Channels) -> None:
    assert told.shift is not None
    assert (told.shift.giver.lower(), told.shift.taker) == ("trade fair", "Referral")
    assert told.shift.is_sure
    assert "no experiment" in told.shift.to_json()["note"]


def test_first_touches_are_those_that_were_planted(told: Channels) -> None:
    assert told.touches is not None
    first = {row.channel: row.first for row in told.touches.rows}
    by_source = {row.value: row for row in told.rows}
    for name in ("Google", "Referral"):
        assert first[name].rate == pytest.approx(by_source[name].rate, abs=0.03)
    won = sum(row.first.won for row in told.touches.rows)
    assert sum(row.shared for row in told.touches.rows) == pytest.approx(won, abs=told.touches.others + 1)


@pytest.mark.long
def test_equal_returns_give_no_sure_shift(count: Callable[[int], int]) -> None:
    runs = count(100)
    sure = 0
    for seed in range(runs):
        shift = found(sample(3_000, 100 + seed, Planted(channels=False))).shift
        sure += shift is not None and shift.is_sure
    assert sure <= 0.1 * runs + 1


@pytest.mark.long
def test_returns_are_covered(count: Callable[[int], int]) -> None:
    """By what the leads of many seeds bring in the end."""
    kept, seeds = [], range(200, 200 + count(100))
    for seed in seeds:
        for row in found(sample(3_000, seed)).rows:
            if row.money is not None and row.money.returned is not None:
                returned = row.money.returned
                kept.append((row.value, returned.value, returned.low, returned.high))
    table = pl.DataFrame(kept, schema=["value", "told", "low", "high"], orient="row")
    usual = table.with_columns(mean=pl.col("told").mean().over("value"), seeds=pl.len().over("value"))
    usual = usual.filter(pl.col("seeds") >= 5)
    held = usual.select(
        ((pl.col("low") <= pl.col("mean")) & (pl.col("mean") <= pl.col("high"))).mean()
    ).item()
    chance = 2.0 * (0.9 * 0.1 / usual.height) ** 0.5
    assert 0.84 - chance <= held <= 0.96 + chance


def test_money_for_nobody_or_at_another_time_is_told_and_not_counted() -> None:
    made = sample(600, 1)
    extra = pl.DataFrame(
        {
            "channel": ["Google", "Billboards", "Google", None, "Google"],
            "day": ["1999-01-01", "2024-05-01", "2024-05-01", "2024-05-01", "someday"],
            "amount": ["70", "900", "-5", "1", "2"],
            "currency": ["EUR"] * 5,
        }
    )
    usual = made.spend.select(
        "channel", pl.col("day").cast(pl.String), pl.col("amount").cast(pl.String), "currency"
    )
    spend = logs.spend(pl.concat([usual, extra]))
    got = channels.by_value(history(made), "Lead Source", spend=spend)
    assert got.spending is not None
    assert got.spending.outside == pytest.approx(70.0)
    assert dict(got.spending.unmatched) == {"Billboards": 900.0}
    assert got.spending.rows["left_out"] == {"less than nothing": 1, "no channel": 1, "no day": 1}
    assert got.spending.rows["in"] == usual.height + 5


def test_currencies_are_never_added_up() -> None:
    made = sample(600, 1)
    both = pl.concat([made.spend, made.spend.with_columns(currency=pl.lit("USD"))])
    with pytest.raises(InputError, match="2 currencies"):
        channels.by_value(history(made), "Lead Source", spend=logs.spend(both))
    one = in_currency(logs.spend(both), "EUR")
    got = channels.by_value(history(made), "Lead Source", spend=one)
    assert got.spending is not None
    assert got.spending.currency == "EUR"
    assert got.spending.rows["left_out"] == {"another currency": made.spend.height}
    with pytest.raises(InputError, match="currency"):
        in_currency(logs.spend(both), "EUX")


def test_the_column_is_the_one_that_the_spend_names() -> None:
    made = history(sample(600, 1))
    paid = logs.spend(pl.DataFrame({"campaign": ["Free trial"], "cost": [10]}))
    assert channels.chosen(made, None, paid) == "Campaign"
    with pytest.raises(ColumnError, match="holds the channels"):
        channels.chosen(made, None, logs.spend(pl.DataFrame({"source": ["x"], "cost": [1]})))


def test_few_leads_say_nothing() -> None:
    made = sample(600, 1)
    few = channels.by_value(history(made), "Lead Source", spend=logs.spend(made.spend))
    for row in few.rows:
        assert (row.rate is None) == (row.decided < channels.LEAST)
        if row.money is not None and row.decided < channels.LEAST:
            assert row.money.returned is None


def test_a_log_without_its_columns_is_refused_with_what_they_may_be_called() -> None:
    with pytest.raises(ColumnError, match="no column 'amount'") as refused:
        logs.spend(pl.DataFrame({"channel": ["a"], "money": [1]}))
    assert "cost" in (refused.value.hint or "")


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_how_leads_answer_to_spend_is_found(power: float) -> None:
    rng = np.random.default_rng(0)
    days = np.arange(60) * 7 * DAY
    spend = np.exp(rng.normal(5.0, 0.5, 60))
    leads = rng.poisson(4.0 * spend**power)
    arrivals = np.repeat(days, leads) + rng.uniform(0, 7 * DAY, leads.sum())
    told = response(days, spend, arrivals)
    assert told is not None
    assert told.value == pytest.approx(power, abs=0.1)
    assert response(days, np.full(60, 100.0), arrivals) is None


@pytest.mark.xeducation
def test_x_education_s_channels_say_something_true(xeducation: Path) -> None:
    """By counting the file by hand."""
    from leadlight.connect import files
    from leadlight.insight.history import History
    from leadlight.training.fit import train
    from leadlight.training.options import Options

    raw = files.read(xeducation).frame.head(3_000)
    bundle = train(raw, Options(target="Converted", models=["logistic"], folds=3)).bundle
    got = channels.by_value(History.of(bundle, raw), "Lead Source")
    rows = {row.value: row for row in got.rows}
    reference = raw.filter(pl.col("Lead Source") == "Reference")
    assert rows["Reference"].leads == reference.height
    assert rows["Reference"].won == (reference["Converted"] == "1").sum()
    assert sum(row.leads for row in got.rows) + got.others == raw.height
    beyond = [row.beyond for row in got.rows if row.beyond is not None]
    assert beyond
    assert all(-1 < each.low < each.value < each.high < 1 for each in beyond)
