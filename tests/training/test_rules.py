"""Hand-set points with outcomes: exact before any, the points' where they are few, the leads' where many."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl
import pytest

from leadlight.data.schema import Column, Schema
from leadlight.model import metrics
from leadlight.model.encode import Codes, Encoder
from leadlight.model.probability import probability
from leadlight.training.learners import FAMILIES, rules

POINTS = {"a": 40.0, "b": 20.0, "c": 0.0, "d": -20.0}
VISITS = {"under 2": -20.0, "2 to 5": 0.0, "over 5": 20.0}
EVERY = 8000


@cache
def company() -> tuple[pl.DataFrame, np.ndarray]:
    """Leads that buy as the table above says, and two columns that say nothing."""
    dice = np.random.Generator(np.random.PCG64(4))
    typed = pl.DataFrame(
        {
            "source": dice.choice(list(POINTS), EVERY),
            "visits": dice.integers(0, 10, EVERY).astype(float),
            "country": dice.choice(["x", "y", "z"], EVERY),
            "size": dice.normal(size=EVERY),
        }
    )
    encoder = coded(POINTS, VISITS)[0]
    said = rules.Belief.of(encoder.apply(typed), np.ones(EVERY), 0.3, encoder, rules.SETTINGS)
    chance = probability(said.start(encoder.apply(typed)))
    return typed, (dice.random(EVERY) < chance).astype(float)


def schema(levels: dict[str, float], ranges: dict[str, float]) -> Schema:
    return Schema(
        (
            Column("source", points=levels),
            Column("visits", kind="number", points=ranges),
            Column("country"),
            Column("size", kind="number"),
        )
    )


def coded(levels: dict[str, float], ranges: dict[str, float]) -> tuple[Encoder, Schema]:
    dice = np.random.Generator(np.random.PCG64(4))
    found = schema(levels, ranges)
    typed = pl.DataFrame(
        {
            "source": dice.choice(list(POINTS), 400),
            "visits": dice.integers(0, 10, 400).astype(float),
            "country": dice.choice(["x", "y", "z"], 400),
            "size": dice.normal(size=400),
        }
    )
    return Encoder.fit(typed, found), found


def known(
    count: int, levels: dict[str, float] = POINTS, ranges: dict[str, float] = VISITS
) -> tuple[Encoder, Codes, np.ndarray, np.ndarray]:
    """All leads of the training half; so many of them are decided."""
    encoder, _ = coded(levels, ranges)
    typed, outcome = company()
    weight = (np.arange(EVERY // 2) < count).astype(float)
    return encoder, encoder.apply(typed[: EVERY // 2]), outcome[: EVERY // 2], weight


def area(learner: object, encoder: Encoder) -> float:
    typed, outcome = company()
    margin = learner.margin(encoder.apply(typed[EVERY // 2 :]))  # type: ignore[attr-defined]
    return metrics.auc(outcome[EVERY // 2 :], margin)


def by_rules(count: int, **table: dict[str, float]) -> float:
    encoder, codes, outcome, weight = known(count, **table)
    return area(rules.fit(codes, outcome, encoder, weight=weight, settings={"rate": 0.3}), encoder)


def test_without_outcomes_a_score_is_what_a_spreadsheet_gives() -> None:
    encoder, codes, outcome, weight = known(0)
    typed = company()[0][: EVERY // 2]
    points = rules.fit(codes, outcome, encoder, weight=weight, settings={"rate": 0.07, "double": 20.0})
    margin = points.margin(codes)
    sums = [
        POINTS[source] + (-20 if visits < 2 else 0 if visits <= 5 else 20)
        for source, visits in typed.select("source", "visits").iter_rows()
    ]
    gaps = margin - np.array(sums) * np.log(2) / 20
    assert np.ptp(gaps) < 1e-9
    assert probability(margin).mean() == pytest.approx(0.07, abs=1e-9)


@pytest.mark.parametrize("double", [1.0, 10.0, 33.0])
def test_so_many_points_double_the_odds(double: float) -> None:
    encoder, codes, outcome, weight = known(0, levels={"a": double, "b": 0.0}, ranges={"over 5": 0.0})
    points = rules.fit(codes, outcome, encoder, weight=weight, settings={"rate": 0.1, "double": double})
    feature = encoder.features[0]
    table = points.tables[0]
    assert np.exp(table[feature.code_of["a"]] - table[feature.code_of["b"]]) == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize("count", [40, 200])
def test_with_few_outcomes_right_points_beat_learning_without_them(count: int) -> None:
    encoder, codes, outcome, _ = known(count)
    alone = FAMILIES["logistic"](codes[:count], outcome[:count], encoder)
    assert by_rules(count) >= area(alone, encoder)


def test_with_many_outcomes_right_points_cost_nothing() -> None:
    encoder, codes, outcome, _ = known(2000)
    alone = area(FAMILIES["logistic"](codes[:2000], outcome[:2000], encoder), encoder)
    outcome = company()[1][EVERY // 2 :]
    won, lost = outcome.sum(), (1 - outcome).sum()
    error = np.sqrt(alone * (1 - alone) / min(won, lost))
    assert by_rules(2000) >= alone - error


def test_of_wrong_points_nothing_is_left_once_there_are_outcomes() -> None:
    wrong = {level: -value for level, value in POINTS.items()}
    found = [by_rules(count, levels=wrong, ranges={"over 5": -20.0}) for count in (0, 40, 200, 2000)]
    assert found[0] < 0.4
    assert found == sorted(found)
    assert found[-1] > by_rules(2000) - 0.01


def test_the_share_that_is_learnt_grows_with_outcomes() -> None:
    shares = []
    for count in (0, 40, 200, 2000, 4000):
        encoder, codes, outcome, weight = known(count)
        learnt = rules.learn(codes, outcome, encoder, weight=weight, settings={"rate": 0.3})
        shares.append(learnt.learnt_share(codes))
    assert shares[0] == 0.0
    assert 0 < shares[1] < shares[2] < shares[3] <= shares[4] < 1


def test_it_is_the_less_sure_the_fewer_outcomes_there_are() -> None:
    """And it is right about it: nine in ten of the true log-odds lie within 1.645 of its spreads."""
    typed, _ = company()
    truth, _ = coded(POINTS, VISITS)
    all_codes = truth.apply(typed)
    said = rules.Belief.of(all_codes, np.ones(EVERY), 0.3, truth, rules.SETTINGS).start(all_codes)
    doubts = []
    for count in (0, 100, 2000):
        encoder, codes, outcome, weight = known(count)
        learnt = rules.learn(codes, outcome, encoder, weight=weight, settings={"rate": 0.3})
        spread = np.sqrt(learnt.doubt(codes))
        held = np.abs(learnt.points.margin(codes) - said[: EVERY // 2]) <= 1.645 * spread
        assert held.mean() > 0.85
        doubts.append(spread.mean())
    assert doubts[0] > 1.5 * doubts[1] > 1.5 * doubts[2]


def test_levels_with_fewer_than_twenty_outcomes_move_as_one() -> None:
    """What a handful of leads did cannot be read off their level."""
    encoder, codes, outcome, weight = known(60)
    level = encoder.features[0].code_of["a"]
    few = np.flatnonzero((codes[:, 0] == level) & (weight > 0))[15:]
    weight[few] = 0
    other = outcome.copy()
    other[(codes[:, 0] == level) & (weight > 0)] = 1 - other[(codes[:, 0] == level) & (weight > 0)]
    one, two = (
        rules.learn(codes, ends, encoder, weight=weight, settings={"rate": 0.3}) for ends in (outcome, other)
    )
    for learnt in (one, two):
        rest = learnt.belief.bins[0]
        assert rest[level] == rest[0] == rest[-1]


def test_a_rate_that_is_not_told_is_seen() -> None:
    encoder, codes, outcome, _ = known(0)
    points = rules.fit(codes, outcome, encoder)
    assert probability(points.margin(codes)).mean() == pytest.approx(outcome.mean(), abs=0.01)


def test_other_families_do_not_see_points() -> None:
    encoder, codes, outcome, _ = known(0)
    bare = replace(encoder, features=tuple(replace(each, points=()) for each in encoder.features))
    for family in ("bayes", "logistic", "glassbox_main"):
        one, two = (FAMILIES[family](codes, outcome, each) for each in (encoder, bare))
        assert np.array_equal(one.margin(codes), two.margin(codes))
