"""Groups compared with all else held equal: the planted effect is found, and chance is not taken for one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from leadlight.insight import adjusted

FULL = 100


def world(seed: int, rows: int = 2_000, effect: float = 0.8) -> tuple[np.ndarray, ...]:
    """Who looks good is treated oftener and buys oftener; being treated adds `effect` to the log-odds."""
    rng = np.random.default_rng(seed)
    score, other = rng.normal(size=rows), rng.integers(0, 4, rows)
    treated = rng.random(rows) < 1.0 / (1.0 + np.exp(-(1.2 * score + 0.5 * (other == 1))))
    margin = score + 0.3 * score**2 - 1.2 + 0.6 * (other == 1)
    with_it, without = (1.0 / (1.0 + np.exp(-(margin + add))) for add in (effect, 0.0))
    bought = (rng.random(rows) < np.where(treated, with_it, without)).astype(float)
    return score, other, treated, bought, with_it, without


def test_the_planted_effect_is_covered(count: Callable[[int], int]) -> None:
    held, raw, runs = 0, 0, count(FULL)
    for seed in range(runs):
        score, other, treated, bought, with_it, without = world(seed)
        found = adjusted.adjusted(treated.astype(int), bought, adjusted.held_equal([score], [other]), 2)
        assert found is not None
        told, truth = found.difference(1, 0), (with_it - without).mean()
        held += told.low <= truth <= told.high
        raw += told.low <= bought[treated].mean() - bought[~treated].mean() <= told.high
    if runs == FULL:
        assert 84 <= held <= 96
    assert held >= 0.7 * runs - 1
    assert raw <= 0.3 * runs


def test_a_group_beside_leads_of_its_score_is_covered(count: Callable[[int], int]) -> None:
    held, runs = 0, count(FULL)
    for seed in range(runs):
        _, _, treated, bought, with_it, without = world(seed)
        rest = np.log(without / (1.0 - without))
        told = adjusted.beside_the_like(treated, bought, rest)
        assert told is not None
        held += told.low <= (with_it - without)[treated].mean() <= told.high
    if runs == FULL:
        assert 84 <= held <= 97
    assert held >= 0.7 * runs - 1


def test_the_effect_is_that_of_statsmodels() -> None:
    from statsmodels.discrete.discrete_model import Logit
    from statsmodels.regression.linear_model import OLS
    from statsmodels.treatment.treatment_effects import TreatmentEffect

    score, other, treated, bought, _, _ = world(5, 20_000)
    x = adjusted.held_equal([score], [other])
    theirs = TreatmentEffect(
        OLS(bought, x), treated.astype(float), results_select=Logit(treated, x).fit(disp=0)
    )
    effect = theirs.aipw(return_results=False)[0]
    found = adjusted.adjusted(treated.astype(int), bought, x, 2)
    assert found is not None
    told = found.difference(1, 0)
    assert told.value == pytest.approx(effect, abs=0.5 * told.deviation)


def test_too_few_say_nothing() -> None:
    score = np.zeros(100)
    inside = np.arange(100) < 19
    assert adjusted.beside_the_like(inside, score, score) is None
    assert adjusted.adjusted(inside.astype(int), score, adjusted.held_equal([score]), 2) is None


def test_equal_leads_give_no_difference_and_no_trouble() -> None:
    score = np.zeros(100)
    inside = np.arange(100) < 50
    told = adjusted.beside_the_like(inside, np.ones(100), score)
    assert told is not None
    assert told.value == pytest.approx(0.0, abs=0.02)
    missing = adjusted.held_equal([np.full(100, np.nan)], [np.arange(100)])
    assert np.isfinite(missing).all()
