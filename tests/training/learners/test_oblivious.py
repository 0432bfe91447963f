"""CatBoost's figures of kinds, counted again, give CatBoost's own scores; rare kinds are in no model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from leadlight.model.encode import SUPPORT, Encoder, Feature
from leadlight.model.grid import Grids
from leadlight.model.trees import Trees
from leadlight.training.learners import catboost, oblivious

SMALL = {"rounds": 60, "learning_rate": 0.1}


def encoder() -> Encoder:
    words = [
        Feature(f"word {k}", "level", levels=tuple(f"level {j}" for j in range(size)))
        for k, size in enumerate((4, 5, 3))
    ]
    numbers = [Feature(f"number {k}", "value", edges=(1.0, 2.0, 3.0)) for k in range(2)]
    return Encoder((words[0], numbers[0], words[1], numbers[1], words[2]))


def leads(rows: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes that depend on two words together; no kind is rare."""
    dice = np.random.default_rng(seed)
    codes = np.column_stack([dice.integers(0, size, rows) for size in (4, 5, 5, 5, 3)]).astype(np.uint16)
    margin = 1.5 * ((codes[:, 0] + codes[:, 2]) % 3 == 0) + 0.3 * codes[:, 1] - 1.5
    return codes, (dice.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)


@pytest.mark.parametrize(
    "settings", [{}, {"depth": 1}, {"depth": 6, "l2_leaf_reg": 0.1}, {"max_ctr_complexity": 1}, {"rsm": 1.0}]
)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_the_trees_say_what_catboost_says(
    settings: dict[str, float], is_weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oblivious, "SUPPORT", 1)
    codes, outcome = leads()
    weight = np.random.default_rng(1).random(len(codes)) * 3 + 0.1 if is_weighted else None
    library, layout = catboost.library(), catboost._layout(encoder())
    asked: list[np.ndarray] = []

    def learnt(model: object) -> dict[str, object]:
        pool = library.Pool(
            library.FeaturesData(catboost._numbers(codes, layout), catboost._words(codes, layout))
        )
        asked.append(model.predict(pool, prediction_type="RawFormulaVal"))  # type: ignore[attr-defined]
        return told(model)

    told = catboost._told
    monkeypatch.setattr(catboost, "_told", learnt)
    trees = catboost.fit(codes, outcome, encoder(), weight=weight, settings={**SMALL, **settings})
    start = float(np.log(np.average(outcome, weights=weight) / (1 - np.average(outcome, weights=weight))))
    assert trees.crossings
    assert np.abs(trees.margin(codes) - start - asked[0]).max() < 1e-9


def test_kinds_that_few_leads_are_of_are_in_no_model() -> None:
    codes, outcome = leads(300)
    trees = catboost.fit(codes, outcome, encoder(), settings=SMALL)
    rare = 0
    for crossing in trees.crossings:
        kinds, rows = np.unique(crossing.kind(codes), return_counts=True)
        assert set(crossing.kinds.astype(int)) == set(kinds[rows >= SUPPORT].tolist())
        rare += int((rows < SUPPORT).sum())
    assert rare


def test_what_made_columns_add_is_exact_and_shared_out() -> None:
    """Against LightGBM's TreeSHAP over the made columns as if they were features."""
    codes, outcome = leads()
    trees = catboost.fit(codes, outcome, encoder(), settings=SMALL)
    assert isinstance(trees.grids, Grids)
    by_engine = replace(trees)
    by_engine.__dict__["grids"] = None
    assert np.abs(by_engine.contributions(codes) - trees.contributions(codes)).max() < 1e-9
    parts = trees.contributions(codes)
    assert np.abs(trees.base + parts.sum(axis=1) - trees.margin(codes)).max() < 1e-9
    assert parts.shape == codes.shape


def test_features_in_another_place_are_the_same_model() -> None:
    codes, outcome = leads(800)
    trees = catboost.fit(codes, outcome, encoder(), settings=SMALL)
    order = [3, 0, 4, 1, 2]
    moved = np.empty_like(codes)
    moved[:, order] = codes
    assert np.array_equal(trees.placed(order).margin(moved), trees.margin(codes))
    gap = trees.placed(order).contributions(moved)[:, order] - trees.contributions(codes)
    assert np.abs(gap).max() < 1e-12


def test_it_is_restored_from_plain_data() -> None:
    codes, outcome = leads(800)
    trees = catboost.fit(codes, outcome, encoder(), settings=SMALL)
    again = Trees.restore(json.loads(json.dumps(trees.to_json())), trees.to_arrays(), encoder().sizes)
    assert np.array_equal(again.margin(codes), trees.margin(codes))
    assert np.array_equal(again.contributions(codes), trees.contributions(codes))
