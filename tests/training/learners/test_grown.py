"""Trees that other libraries have grown say in our format what they said there, on any codes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from leadlight.model.encode import Encoder, Feature
from leadlight.model.trees import Trees
from leadlight.training.learners import catboost, forest, tree, xgboost
from leadlight.training.learners.forest import with_log_odds
from leadlight.training.learners.grown import Grown, trees_of
from leadlight.training.learners.settings import Settings
from leadlight.training.learners.xgboost import of_booster
from tests.model.test_trees import SIZES, world

SMALL = {"rounds": 40, "learning_rate": 0.1}


@cache
def strangers(rows: int = 4000) -> np.ndarray:
    """Codes in combinations that hardly any training row has."""
    dice = np.random.default_rng(9)
    return np.column_stack([dice.integers(0, size, rows) for size in SIZES]).astype(np.uint16)


def weights(is_weighted: bool) -> np.ndarray | None:
    return np.random.default_rng(1).random(len(world()[1])) * 3 + 0.1 if is_weighted else None


def few(rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """So few leads that many codes were seen by no tree."""
    codes, outcome, _ = world()
    return codes[:rows], outcome[:rows]


def by_xgboost(
    codes: np.ndarray, outcome: np.ndarray, weight: np.ndarray | None, settings: Settings
) -> tuple[Callable[[np.ndarray], np.ndarray], Trees]:
    library: Any = xgboost.library()
    rate = float(np.average(outcome, weights=weight))
    data = library.DMatrix(codes.astype(np.float32), outcome, weight=weight)
    chosen = {**xgboost.FIXED, **xgboost.SETTINGS, **SMALL, **settings, "base_score": rate}
    booster = library.train(chosen, data, chosen.pop("rounds"))

    def margin(some: np.ndarray) -> np.ndarray:
        return booster.predict(library.DMatrix(some.astype(np.float32)), output_margin=True)

    return margin, of_booster(booster, data, rate)


XGBOOST: dict[str, Settings] = {
    "small": {},
    "stumps": {"max_leaves": 2},
    "large": {"max_leaves": 60, "min_child_weight": 0.1},
    "by depth": {"grow_policy": "depthwise", "max_depth": 5, "max_leaves": 0},
    "pruned": {"grow_policy": "depthwise", "max_depth": 5, "max_leaves": 0, "gamma": 2.0},
}


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("way", XGBOOST)
def test_the_trees_say_what_xgboost_says(way: str, is_weighted: bool) -> None:
    codes, outcome, _ = world()
    margin, trees = by_xgboost(codes, outcome, weights(is_weighted), XGBOOST[way])
    for some in (codes, strangers()):
        assert np.abs(trees.margin(some) - margin(some)).max() < 1e-6


def test_codes_that_no_lead_had_go_where_the_library_sends_them() -> None:
    codes, outcome = few()
    margin, trees = by_xgboost(codes, outcome, None, {})
    assert np.abs(trees.margin(strangers()) - margin(strangers())).max() < 1e-6


def test_a_tree_of_scikit_learn_parts_the_leads_alike() -> None:
    from sklearn.tree import DecisionTreeClassifier

    codes, outcome, _ = world()
    model = DecisionTreeClassifier(max_leaf_nodes=30, min_samples_leaf=5, random_state=0)
    model.fit(codes.astype(np.float32), outcome)
    trees = with_log_odds([model.tree_], codes, outcome, np.ones(len(codes)), 1e-9)
    for some in (codes, strangers()):
        chance = 1 / (1 + np.exp(-trees.margin(some)))
        assert np.abs(chance - model.predict_proba(some.astype(np.float32))[:, 1]).max() < 1e-9


def places(trees: Trees, codes: np.ndarray) -> list[np.ndarray]:
    """The leaf of each row in each tree, one step after another."""
    found = []
    for splits, _ in trees:
        feature, threshold = trees.feature[splits], trees.threshold[splits]
        left, right = trees.left[splits], trees.right[splits]
        leaves = []
        for row in codes.astype(np.int64):
            node = 0 if len(feature) else -1
            while node >= 0:
                node = left[node] if row[feature[node]] <= threshold[node] else right[node]
            leaves.append(~node)
        found.append(np.array(leaves))
    return found


def test_the_rows_of_a_leaf_are_the_leads_that_end_there() -> None:
    """A leaf that none ends in counts one, and the rows above are the sum of the rows below."""
    codes, outcome = few()
    _, trees = by_xgboost(codes, outcome, None, {"rounds": 5})
    for (_, leaves), place in zip(trees, places(trees, codes), strict=True):
        counts = np.bincount(place, minlength=leaves.stop - leaves.start)
        assert np.array_equal(trees.leaf_rows[leaves], np.maximum(counts, 1))
    restored = Trees.restore(trees.to_json(), trees.to_arrays(), SIZES)
    assert np.array_equal(restored.margin(codes), trees.margin(codes))


def test_few_leaves_are_drawn_towards_what_is_above_them() -> None:
    """The more smoothing, the nearer every leaf is to all leads."""
    codes, outcome, _ = world()
    rate = np.log(outcome.mean() / (1 - outcome.mean()))
    spread = [
        np.abs(
            tree.fit(codes, outcome, Encoder(()), settings={"smoothing": each}).margin(codes) - rate
        ).mean()
        for each in (0.1, 10.0, 1e3, 1e9)
    ]
    assert spread == sorted(spread, reverse=True)
    assert spread[-1] < 1e-4


def test_nodes_that_are_not_in_use_are_left_out() -> None:
    """Pruned nodes may stand anywhere; parents need not come first."""
    grown = Grown(
        feature=np.array([2, 0, 7, 1, 0, 0]),
        threshold=np.array([3, 0, 9, 4, 0, 0]),
        left=np.array([3, -1, -1, 1, -1, -1]),
        right=np.array([5, -1, -1, 4, -1, -1]),
        value=np.array([0.0, 1.0, 99.0, 0.0, 3.0, -1.0]),
        rows=np.array([0, 2, 50, 0, 6, 4]),
    )
    trees = trees_of([grown], 3, start=0.5)
    assert trees.feature.tolist() == [2, 1]
    assert trees.rows.tolist() == [12, 8]
    assert sorted(zip(trees.leaf_rows.tolist(), trees.leaf_value.tolist(), strict=True)) == [
        (2, 1.5),
        (4, -0.5),
        (6, 3.5),
    ]
    assert trees.value.tolist() == [(2 * 1.5 + 6 * 3.5 - 4 * 0.5) / 12, (2 * 1.5 + 6 * 3.5) / 8]
    codes = np.array([[0, 4, 3], [0, 5, 3], [0, 0, 4]], dtype=np.uint16)
    assert trees.margin(codes).tolist() == [1.5, 3.5, -0.5]


THREADS = {
    "xgboost": (xgboost.fit, "nthread"),
    "catboost": (catboost.fit, "thread_count"),
}


@pytest.mark.parametrize("family", THREADS)
@pytest.mark.parametrize("times", [1, 30])
def test_the_number_of_threads_does_not_matter(family: str, times: int) -> None:
    fit, name = THREADS[family]
    codes, outcome, _ = world()
    many, won = np.tile(codes, (times, 1)), np.tile(outcome, times)
    encoder = bare(SIZES)
    one, two = (
        fit(many, won, encoder, settings={"rounds": 8, name: threads}).to_arrays() for threads in (1, 2)
    )
    assert all(np.array_equal(one[part], two[part]) for part in one)


def test_the_number_of_threads_does_not_matter_to_a_forest(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, outcome, _ = world()
    one = forest.fit(codes, outcome, bare(SIZES), settings={"rounds": 8}).to_arrays()
    monkeypatch.setattr(forest, "ROWS_FOR_THREADS", 1)
    two = forest.fit(codes, outcome, bare(SIZES), settings={"rounds": 8}).to_arrays()
    assert all(np.array_equal(one[part], two[part]) for part in one)


def bare(sizes: tuple[int, ...]) -> Encoder:
    """As many codes a feature, and nothing behind them."""
    return Encoder(
        tuple(
            Feature(f"f{k}", "value", edges=tuple(map(float, range(size - 2))))
            for k, size in enumerate(sizes)
        )
    )
