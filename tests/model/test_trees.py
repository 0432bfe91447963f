"""Models made of trees: our arrays say what the engine says, and hostile arrays never reach it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from leadlight.errors import BundleError
from leadlight.model.trees import INTEGERS, REALS, Trees, of_booster, of_text
from leadlight.training.learners.boosting import SETTINGS, boost
from tests.model.shapley import of_trees

SIZES = (40, 22, 252, 4)
WAYS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "plain": ({"num_leaves": 16}, False, False),
    "stumps": ({"num_leaves": 2}, False, False),
    "weighted": ({"num_leaves": 8}, True, False),
    "from a margin": ({"num_leaves": 3}, False, True),
    "deep": ({"num_leaves": 150, "min_data_in_leaf": 1}, False, False),
    "bagged": ({"bagging_fraction": 0.5, "bagging_freq": 1}, True, False),
    "by node": ({"feature_fraction_bynode": 0.3, "lambda_l2": 5.0}, False, False),
}


@cache
def world(rows: int = 3000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    dice = np.random.default_rng(0)
    codes = np.column_stack([dice.integers(0, size, rows) for size in SIZES]).astype(np.uint16)
    effect = dice.normal(size=252)[codes[:, 2]]
    margin = 0.05 * codes[:, 0] * (codes[:, 3] > 1) - 0.1 * codes[:, 1] + effect
    outcome = (dice.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)
    return codes, outcome, margin / 2


@cache
def learnt(way: str, rounds: int = 25) -> tuple[Any, Trees]:
    """A booster of LightGBM, and the trees taken out of it."""
    import lightgbm

    settings, weighted, started = WAYS[way]
    codes, outcome, margin = world()
    every = {**SETTINGS, "num_threads": 1, "seed": 3, **settings}
    weight = np.random.default_rng(1).random(len(outcome)) * 3 if weighted else None
    data = lightgbm.Dataset(
        codes.astype(np.float32), outcome, weight=weight, init_score=margin if started else None, params=every
    )
    booster = lightgbm.train(every, data, num_boost_round=rounds)
    return booster, of_booster(booster, len(SIZES))


ways = pytest.mark.parametrize("way", WAYS)


def same(one: Trees, other: Trees) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        and getattr(one, name).dtype == getattr(other, name).dtype
        for name in (*INTEGERS, *REALS)
    )


@ways
def test_the_arrays_say_what_the_booster_says(way: str) -> None:
    booster, trees = learnt(way)
    codes = world()[0]
    floats = codes.astype(np.float32)
    assert np.abs(trees.margin(codes) - booster.predict(floats, raw_score=True)).max() < 1e-12
    shares = booster.predict(floats[:200], pred_contrib=True)
    assert np.abs(trees.contributions(codes[:200]) - shares[:, :-1]).max() < 1e-12
    assert abs(trees.base - shares[0, -1]) < 1e-12


@ways
def test_an_engine_fed_from_the_arrays_says_the_same(way: str) -> None:
    booster, trees = learnt(way)
    floats = world()[0].astype(np.float32)
    again = trees.engine
    assert (
        np.abs(again.predict(floats, raw_score=True) - booster.predict(floats, raw_score=True)).max() < 1e-12
    )
    shares = [each.predict(floats[:100], pred_contrib=True) for each in (again, booster)]
    assert np.abs(shares[0] - shares[1]).max() < 1e-12


@ways
def test_writing_and_reading_again_changes_nothing(way: str) -> None:
    _, trees = learnt(way)
    assert same(of_text(trees.to_text(), len(SIZES)), trees)
    data = json.loads(json.dumps(trees.to_json()))
    arrays = {name: np.frombuffer(each.tobytes(), each.dtype) for name, each in trees.to_arrays().items()}
    restored = Trees.restore(data, arrays, SIZES)
    codes = world()[0]
    assert same(restored, trees)
    assert np.array_equal(restored.margin(codes), trees.margin(codes))
    assert np.array_equal(restored.contributions(codes[:50]), trees.contributions(codes[:50]))


@ways
def test_one_row_is_a_batch_bit_for_bit(way: str) -> None:
    _, trees = learnt(way)
    codes = world()[0]
    margins, parts = trees.margin(codes), trees.contributions(codes[:400])
    for k in range(0, len(parts), 37):
        assert trees.margin(codes[k : k + 1])[0] == margins[k]
        assert np.array_equal(trees.contributions(codes[k : k + 1])[0], parts[k])
    assert np.array_equal(trees.margin(np.asfortranarray(codes[::-1])), margins[::-1])
    assert trees.margin(codes[:0]).shape == (0,)


@ways
def test_contributions_add_up(way: str) -> None:
    _, trees = learnt(way)
    codes = world()[0][:500]
    parts = trees.contributions(codes)
    assert np.abs(trees.base + parts.sum(axis=1) - trees.margin(codes)).max() < 1e-9


@ways
def test_contributions_are_shapley_values(way: str) -> None:
    _, trees = learnt(way)
    few = replace_trees(trees, 6)
    for row in world()[0][:5]:
        assert np.abs(few.contributions(row[None])[0] - of_trees(few, row)).max() < 1e-6


def replace_trees(trees: Trees, count: int) -> Trees:
    """The first few trees alone."""
    splits, leaves = list(trees)[count - 1]
    cut = {
        name: getattr(trees, name)[: splits.stop]
        for name in ("feature", "threshold", "left", "right", "rows", "value")
    }
    cut |= {name: getattr(trees, name)[: leaves.stop] for name in ("leaf_value", "leaf_rows")}
    return replace(trees, leaves=trees.leaves[:count], **cut)


def test_the_seed_decides_what_is_drawn() -> None:
    codes, outcome, _ = world()
    settings = {"num_leaves": 8, "feature_fraction_bynode": 0.5}
    one, again, other = (boost(codes, outcome, 5, {**settings, "seed": seed}) for seed in (1, 1, 2))
    assert same(one, again)
    assert not same(one, other)


def test_every_code_can_be_told_from_its_neighbour() -> None:
    """250 levels, missing and other are 252 codes: no two share a bin of the engine."""
    codes = np.arange(252, dtype=np.uint16).repeat(30)[:, None]
    outcome = (np.arange(len(codes)) % 30 < codes[:, 0] * 7 % 30).astype(float)
    settings = {"num_leaves": 1000, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0}
    trees = boost(codes, outcome, 1, settings)
    assert sorted(trees.threshold.tolist()) == list(range(251))


def test_nothing_to_split_is_a_tree_of_one_leaf() -> None:
    codes, outcome = np.zeros((100, 4), dtype=np.uint16), np.arange(100) % 2.0
    trees = boost(codes, outcome, 3, {})
    assert set(trees.leaves.tolist()) == {1}
    restored = Trees.restore(trees.to_json(), trees.to_arrays(), SIZES)
    assert np.array_equal(restored.margin(world()[0][:5]), trees.margin(codes[:5]))
    assert not restored.contributions(world()[0][:5]).any()


def test_features_can_stand_anywhere() -> None:
    _, trees = learnt("plain")
    codes, order = world()[0], [2, 0, 3, 1]
    there = np.empty_like(codes)
    there[:, order] = codes
    placed = trees.placed(order)
    assert np.array_equal(placed.margin(there), trees.margin(codes))
    assert np.abs(placed.contributions(there)[:, order] - trees.contributions(codes)).max() < 1e-12


def with_value(name: str, value: float, place: int = 0) -> Any:
    def change(data: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        arrays[name][place] = value

    return change


def with_array(name: str, change_array: Any) -> Any:
    def change(data: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        arrays[name] = change_array(arrays[name])

    return change


def shared_child(data: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    arrays["right"][0] = arrays["left"][0]


def swapped_trees(data: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    arrays["leaves"][0] += 1
    arrays["leaves"][1] -= 1


HOSTILE = {
    "cycle to the root": with_value("left", 0),
    "cycle to itself": with_value("left", 1, 1),
    "shared child": shared_child,
    "child beyond the splits": with_value("left", 15),
    "child beyond the leaves": with_value("left", -17),
    "child far beyond": with_value("right", 2**31 - 1),
    "child far below": with_value("right", -(2**31)),
    "feature beyond": with_value("feature", 4),
    "feature below": with_value("feature", -1),
    "threshold beyond": with_value("threshold", 252),
    "threshold below": with_value("threshold", -1),
    "leaf not a number": with_value("leaf_value", np.nan),
    "leaf infinite": with_value("leaf_value", -np.inf),
    "leaf huge": with_value("leaf_value", 1e6),
    "node not a number": with_value("value", np.nan),
    "rows below zero": with_value("rows", -1),
    "rows that do not add up": with_value("rows", 2999),
    "leaf without rows": with_value("leaf_rows", 0),
    "leaf rows below zero": with_value("leaf_rows", -5),
    "leaf rows that do not add up": with_value("leaf_rows", 2**31 - 1),
    "no trees": with_array("leaves", lambda each: each[:0]),
    "a tree without leaves": with_value("leaves", 0),
    "leaves below zero": with_value("leaves", -3),
    "leaves without number": with_value("leaves", 2**31 - 1),
    "a tree too many": with_array("leaves", lambda each: np.append(each, each[:1])),
    "trees parted elsewhere": swapped_trees,
    "splits cut off": with_array("threshold", lambda each: each[:-1]),
    "leaves cut off": with_array("leaf_value", lambda each: each[:-1]),
    "long integers": with_array("feature", lambda each: each.astype(np.int64)),
    "floats for integers": with_array("left", lambda each: each.astype(np.float64)),
    "small floats": with_array("leaf_value", lambda each: each.astype(np.float32)),
    "another byte order": with_array("leaf_value", lambda each: each.astype(">f8")),
    "objects": with_array("leaf_value", lambda each: each.astype(object)),
    "a side too many": with_array("rows", lambda each: each[:, None]),
    "other features": lambda data, arrays: data.update(features=5),
    "features as words": lambda data, arrays: data.update(features="4"),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_contradicts_itself_is_not_restored(change: Any) -> None:
    _, trees = learnt("plain")
    data, arrays = trees.to_json(), {name: each.copy() for name, each in trees.to_arrays().items()}
    change(data, arrays)
    with pytest.raises(BundleError):
        Trees.restore(data, arrays, SIZES)


def chain(depth: int) -> Trees:
    """One tree that goes down on one side."""
    splits = np.arange(depth, dtype=np.int32)
    leaf_rows = np.full(depth + 1, 20, dtype=np.int32)
    return Trees(
        features=4,
        leaves=np.array([depth + 1], dtype=np.int32),
        feature=np.zeros(depth, dtype=np.int32),
        threshold=np.full(depth, 3, dtype=np.int32),
        left=~splits,
        right=np.where(splits == depth - 1, ~np.int32(depth), splits + 1).astype(np.int32),
        rows=(20 * (depth + 1 - splits)).astype(np.int32),
        value=np.zeros(depth),
        leaf_value=np.linspace(-1, 1, depth + 1),
        leaf_rows=leaf_rows,
    )


@pytest.mark.parametrize(("depth", "sound"), [(1, True), (64, True), (65, False), (5000, False)])
def test_trees_are_not_endlessly_deep(depth: int, sound: bool) -> None:
    trees = chain(depth)
    if sound:
        restored = Trees.restore(trees.to_json(), trees.to_arrays(), SIZES)
        assert restored.margin(np.array([[9, 0, 0, 0]], dtype=np.uint16))[0] == 1.0
        assert np.isfinite(restored.contributions(world()[0][:20])).all()
    else:
        with pytest.raises(BundleError):
            Trees.restore(trees.to_json(), trees.to_arrays(), SIZES)


@pytest.mark.parametrize("sizes", [(40, 22, 252), (40, 22, 252, 4, 4), (3, 3, 3, 3)])
def test_another_encoder_is_refused(sizes: tuple[int, ...]) -> None:
    _, trees = learnt("plain")
    with pytest.raises(BundleError):
        Trees.restore(trees.to_json(), trees.to_arrays(), sizes)


@ways
def test_a_walk_gives_the_margins_bit_for_bit(way: str) -> None:
    _, trees = learnt(way)
    codes = world()[0]
    assert trees.walk(codes).tobytes() == trees.margin(codes).tobytes()
    assert len(trees.walk(codes[:0])) == 0
