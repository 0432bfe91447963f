"""Nothing is learnt from noise, and what is weak but real is not refused for being weak."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from leadlight.errors import TrainingError
from leadlight.training.chance_check import above_half, chance
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.training.planted import coded, dice, noise_leads, planted_leads, weak_leads

Count = Callable[[int], int]
SHAPES = ((120, 4, 0.5), (300, 30, 0.3), (500, 8, 0.3), (1_200, 5, 0.04))
"""Rows, columns and the share of buyers."""


def is_refused(leads: pl.DataFrame, **asked: object) -> bool:
    options = {"target": "Converted", "models": ["logistic", "bayes"], "refit": False, **asked}
    try:
        train(leads, Options(**options))  # type: ignore[arg-type]
    except TrainingError as problem:
        return problem.code == "nothing_to_learn" and bool(problem.hint)
    return False


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_noise_is_refused(shape: tuple[int, int, float], count: Count) -> None:
    """One in a hundred may pass, and a few more by the luck of the seeds."""
    seeds = max(3, count(100))
    passed = sum(not is_refused(noise_leads(*shape, seed)) for seed in range(seeds))
    assert passed <= 0.04 * seeds


@pytest.mark.parametrize(
    "asked",
    [
        {"select": "iv"},
        {"select": "l1"},
        {"tune": 4, "models": ["logistic"]},
        {"models": ["lightgbm"]},
        {"balance": "weights"},
        {"metric": "log_loss"},
        {"select": "l1", "keep": ("Noise 0",), "tune": 3, "balance": "oversample"},
    ],
    ids=str,
)
def test_noise_is_refused_whatever_is_asked(asked: dict[str, object], count: Count) -> None:
    seeds = max(2, count(30))
    passed = sum(not is_refused(noise_leads(400, 8, 0.3, 50 + seed), **asked) for seed in range(seeds))
    assert passed <= 0.07 * seeds


@pytest.mark.long
@pytest.mark.parametrize("asked", [{}, {"select": "recursive"}, {"select": "shap"}, {"tune": 6}], ids=str)
def test_noise_is_refused_by_all_families_at_once(asked: dict[str, object], count: Count) -> None:
    seeds = max(3, count(30))
    passed = sum(
        not is_refused(noise_leads(500, 10, 0.3, seed), **{"models": "fast", **asked})
        for seed in range(seeds)
    )
    assert passed <= 0.07 * seeds


def test_what_is_weak_but_real_is_learnt(count: Count) -> None:
    """At a true AUC of 0.58 among seven columns of noise two thousand leads are mostly enough."""
    seeds = max(6, count(60))
    refused = sum(is_refused(weak_leads(2_000, seed, 0.28)) for seed in range(seeds))
    assert refused <= 0.2 * seeds + 2 * (0.16 * seeds) ** 0.5


def test_what_is_a_little_stronger_is_always_learnt(count: Count) -> None:
    """From a true AUC of 0.62 on."""
    assert not any(is_refused(weak_leads(2_000, seed, 0.43)) for seed in range(max(3, count(30))))


def test_what_is_plain_is_learnt_from_few_leads() -> None:
    assert not any(is_refused(planted_leads(250, seed, noises=3)) for seed in range(3))


def test_a_model_of_noise_is_made_where_refusing_is_not_asked_for() -> None:
    assert not is_refused(noise_leads(300, 4, 0.3, 1), refuse=False)


def test_shuffled_outcomes_are_as_likely_as_they_should_be(count: Count) -> None:
    """Of samples of noise about one in ten has a chance of at most 0.1."""
    seeds = max(40, count(400))
    found = np.array(
        [chance(*coded(noise_leads(200, 5, 0.4, 300 + seed)), seed=seed) for seed in range(seeds)]
    )
    assert abs((found <= 0.1).mean() - 0.1) <= 3 * (0.09 / seeds) ** 0.5


def test_the_error_of_the_area_is_that_of_margins_that_say_nothing() -> None:
    """Of many, the standard errors above one half have a spread of one, with ties and in several folds."""
    draw = dice(1)
    fold = np.arange(300) % 3
    found = [
        above_half((draw.random(300) < 0.2).astype(float), draw.integers(0, 6, 300).astype(float), fold)[1]
        for _ in range(400)
    ]
    assert abs(np.mean(found)) < 0.15
    assert 0.9 < np.std(found) < 1.1


def test_the_area_of_one_outcome_alone_says_nothing() -> None:
    assert above_half(np.ones(50), np.arange(50.0), np.zeros(50)) == (0.5, 0.0)
