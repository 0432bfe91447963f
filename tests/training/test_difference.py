from __future__ import annotations

import json

import numpy as np
import pytest

from leadlight.model import metrics
from leadlight.model.probability import probability
from leadlight.training.difference import Difference, paired_difference, paired_standard_error

ALL = (
    "auc",
    "gini",
    "average_precision",
    "log_loss",
    "brier",
    "ece",
    "accuracy",
    "precision",
    "recall",
    "f1",
)


def pair(rows: int, seed: int = 0, noise: tuple[float, float] = (0.7, 1.0)) -> tuple[np.ndarray, ...]:
    """Outcomes and the margins of two models that see them through different noise."""
    dice = np.random.default_rng(seed)
    truth = dice.normal(-0.5, 1.8, rows)
    y = dice.random(rows) < probability(truth)
    return y, truth + dice.normal(0, noise[0], rows), truth + dice.normal(0, noise[1], rows)


def value(metric: str, y: np.ndarray, margin: np.ndarray) -> float:
    if metric in ("log_loss", "brier", "ece"):
        return getattr(metrics, metric)(y, probability(margin))
    if metric in ("auc", "gini", "average_precision"):
        return getattr(metrics, metric)(y, margin)
    return getattr(metrics, metric)(y, margin >= 0.3)


@pytest.mark.parametrize("metric", ALL)
def test_it_is_the_difference_of_the_two_figures(metric: str) -> None:
    y, first, second = pair(1500)
    found = paired_difference(y, first, second, metric, 3, cuts=(0.3, 0.3))
    assert found.difference == pytest.approx(value(metric, y, first) - value(metric, y, second), abs=1e-12)
    assert found.low < found.difference < found.high
    back = paired_difference(y, second, first, metric, 3, cuts=(0.3, 0.3))
    assert back.difference == pytest.approx(-found.difference, abs=1e-12)


@pytest.mark.parametrize("metric", ALL)
def test_the_standard_error_is_what_samples_show(metric: str) -> None:
    """Samples' differences spread as each says of itself; nine in ten intervals hold their mean."""
    found = [paired_difference(*pair(600, seed), metric, seed, cuts=(0.3, 0.3)) for seed in range(120)]
    spread = np.std([each.difference for each in found])
    assert np.mean([each.standard_error for each in found]) == pytest.approx(spread, rel=0.25)
    middle = np.mean([each.difference for each in found])
    assert 0.8 <= np.mean([each.low <= middle <= each.high for each in found]) <= 0.97


def test_it_is_surer_than_the_two_figures() -> None:
    y, first, _ = pair(2000)
    second = first + np.random.default_rng(5).normal(0, 0.2, 2000)
    paired = paired_standard_error(y, first, second)
    apart = paired_standard_error(y, first, np.random.default_rng(6).normal(size=2000))
    assert paired < apart / 4


@pytest.mark.parametrize("metric", ALL)
def test_a_model_does_not_differ_from_itself(metric: str) -> None:
    y, margin, _ = pair(400)
    assert paired_difference(y, margin, margin, metric) == Difference(0.0, 0.0, 0.0, 0.0)


def test_ties_are_counted_half() -> None:
    y, first, second = pair(500)
    found = paired_difference(y, np.round(first), np.round(second))
    assert found.difference == pytest.approx(
        metrics.auc(y, np.round(first)) - metrics.auc(y, np.round(second))
    )


def test_over_folds_it_is_the_mean_of_the_folds() -> None:
    y, first, second = pair(1000)
    fold = np.repeat([0, 1, 2], [200, 300, 500])
    parts = [paired_difference(*(each[fold == held] for each in (y, first, second))) for held in range(3)]
    found = paired_difference(y, first, second, folds=fold)
    share = np.array([0.2, 0.3, 0.5])
    assert found.difference == pytest.approx(share @ [part.difference for part in parts])
    assert found.standard_error == pytest.approx(
        np.sqrt(share**2 @ [part.standard_error**2 for part in parts])
    )


def test_a_rate_of_one_s_own() -> None:
    y, first, second = pair(1000)

    def gain(hits: np.ndarray, alarms: np.ndarray, missed: np.ndarray, rest: np.ndarray) -> np.ndarray:
        return (100 * hits - 20 * (hits + alarms)) / (hits + alarms + missed + rest)

    found = paired_difference(y, first, second, gain, 1, cuts=(0.0, 0.5))
    values = metrics.value(y, first >= 0.0, 20, 100) - metrics.value(y, second >= 0.5, 20, 100)
    assert found.difference == pytest.approx(values)
    assert found == paired_difference(y, first, second, gain, 1, cuts=(0.0, 0.5))


@pytest.mark.parametrize("metric", ["auc", "f1"])
@pytest.mark.parametrize("y", [[0, 0, 0], [1, 1, 1], []])
def test_without_both_outcomes_the_plain_form_has_no_nan(y: list[int], metric: str) -> None:
    margin = np.arange(float(len(y)))
    found = paired_difference(y, margin, -margin, metric)
    json.dumps(found.to_json(), allow_nan=False)


@pytest.mark.parametrize("metric", ["auc", "log_loss"])
def test_a_fold_that_cannot_say_how_sure_it_is_is_left_out(metric: str) -> None:
    """One winner in a fold has no spread: that must not make the whole unsure."""
    y, first, second = pair(600, 3)
    lone = {"auc": np.append(np.flatnonzero(y)[:1], np.flatnonzero(~y)[:30]), "log_loss": np.zeros(1, int)}[
        metric
    ]
    rows = np.append(np.arange(600), lone)
    fold = np.append(np.arange(600) % 2, np.full(len(lone), 2))
    both = paired_difference(y, first, second, metric, folds=fold[:600])
    assert paired_difference(y[rows], first[rows], second[rows], metric, folds=fold) == both
    alone = paired_difference(y[lone], first[lone], second[lone], metric, folds=np.zeros(len(lone)))
    assert np.isfinite(alone.difference)
    assert np.isnan(alone.standard_error)
