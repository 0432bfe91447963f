"""The made-up companies: the same by seed, as strong as they say, and fair."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from tests.worlds import HONEST, LEAKS, World, crm_export, drifting, single_auc, world
from tests.worlds.drift import Drifting
from tests.worlds.honest import Column
from tests.worlds.leaks import plant, strength
from tests.worlds.measure import auc, expected_auc

DAYS = np.sort(np.random.default_rng(1).uniform(0, 500, 2_000))


def won(made: World) -> np.ndarray:
    return (made.frame[made.target].cast(pl.String) == made.positive).to_numpy()


def test_a_seed_always_gives_the_same_company() -> None:
    """Frames and truths repeat; other seeds give other companies."""
    once, again = (world(5, leak=True, honest_auc=0.8) for _ in range(2))
    assert once.frame.equals(again.frame)
    assert once.kinds == again.kinds
    assert not once.frame.equals(world(6, leak=True, honest_auc=0.8).frame)


def test_companies_differ_and_keep_within_bounds(count: Callable[[int], int]) -> None:
    """600 to 6,000 leads, 5 to 40 columns, 5 to 60 % won, some with a time, some all text."""
    made = [world(seed, leak=False) for seed in range(max(12, count(200)))]
    assert all(600 <= one.frame.height <= 6_000 and 5 <= one.frame.width <= 40 for one in made)
    assert all(0.03 <= won(one).mean() <= 0.65 for one in made)
    assert all(not one.leak_columns and not one.honest_strong_columns for one in made)
    assert {one.time is None for one in made} == {True, False}
    assert len({one.target for one in made}) > 3
    assert len({one.style for one in made}) > 3
    assert {set(one.frame.dtypes) == {pl.String} for one in made} == {True, False}


@pytest.mark.parametrize("kind", LEAKS)
@pytest.mark.parametrize("wanted", [0.88, 0.95])
def test_a_leak_is_as_strong_as_wanted(kind: str, wanted: float) -> None:
    """Each kind reaches what is asked for, and never stays under 0.87."""
    outcome = np.random.default_rng(2).random(2_000) < 0.3
    _, column = plant(3, kind, outcome, DAYS, wanted)
    reached = strength(kind, column, outcome, DAYS)
    assert 0.87 <= reached <= 1.0
    assert abs(reached - wanted) < 0.04


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_column_knows_nothing_of_the_outcome(kind: str) -> None:
    """It is made before the outcome and from the arrival alone; its shape has one number for each lead."""
    column = HONEST[kind](np.random.default_rng(4), DAYS)
    assert isinstance(column, Column)
    assert len(column.values) == len(column.shape) == len(DAYS)
    assert np.isfinite(column.shape).all()
    assert column.shape.std() > 0.1


@pytest.mark.parametrize("seed", range(len(HONEST)))
def test_a_strong_honest_column_keeps_under_its_auc(seed: int) -> None:
    """At most the wanted AUC, give or take chance, whatever the kind."""
    made = world(seed, leak=False, honest_auc=0.85)
    assert not made.leak_columns
    name = made.honest_strong_columns[0]
    assert made.kinds[name] == list(HONEST)[seed]
    assert single_auc(made.frame[name], won(made)) < 0.875


@pytest.mark.parametrize("seed", range(0, 36, 5))
def test_a_company_with_a_leak_names_it(seed: int) -> None:
    """The planted columns are in the frame with their kinds, beside the honest one."""
    made = world(seed, leak=True, honest_auc=0.8)
    assert 1 <= len(made.leak_columns) <= 2
    assert len(made.honest_strong_columns) in (1, 2)
    planted = {*made.leak_columns, *made.honest_strong_columns}
    assert planted == set(made.kinds) <= set(made.frame.columns)
    assert made.kinds[made.leak_columns[0]] == list(LEAKS)[seed % len(LEAKS)]


@pytest.mark.parametrize("style", ["plain", "hubspot"])
def test_a_crm_export_has_open_leads_and_decimal_commas(style: str) -> None:
    """Five stages, four in ten open, amounts as 1.234,50, all text."""
    export = crm_export(3, style)
    stages = export.frame[export.target]
    assert set(export.frame.dtypes) == {pl.String}
    assert set(stages) == {*export.positives, *export.negatives, *export.opens}
    assert abs(stages.is_in(export.opens).mean() - 0.4) < 0.04
    assert export.frame[export.comma_column].str.contains(r"^\d{1,3}(\.\d{3})*,\d\d$").all()
    assert export.frame[export.comma_column].str.contains(".", literal=True).any()
    assert export.frame[export.identity].equals(export.truth[export.identity])
    assert export.frame[export.time].is_sorted()


def test_areas_under_the_curve() -> None:
    """The two areas agree with what is known: perfect, useless, reversed, and certain chances."""
    outcome = np.array([True, True, False, False])
    assert auc(outcome, np.array([3.0, 2.0, 1.0, 0.0])) == 1.0
    assert auc(outcome, np.zeros(4)) == 0.5
    assert auc(outcome, np.array([0.0, 1.0, 2.0, 3.0])) == 0.0
    score = np.array([0.5, 0.1, 0.3, 0.3])
    assert expected_auc(outcome.astype(float), score) == auc(outcome, score)


@pytest.fixture(scope="module")
def turning() -> Drifting:
    return drifting(0)


def test_patterns_that_vanish_please_trees_only_at_random(turning: Drifting) -> None:
    """Boosted trees do better on a random split and lose clearly on later leads."""
    rows = np.arange(turning.frame.height)
    later = rows >= 0.8 * len(rows)
    at_random = np.random.default_rng(0).random(len(rows)) < 0.2
    assert _margin_of_trees(turning, ~later, later) < -0.04
    assert _margin_of_trees(turning, ~at_random, at_random) > 0.01


def _margin_of_trees(leads: Drifting, train: np.ndarray, test: np.ndarray) -> float:
    """AUC of boosted trees less that of plain logistic regression."""
    from lightgbm import LGBMClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    outcome = leads.frame[leads.target].to_numpy() == 1
    plain = leads.frame.drop(leads.target, leads.time, leads.identity)
    inputs = plain.with_columns(pl.col(pl.String).rank("dense")).cast(pl.Float64).to_numpy()
    areas = []
    for model in (
        LGBMClassifier(n_estimators=200, learning_rate=0.05, n_jobs=1, random_state=0, verbose=-1),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ):
        model.fit(inputs[train], outcome[train])
        areas.append(auc(outcome[test], model.predict_proba(inputs[test])[:, 1]))
    return areas[0] - areas[1]
