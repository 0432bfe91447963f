"""Balancing: even rows to learn from, and probabilities that hold all the same."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from leadlight.data.sample import generate
from leadlight.errors import ConfigError
from leadlight.model import metrics
from leadlight.model.probability import probability
from leadlight.training.balance import METHODS, balanced
from leadlight.training.fit import Trained, train
from leadlight.training.options import Options
from tests.training.planted import coded, planted_leads

WAYS = METHODS[1:]
MADE = ("oversample", "smote")
RARE = 0.02


@cache
def trained(method: str, family: str = "logistic", rows: int = 5_000, seed: int = 1) -> Trained:
    leads = generate(rows, seed, positives=RARE).leads
    asked = {"models": [family], "balance": method, "test": "random", "folds": 3, "refit": False}
    return train(leads, Options(target="Converted", **asked))  # type: ignore[arg-type]


@pytest.mark.parametrize("method", WAYS)
def test_both_outcomes_weigh_the_same(method: str) -> None:
    codes, outcome, encoder = coded(planted_leads(400, 1))
    rows = balanced(method, codes, outcome, encoder, 0)
    weight = np.ones(len(rows.outcome)) if rows.weight is None else rows.weight
    assert weight[rows.outcome > 0].sum() == pytest.approx(weight[rows.outcome <= 0].sum())
    assert rows.codes.dtype == codes.dtype
    assert len(rows.codes) == len(rows.outcome)


@pytest.mark.parametrize("method", MADE)
def test_no_real_row_is_lost_where_rows_are_made(method: str) -> None:
    codes, outcome, encoder = coded(planted_leads(400, 1))
    rows = balanced(method, codes, outcome, encoder, 0)
    assert np.array_equal(rows.codes[: len(codes)], codes)
    assert np.array_equal(rows.outcome[: len(codes)], outcome)


@pytest.mark.parametrize("method", WAYS)
def test_made_up_rows_hold_no_level_that_no_row_of_their_outcome_has(method: str) -> None:
    """Nothing lies halfway between two words, nor between a number and a gap."""
    codes, outcome, encoder = coded(planted_leads(400, 2))
    rows = balanced(method, codes, outcome, encoder, 3)
    for k, feature in enumerate(encoder.features):
        own, made = codes[outcome > 0, k], rows.codes[rows.outcome > 0, k]
        if feature.is_ordered:
            assert made.max() <= own.max()
            assert set(made[made == 0]) <= set(own)
        else:
            assert set(made) <= set(own)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("won", [0, 1, 2, 60])
def test_few_or_none_of_an_outcome_are_borne(method: str, won: int) -> None:
    codes, _, encoder = coded(planted_leads(200, 3))
    few = np.zeros(60)
    few[:won] = 1
    rows = balanced(method, codes[:60], few, encoder, 0)
    assert set(np.unique(rows.outcome)) == set(np.unique(few))


@pytest.mark.parametrize("method", WAYS)
def test_two_per_cent_of_buyers_end_with_honest_probabilities(method: str) -> None:
    """The calibration error out of fold and on the untouched test is at most 0.02."""
    training = trained(method).bundle.training
    assert training["test"]["ece"] <= 0.02
    assert training["validation"]["ece"] <= 0.02
    assert training["balance"]["method"] == method
    assert training["balance"]["balanced"]["ece"] <= 0.02


@pytest.mark.long
@pytest.mark.parametrize("family", ["bayes", "glassbox", "lightgbm"])
@pytest.mark.parametrize("method", WAYS)
def test_every_family_ends_with_honest_probabilities(method: str, family: str) -> None:
    made = trained(method, family, 10_000)
    assert made.bundle.training["test"]["ece"] <= 0.02
    fresh = generate(50_000, 77, positives=RARE)
    margin = made.bundle.scorer.score(fresh.leads).margin
    won = fresh.leads["Converted"].to_numpy().astype(float)
    assert metrics.ece(won, probability(margin)) <= 0.02


def test_the_record_says_what_it_changed() -> None:
    found = trained("weights").bundle.training["balance"]
    assert {"auc", "recall", "ece"} <= found["balanced"].keys() == found["none"].keys()
    assert found["auc_difference"]["low"] <= found["auc_difference"]["high"]
    assert trained("none").bundle.training["balance"] is None
    assert found["none"]["auc"] == pytest.approx(trained("none").bundle.training["validation"]["auc"])


def test_an_unknown_way_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        train(generate(100).leads, Options(target="Converted", balance="magic"))
    assert caught.value.code == "unknown_balance"
    assert "weights, oversample, undersample, smote" in str(caught.value.hint)


WITHOUT = """
import json, sys
sys.modules[sys.argv[1]] = None
from leadlight.data.sample import generate
from leadlight.errors import DependencyError
from leadlight.training.options import Options
from leadlight.training.fit import train
try:
    train(generate(300).leads, Options(target="Converted", **json.loads(sys.argv[2])))
except DependencyError as problem:
    print(problem.code, problem.hint)
"""


@pytest.mark.parametrize(
    ("library", "asked", "code", "extra"),
    [
        ("imblearn", {"balance": "smote"}, "no_imbalanced_learn", "leadlight[balance]"),
        ("optuna", {"tune": 3}, "no_optuna", "leadlight[tune]"),
    ],
)
def test_a_library_that_is_not_installed_is_asked_for(
    library: str, asked: dict[str, object], code: str, extra: str
) -> None:
    command = [sys.executable, "-c", WITHOUT, library, json.dumps(asked)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.startswith(code)
    assert extra in said
    assert len(said.splitlines()) == 1
