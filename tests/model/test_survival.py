"""Survival with censoring: held against statsmodels, and against what was planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.model import survival


def world(seed: int, rows: int = 600, step: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Durations with ties, causes (0 open, 1 won, 2 lost) and two columns that hasten the first."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(size=rows), rng.random(rows) < 0.4])
    won = rng.exponential(30.0 / np.exp(x @ [0.5, 0.8]))
    lost, watched = rng.exponential(40.0, rows), rng.uniform(1.0, 60.0, rows)
    times = np.ceil(np.minimum(np.minimum(won, lost), watched) / step) * step
    cause = np.where(watched < np.minimum(won, lost), 0, np.where(won < lost, 1, 2))
    return times, cause, x


@pytest.mark.parametrize("seed", range(3))
def test_those_who_wait_are_kaplan_and_meier_s(seed: int) -> None:
    from statsmodels.duration.survfunc import SurvfuncRight

    times, cause, _ = world(seed)
    ours, theirs = survival.waiting(times, cause == 1), SurvfuncRight(times, cause == 1)
    assert np.allclose(ours.times, theirs.surv_times)
    assert np.allclose(ours.share, theirs.surv_prob)
    assert np.allclose(ours.at_risk, theirs.n_risk)
    assert ours.quantile(0.5) == pytest.approx(theirs.quantile(0.5))
    middle = len(ours.times) // 2
    spread = theirs.surv_prob_se[middle] / (theirs.surv_prob[middle] * -np.log(theirs.surv_prob[middle]))
    expected = theirs.surv_prob[middle] ** np.exp(1.6448536 * spread)
    assert ours.low[middle] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_the_share_of_the_won_is_aalen_and_johansen_s(seed: int) -> None:
    from statsmodels.duration.survfunc import CumIncidenceRight

    times, cause, _ = world(seed)
    ours, theirs = survival.incidence(times, cause), CumIncidenceRight(times, cause)
    for time, share, error in zip(theirs.times, theirs.cinc[0], theirs.cinc_se[0], strict=True):
        value, low, high = ours.at(time)
        assert value == pytest.approx(share, abs=1e-9)
        if low > 0.0 and np.isfinite(error):
            assert high - low == pytest.approx(2 * 1.6448536 * error, rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_hazards_are_cox_s(seed: int) -> None:
    from statsmodels.duration.hazard_regression import PHReg

    times, cause, x = world(seed)
    ours = survival.hazards(times, cause == 1, x)
    theirs = PHReg(times, x, status=cause == 1, ties="breslow").fit()
    assert ours is not None
    assert np.allclose(ours.coefficients, theirs.params, atol=1e-5)
    assert np.allclose(ours.deviations, theirs.bse, rtol=1e-4)


def test_planted_hazards_lie_in_their_intervals(count: Callable[[int], int]) -> None:
    held, runs = [], count(300)
    for seed in range(runs):
        times, cause, x = world(1_000 + seed, step=1e-6)
        found = survival.hazards(times, cause == 1, x)
        assert found is not None
        held.append((found.low <= np.exp([0.5, 0.8])) & (np.exp([0.5, 0.8]) <= found.high))
    covered = np.mean(held, axis=0)
    assert np.all(covered >= 0.5)
    if runs == 300:
        assert np.all((covered >= 0.84) & (covered <= 0.96))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=40))
def test_shares_are_shares_whatever_happens(said: list[tuple[int, int]]) -> None:
    times, cause = (np.array(each) for each in zip(*said, strict=True))
    waiting, won = survival.waiting(times, cause == 1), survival.incidence(times, cause)
    lost = survival.incidence(times, np.where(cause == 0, 0, 3 - cause))
    gone = survival.waiting(times, cause > 0)
    for curve in (waiting, won, lost):
        assert np.all((curve.low >= 0) & (curve.low <= curve.share + 1e-12))
        assert np.all((curve.share <= curve.high + 1e-12) & (curve.high <= 1))
    assert np.all(np.diff(waiting.share) <= 0)
    assert np.all(np.diff(won.share) >= 0)
    end = times.max()
    assert won.at(end)[0] + lost.at(end)[0] + gone.at(end)[0] == pytest.approx(1.0)


def test_columns_that_tell_nobody_apart_give_nothing() -> None:
    assert survival.hazards([1, 2, 3], [1, 1, 0], [[1.0], [1.0], [1.0]]) is None
