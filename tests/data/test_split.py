"""Parts of the rows: blind to the outcome, no group on both sides, forward in time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import split
from leadlight.data.split import Fold

SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=60)
SHARES = st.sampled_from([0.1, 0.2, 0.35, 0.5])


def rows_of(sizes: list[int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Groups of these sizes in a mixed order, with one draw a group."""
    dice = np.random.default_rng(seed)
    groups = dice.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return groups, dice.random(len(sizes))[groups]


def straddles(groups: np.ndarray, one: np.ndarray, other: np.ndarray) -> bool:
    return bool(np.isin(groups[one], groups[other]).any())


@given(SIZES, st.integers(0, 99), SHARES)
def test_the_test_part_holds_whole_groups_and_its_share(sizes: list[int], seed: int, share: float) -> None:
    groups, draws = rows_of(sizes, seed)
    test = split.hold_out(groups, draws, share)
    assert not straddles(groups, test, ~test)
    assert not split.straddling(groups, test).any()
    wanted = round(share * len(groups))
    assert test.sum() <= wanted
    left = [size for group, size in enumerate(sizes) if not test[groups == group].any()]
    assert all(size > wanted - test.sum() for size in left)


@given(SIZES, st.integers(0, 99))
def test_the_test_part_follows_the_rows_wherever_they_stand(sizes: list[int], seed: int) -> None:
    groups, draws = rows_of(sizes, seed)
    order = np.random.default_rng(seed + 1).permutation(len(groups))
    test = split.hold_out(groups, draws, 0.2)
    assert np.array_equal(split.hold_out(groups[order], draws[order], 0.2), test[order])


def test_a_crowd_of_equal_rows_does_not_empty_the_test_part() -> None:
    for seed in range(20):
        groups, draws = rows_of([400, *[1] * 600], seed)
        assert split.hold_out(groups, draws, 0.2).sum() == 200


def test_the_test_part_is_as_random_as_its_draws() -> None:
    draws = np.random.default_rng(0).random(5000)
    test = split.hold_out(np.arange(5000), draws, 0.2)
    assert test.sum() == 1000
    assert draws[test].max() < draws[~test].min()


MOMENTS = st.lists(st.sampled_from([float("nan"), *map(float, range(12))]), min_size=1, max_size=80)


@given(MOMENTS, SHARES)
def test_the_newest_are_newer_than_the_rest(moments: list[float], share: float) -> None:
    moment = np.array(moments)
    test = split.newest(moment, share)
    known = np.where(np.isnan(moment), -np.inf, moment)
    assert not test.all()
    if test.any():
        assert known[test].min() > known[~test].max()
        assert not np.isnan(moment[test]).any()
    if len(set(known.tolist())) == len(known) > 5:
        assert abs(test.sum() - share * len(known)) <= 1


def test_where_nothing_is_newer_there_is_no_test_part() -> None:
    for moment in (np.full(10, np.nan), np.zeros(10)):
        assert not split.newest(moment, 0.2).any()


def whole(folds: list[Fold], rows: int) -> bool:
    seen = np.concatenate([fold.validation for fold in folds])
    apart = all(not set(fold.train.tolist()) & set(fold.validation.tolist()) for fold in folds)
    return apart and sorted(seen.tolist()) == list(range(rows))


@given(SIZES, st.integers(0, 99), st.integers(2, 6), st.sampled_from(["mixed", "by group", "one"]))
def test_folds_are_whole_groups_of_about_one_size(sizes: list[int], seed: int, count: int, kind: str) -> None:
    groups, draws = rows_of(sizes, seed)
    dice = np.random.default_rng(seed)
    outcome = {
        "mixed": (dice.random(len(groups)) < 0.4).astype(float),
        "by group": (dice.random(len(sizes)) < 0.4)[groups].astype(float),
        "one": np.ones(len(groups)),
    }[kind]
    folds = split.stratified(groups, outcome, draws, count)
    assert len(folds) == count
    assert whole(folds, len(groups))
    assert all(not straddles(groups, fold.train, fold.validation) for fold in folds)
    filled = [len(fold.validation) for fold in folds]
    assert max(filled) - min(filled) <= 3 * max(sizes)
    won = [outcome[fold.validation].sum() for fold in folds]
    if kind != "mixed":
        assert max(won) - min(won) <= max(sizes)


@given(SIZES, st.integers(0, 99))
def test_folds_follow_the_rows_wherever_they_stand(sizes: list[int], seed: int) -> None:
    groups, draws = rows_of(sizes, seed)
    outcome = (np.random.default_rng(seed).random(len(groups)) < 0.4).astype(float)
    order = np.random.default_rng(seed + 1).permutation(len(groups))
    there = split.stratified(groups[order], outcome[order], draws[order], 3)
    for fold, moved in zip(split.stratified(groups, outcome, draws, 3), there, strict=True):
        assert sorted(order[moved.validation].tolist()) == fold.validation.tolist()


def test_single_rows_are_stratified_evenly() -> None:
    dice = np.random.default_rng(0)
    outcome = (dice.random(1003) < 0.3).astype(float)
    folds = split.stratified(np.arange(1003), outcome, dice.random(1003), 5)
    won = [outcome[fold.validation].sum() for fold in folds]
    assert max(won) - min(won) <= 1
    assert all(200 <= len(fold.validation) <= 202 for fold in folds)


@given(MOMENTS, st.integers(0, 9), st.integers(1, 6), st.booleans())
def test_forward_folds_only_look_ahead(moments: list[float], seed: int, count: int, keep: bool) -> None:
    moment = np.array(moments)
    groups = np.random.default_rng(seed).integers(0, 20, len(moment))
    known = np.where(np.isnan(moment), -np.inf, moment)
    folds = split.forward(np.arange(len(moment)) if keep else groups, moment, count)
    assert len(folds) <= count
    for fold in folds:
        assert len(fold.train)
        assert len(fold.validation)
        assert known[fold.train].max() < known[fold.validation].min()
        assert not np.isnan(moment[fold.validation]).any()
        assert keep or not straddles(groups, fold.validation, fold.train)
    looked_at = np.concatenate([fold.validation for fold in folds]) if folds else np.array([])
    assert len(set(looked_at.tolist())) == len(looked_at)
    for earlier, later in pairwise(folds):
        assert set(earlier.train.tolist()) < set(later.train.tolist())


def test_forward_folds_are_stretches_of_one_length() -> None:
    moment = np.random.default_rng(0).permutation(1200).astype(float)
    folds = split.forward(np.arange(1200), moment, 5)
    assert [len(fold.train) for fold in folds] == [200, 400, 600, 800, 1000]
    assert [len(fold.validation) for fold in folds] == [200] * 5


@pytest.mark.parametrize(
    ("groups", "mostly"),
    [
        ([0, 1, 2, 3], False),
        ([0, 0, 1, 1], False),
        ([0, 0, 0, 1, 1, 1], False),
        ([0] * 8 + [1] * 4 + [2, 3, 4], True),
        ([0] * 8 + list(range(1, 13)), False),
        ([0] * 100 + list(range(1, 901)), False),
        ([0] * 100 + list(range(1, 9_901)), False),
        ([], False),
    ],
)
def test_profiles_are_told_from_copies(groups: list[int], mostly: Any) -> None:
    """Many leads with the same few answers are profiles; a file that holds each lead twice is not."""
    assert split.is_mostly_repeated(np.array(groups, dtype=int)) is mostly
