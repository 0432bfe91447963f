"""An ensemble: what weighs how much, and that the whole is the sum of its parts."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.errors import BundleError
from leadlight.model.blend import Blend
from leadlight.training.candidates import OutOfFold
from leadlight.training.fit import train
from leadlight.training.learners import ENSEMBLE, FAMILIES, MEMBERS
from leadlight.training.learners.ensemble import joined, settings_of
from leadlight.training.options import Options
from leadlight.training.recipe import Recipe
from leadlight.training.stack import LEAST, learnt, stacked, weights
from tests.model.trained import few_rounds, sample
from tests.training.test_learners import bare


def outcomes(margin: np.ndarray, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(len(margin)) < 1 / (1 + np.exp(-margin))).astype(float)


def signals(rows: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two halves of what decides, and noise."""
    dice = np.random.default_rng(1)
    return dice.normal(size=rows), dice.normal(size=rows), dice.normal(size=rows)


def test_members_that_know_different_things_share_the_weight() -> None:
    one, other, noise = signals()
    found = weights(np.column_stack([one, other, noise]), outcomes(one + other))
    assert found[0] == pytest.approx(1, abs=0.15)
    assert found[1] == pytest.approx(1, abs=0.15)
    assert found[2] < 0.1


def test_twins_count_alike() -> None:
    one, other, _ = signals()
    found = weights(np.column_stack([one + other, one + other]), outcomes(one + other))
    assert found[0] == pytest.approx(found[1], abs=0.002)
    assert found.sum() == pytest.approx(1, abs=0.1)


def test_few_leads_do_not_pick_favourites() -> None:
    """Thirty leads say little: weights stay near equal ones."""
    one, other, _ = signals(30)
    found = weights(np.column_stack([one, other]), outcomes(one * 2, seed=3))
    assert 0.2 < found.min() <= found.max() < 1.0


@given(st.integers(1, 6), st.integers(0, 50))
def test_no_weight_is_negative_and_none_is_tiny(count: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    margins = dice.normal(size=(300, count)) + dice.normal(size=(300, 1))
    found = weights(margins, outcomes(margins[:, 0] - margins.mean(axis=1), seed))
    assert (found >= 0).all()
    assert found.any()
    assert (found[found > 0] > LEAST / 2 * found.sum()).all()


def test_members_that_say_nothing_count_alike() -> None:
    one, other, _ = signals()
    assert weights(-np.column_stack([one, one + other]), outcomes(one * 2)).tolist() == [0.5, 0.5]
    assert weights(-one[:, None], outcomes(one * 2)).tolist() == [1.0]


def candidate(family: str, margin: np.ndarray, **settings: float) -> OutOfFold:
    rows, fold = np.arange(len(margin)), np.arange(len(margin)) % 5
    return OutOfFold(Recipe(family, settings, "none", 3), rows, fold, margin, margin, rows, 1.0)


def test_weights_of_a_fold_come_from_the_other_folds() -> None:
    """Outcomes of one fold turned round change nothing that is said of its leads."""
    one, other, _ = signals()
    outcome = outcomes(one + other)
    members = [candidate("glassbox", one), candidate("lightgbm", other, num_leaves=4)]
    before = stacked(members, outcome)
    turned = np.where(members[0].fold == 2, 1 - outcome, outcome)
    after = stacked(members, turned)
    held = before.fold == 2
    assert np.array_equal(before.raw[held], after.raw[held])
    assert np.array_equal(before.margin[held], after.margin[held])
    assert not np.array_equal(before.raw[~held], after.raw[~held])
    assert before.family == ENSEMBLE
    assert before.recipe.settings.keys() == {"glassbox", "lightgbm", "lightgbm.num_leaves"}
    assert before.recipe.seed == 3
    assert before.seconds == 2.0


def test_settings_of_members_are_told_apart() -> None:
    settings = joined({"glassbox": 0.4, "lightgbm": 0.6}, {"glassbox": {}, "lightgbm": {"rounds": 9}})
    assert settings_of("lightgbm", settings) == {"rounds": 9}
    assert settings_of("glassbox", settings) == {}


def test_what_an_ensemble_needs_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    assert learnt(["ensemble"]) == [name for name in FAMILIES if name in MEMBERS]
    assert learnt(["bayes", "ensemble"])[0] == "bayes"
    assert learnt(["logistic"]) == ["logistic"]
    monkeypatch.setitem(sys.modules, "catboost", None)
    assert learnt(["ensemble"]) == [name for name in FAMILIES if name in MEMBERS and name != "catboost"]


@pytest.fixture(scope="module")
def ensemble() -> Any:
    options = Options(target="Converted", models=["ensemble"], seed=1, folds=2, refit=False)
    with few_rounds():
        return train(sample(800).leads, options)


def test_an_ensemble_is_the_weighted_sum_of_its_members(ensemble: Any) -> None:
    scorer = ensemble.bundle.scorer
    assert isinstance(scorer.learner, Blend)
    codes = scorer.encode(sample(800).leads)
    parts = [
        weight * part.margin(codes)
        for weight, part in zip(scorer.learner.weights, scorer.learner.parts, strict=True)
    ]
    assert np.abs(scorer.learner.margin(codes) - sum(parts)).max() < 1e-12
    settings = ensemble.bundle.training["settings"]
    assert [settings[name] for name in MEMBERS if name in settings] == list(scorer.learner.weights)
    assert {each["name"] for each in ensemble.bundle.training["candidates"]} >= {
        "ensemble",
        "glassbox",
        "lightgbm",
    }
    assert ensemble.bundle.family == ENSEMBLE
    again = type(ensemble.bundle).from_bytes(ensemble.bundle.to_bytes())
    assert np.array_equal(again.scorer.margin(codes), scorer.margin(codes))


@pytest.mark.parametrize(
    "change",
    [
        {"weights": [0.5]},
        {"weights": [0.5, -0.1]},
        {"weights": [0.5, 1e9]},
        {"weights": []},
        {"parts": []},
        {"parts": [{"runtime": "blend", "model": {}}] * 2},
        {"parts": [{"runtime": "os", "model": {}}] * 2},
    ],
)
def test_an_ensemble_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    codes = np.random.default_rng(0).integers(0, 4, (200, 2)).astype(np.uint16)
    encoder = bare(codes, codes[:, 0]).encoder
    blend = FAMILIES[ENSEMBLE](
        codes, outcomes(codes[:, 0] - 1.5), encoder, settings={"glassbox": 0.5, "lightgbm": 0.5}
    )
    data = json.loads(json.dumps(blend.to_json()))
    arrays = blend.to_arrays()
    assert np.array_equal(Blend.restore(data, arrays, encoder.sizes).margin(codes), blend.margin(codes))
    with pytest.raises((BundleError, KeyError)):
        Blend.restore(data | change, arrays, encoder.sizes)
