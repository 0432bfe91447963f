"""Money in the plan: what is promised comes about, and every answer is what a hand count would give."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leadlight.data.sample import generate
from leadlight.errors import PolicyError
from leadlight.insight.deal_values import DealValues
from leadlight.insight.expected import Chances, expected, expected_revenue
from leadlight.insight.money import LEAST, PlanMoney, PlanTerms, plan_money
from leadlight.model.calibrate import Calibrator, Interval
from leadlight.model.grade import rank
from leadlight.model.probability import probability
from leadlight.ready import Model
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.model.bends import World
from tests.model.trained import few_rounds

NAMES = ("hot", "warm", "cold")
CAPACITY = 300


def sure(share: np.ndarray) -> Chances:
    """Best first, and the rates are known."""
    ordered = np.sort(share)[::-1]
    return Chances(np.log(ordered / (1 - ordered)), ordered)


def money(
    chances: Chances,
    listed: int,
    values: DealValues | None = None,
    team: tuple = (None, None),
    **terms: object,
) -> PlanMoney:
    rows = len(chances.margin)
    grade = np.searchsorted([-0.6, -0.3], -chances.probability).astype(np.uint8)
    worth = values or DealValues.each(np.full(rows, np.nan))
    return plan_money(chances, worth, listed, PlanTerms(**terms), (NAMES, grade), team)  # type: ignore[arg-type]


def drawn(seed: int) -> tuple[Chances, np.ndarray, DealValues, np.ndarray]:
    """Of 1,500 new leads, best first: chances learnt on 3,000, outcomes, what is known of deals, worth."""
    world = World("straight", 0.3, seed)
    y, margin, _ = world.draw(3_000)
    line = Calibrator.fit(y, margin)
    interval = Interval.fit(y, line.apply(margin))
    won, place, _ = world.draw(1_500)
    calibrated = line.apply(place)
    order = rank(calibrated)
    chances = Chances(calibrated, probability(calibrated), *interval.apply(calibrated)).among(order)
    dice = np.random.default_rng([seed, 7])
    worth = dice.lognormal(6, 0.8, 4_500)
    decided = np.concatenate([y, np.zeros(1_500, dtype=bool)])
    own = np.where(np.arange(4_500) < 3_000, worth, np.nan)
    values = DealValues.of(own, decided).among(np.arange(3_000, 4_500)).among(order)
    return chances, won[order], values, worth[3_000:][order]


def test_promised_revenue_and_conversions_come_about(count: Callable[[int], int]) -> None:
    """At capacity, of a hundred worlds 84 to 96 hold what comes; deals are priced as those of the past."""
    seeds = max(count(100), 20)
    conversions, revenue = 0, 0
    for seed in range(seeds):
        chances, won, values, worth = drawn(seed)
        first = slice(0, CAPACITY)
        told, paid = (
            expected(chances.among(first)),
            expected_revenue(chances.among(first), values.among(first)),
        )
        conversions += told.low <= won[first].sum() <= told.high
        revenue += paid.low <= worth[first][won[first]].sum() <= paid.high
    spread = 2.33 * math.sqrt(0.09 * seeds) / seeds if seeds < 100 else 0.0
    for held in (conversions, revenue):
        assert 0.84 - spread <= held / seeds <= 0.96 + spread


def test_a_goal_that_is_sure_is_kept(count: Callable[[int], int]) -> None:
    """As many leads as are said to keep the goal nine times in ten do so that often or more, but for luck."""
    seeds, kept, said = max(count(100), 20), 0, 0
    for seed in range(seeds):
        chances, won, _, _ = drawn(seed)
        reach = money(chances, 100, goal=0.6).goal
        if reach.sure is not None:
            said += 1
            kept += won[: reach.sure].mean() >= 0.6
    assert said >= seeds / 3
    assert kept / said >= 0.9 - 1.64 * 0.3 / math.sqrt(said)


@given(
    rows=some.integers(1, 200),
    listed=some.integers(0, 200),
    goal=some.floats(0.05, 0.95),
    seed=some.integers(0, 9),
)
def test_the_goal_is_what_a_hand_count_gives(rows: int, listed: int, goal: float, seed: int) -> None:
    chances = sure(np.random.default_rng(seed).uniform(0.02, 0.98, rows))
    found = money(chances, min(listed, rows), goal=goal).goal
    share = chances.probability
    if rows < LEAST:
        assert found.even is found.sure is found.best is None
        assert "too few" in found.sentence
        return
    keeping = [calls for calls in range(LEAST, rows + 1) if share[:calls].sum() >= goal * calls]
    assert found.even == (max(keeping) if keeping else None)
    assert found.sure is None or (found.even is not None and found.sure <= found.even)
    assert found.chance is None or 0.0 <= found.chance <= 1.0


def test_the_next_call_is_the_best_lead_that_is_not_listed() -> None:
    chances = sure(np.array([0.9, 0.8, 0.5, 0.2]))
    values = DealValues.each(np.array([100.0, 200.0, 300.0, 400.0]))
    found = money(chances, 2, values, call_cost=20.0)
    assert found.next_call is not None
    assert found.next_call.value == pytest.approx(150.0)
    assert found.next_call.sentence.endswith("it pays.")
    assert (
        "does not pay" in (money(chances, 3, values, call_cost=200.0).next_call or found.next_call).sentence
    )
    assert money(chances, 4, values).next_call is None
    assert money(chances, 2).next_call.value is None  # type: ignore[union-attr]
    assert found.cost == 40.0
    assert found.revenue is not None
    assert found.revenue.total == pytest.approx(0.9 * 100 + 0.8 * 200)


def test_a_deal_value_is_for_leads_that_say_none() -> None:
    own = np.array([100.0, np.nan, np.nan])
    nobody = np.zeros(3, dtype=bool)
    assert DealValues.of(own, nobody, 50.0).worth.tolist() == [100.0, 50.0, 50.0]
    assert np.isnan(DealValues.of(own, nobody).worth[1])
    past = DealValues.of(np.append(np.full(30, 80.0), np.nan), np.append(np.ones(30, dtype=bool), False))
    assert past.worth[-1] == 80.0
    assert past.guessed.tolist() == [False] * 30 + [True]
    assert past.filled(60.0).worth[-1] == 60.0


def test_a_team_takes_the_best_grade_first_and_in_it_new_leads() -> None:
    chances = sure(np.concatenate([np.full(100, 0.7), np.full(60, 0.4), np.full(40, 0.1)]))
    day = money(chances, 200, team=(250.0, 5)).day
    assert day is not None
    assert day.calls == 50.0
    assert [(share.first_day, share.last_day) for share in day.shares] == [(1, 2), (3, 4), (4, 4)]
    assert day.shares[0].expected is not None
    assert day.shares[0].expected.conversions == pytest.approx(35.0)
    coming = money(chances, 200, team=(250.0, 5), arrivals=150.0, shares=(0.5, 0.3, 0.2)).day
    assert coming is not None
    assert [share.new for share in coming.shares] == pytest.approx([15.0, 9.0, 6.0])
    assert [(share.first_day, share.last_day) for share in coming.shares] == [(1, 3), (3, 7), (7, 10)]
    assert coming.needed == 2
    flooded = money(chances, 200, team=(50.0, 1), arrivals=500.0, shares=(0.5, 0.3, 0.2)).day
    assert flooded is not None
    assert [share.new for share in flooded.shares] == pytest.approx([50.0, 30.0, 20.0])
    assert [share.calls for share in flooded.shares] == pytest.approx([10.0, 0.0, 0.0])
    assert all(share.first_day is None for share in flooded.shares)
    assert flooded.needed == 5


@pytest.mark.parametrize("terms", [{"goal": 0.0}, {"goal": 1.0}, {"per": "year"}, {"call_cost": -1.0}])
def test_terms_that_make_no_sense_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(PolicyError):
        PlanTerms(**terms)  # type: ignore[arg-type]


@pytest.mark.long
def test_a_plan_of_a_trained_model_keeps_its_promise(count: Callable[[int], int]) -> None:
    """The whole way, from leads to a list at capacity: what it promises holds what the truth then draws."""
    seeds = max(count(100), 10)
    held, paid = 0, 0
    for seed in range(seeds):
        made = generate(3_000, seed)
        leads = made.leads
        dice = np.random.default_rng([seed, 3])
        later = np.arange(leads.height) >= 2_000
        stage = leads["Converted"].cast(pl.String).to_numpy().astype(object)
        won = stage.copy() == "1"
        stage[later] = None
        options = Options(target="Converted", models=["glassbox"], folds=3)
        raw = leads.with_columns(Converted=pl.Series(stage.tolist(), dtype=pl.String))
        with few_rounds():
            model = Model(train(raw, options).bundle)
        worth = dice.lognormal(6, 0.5)
        plan = model.plan(raw, capacity=150, deal_value=worth)
        ids = set(plan.frame["Lead ID"].to_list())
        hits = sum(bool(w) for w, lead in zip(won, leads["Lead ID"].to_list(), strict=True) if lead in ids)
        held += plan.expected.low <= hits <= plan.expected.high
        assert plan.money is not None
        assert plan.money.revenue is not None
        if model.bundle.scorer.schema.name_of("value") is None:
            paid += plan.money.revenue.low <= hits * worth <= plan.money.revenue.high
        else:
            paid += plan.expected.low <= hits <= plan.expected.high
    spread = 2.33 * math.sqrt(0.09 * seeds) / seeds if seeds < 100 else 0.0
    for share in (held / seeds, paid / seeds):
        assert 0.84 - spread <= share <= 0.96 + spread
