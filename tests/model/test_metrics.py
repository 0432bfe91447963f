from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from leadlight.model import metrics
from leadlight.model.probability import probability

EXACT = {"abs": 1e-12, "rel": 1e-12}


def leads(rows: int, levels: int | None = None, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes and margins; with few levels, many ties."""
    dice = np.random.default_rng(seed)
    margin = dice.normal(-0.5, 1.8, rows)
    y = dice.random(rows) < probability(margin)
    return y, margin if levels is None else np.round(margin * levels / 8)


@pytest.mark.parametrize(("rows", "levels"), [(30, None), (300, 3), (1000, 9), (5000, None)])
def test_ranking_agrees_with_scikit_learn(rows: int, levels: int | None) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    y, margin = leads(rows, levels)
    assert metrics.auc(y, margin) == pytest.approx(roc_auc_score(y, margin), **EXACT)
    assert metrics.gini(y, margin) == pytest.approx(2 * roc_auc_score(y, margin) - 1, **EXACT)
    assert metrics.average_precision(y, margin) == pytest.approx(average_precision_score(y, margin), **EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_agree_with_scikit_learn(seed: int) -> None:
    from sklearn.metrics import brier_score_loss, log_loss

    y, margin = leads(2000, seed=seed)
    share = probability(margin)
    share[:3] = 0.0, 1.0, 0.5
    assert metrics.log_loss(y, share) == pytest.approx(log_loss(y, share), **EXACT)
    assert metrics.brier(y, share) == pytest.approx(brier_score_loss(y, share), **EXACT)


@pytest.mark.parametrize("cut", [-2.0, 0.0, 1.5])
def test_calls_agree_with_scikit_learn(cut: float) -> None:
    from sklearn import metrics as theirs

    y, margin = leads(1500)
    call = margin >= cut
    found = metrics.Confusion.of(y, call)
    assert (found.true_negative, found.false_positive, found.false_negative, found.true_positive) == tuple(
        theirs.confusion_matrix(y, call).ravel().tolist()
    )
    assert metrics.accuracy(y, call) == pytest.approx(theirs.accuracy_score(y, call), **EXACT)
    assert metrics.precision(y, call) == pytest.approx(theirs.precision_score(y, call), **EXACT)
    assert metrics.recall(y, call) == pytest.approx(theirs.recall_score(y, call), **EXACT)
    assert metrics.f1(y, call) == pytest.approx(theirs.f1_score(y, call), **EXACT)
    assert metrics.f1_negative(y, call) == pytest.approx(theirs.f1_score(y, call, pos_label=0), **EXACT)


def test_ece_is_the_gap_by_bins_weighted_by_leads() -> None:
    share = np.array([0.05, 0.05, 0.35, 0.35, 1.0])
    assert metrics.ece([0, 0, 1, 0, 1], share) == pytest.approx((0.1 + 0.3 + 0.0) / 5)
    assert metrics.ece([0, 0, 1, 0, 1], share, bins=1) == pytest.approx(abs(1.8 - 2) / 5)


def test_the_value_of_calls() -> None:
    assert metrics.value([1, 0, 1, 0], [1, 1, 0, 0], call_cost=10, deal_value=100) == (100 - 20) / 4


def test_what_is_not_defined_is_nan() -> None:
    assert math.isnan(metrics.auc([1, 1], [0, 1]))
    assert math.isnan(metrics.average_precision([0, 0], [0, 1]))
    assert math.isnan(metrics.precision([1, 0], [0, 0]))
    assert math.isnan(metrics.recall([0, 0], [1, 0]))
    assert math.isnan(metrics.f1([0, 0], [0, 0]))
    for of in (metrics.auc, metrics.log_loss, metrics.brier, metrics.ece):
        assert math.isnan(of([], []))


def test_a_million_leads_take_less_than_a_second() -> None:
    y, margin = leads(1_000_000)
    start = time.process_time()
    metrics.auc(y, margin)
    assert time.process_time() - start < 1


@given(arrays(bool, some.integers(2, 200)), some.integers(1, 30), some.integers(0, 9))
def test_auc_is_the_share_of_pairs_in_order(y: np.ndarray, levels: int, seed: int) -> None:
    margin = np.random.default_rng(seed).integers(0, levels, len(y)).astype(float)
    if y.all() or not y.any():
        return
    apart = margin[y][:, None] - margin[~y][None, :]
    assert metrics.auc(y, margin) == pytest.approx(((apart > 0) + (apart == 0) / 2).mean(), **EXACT)
    assert metrics.auc(y, -margin) == pytest.approx(1 - metrics.auc(y, margin), **EXACT)


@given(arrays(bool, some.integers(1, 200)), some.integers(0, 9))
def test_precision_recall_and_f1_meet(y: np.ndarray, seed: int) -> None:
    margin = np.random.default_rng(seed).permutation(len(y)).astype(float)
    if not y.any():
        return
    call = margin >= metrics.meeting_point(y, margin)
    assert call.sum() == y.sum()
    assert metrics.precision(y, call) == metrics.recall(y, call)
    if (y & call).any():
        assert metrics.f1(y, call) == pytest.approx(metrics.precision(y, call))


@given(arrays(bool, some.integers(1, 200)), some.integers(1, 6), some.integers(0, 9))
def test_with_ties_no_cut_comes_nearer(y: np.ndarray, levels: int, seed: int) -> None:
    margin = np.random.default_rng(seed).integers(0, levels, len(y)).astype(float)
    cut = metrics.meeting_point(y, margin)
    apart = [abs(int((margin >= other).sum()) - int(y.sum())) for other in np.unique(margin)]
    assert abs(int((margin >= cut).sum()) - int(y.sum())) == min(apart)
    assert cut not in margin[margin < cut]


def test_neighbours_without_room_between_them_are_still_parted() -> None:
    margin = np.array([1.0, np.nextafter(1.0, 2.0)])
    assert (margin >= metrics.meeting_point([0, 1], margin)).tolist() == [False, True]


def test_wilson_agrees_with_the_formula() -> None:
    low, high = metrics.wilson([0, 5, 10], [10, 10, 10])
    assert low == pytest.approx([0.0, 0.2693, 0.7871], abs=1e-3)
    assert high == pytest.approx([0.2129, 0.7307, 1.0], abs=1e-3)
    assert math.isnan(float(metrics.wilson(0, 0)[0]))
