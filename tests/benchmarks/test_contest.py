"""The referee counts right, and favours nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from benchmarks import bench_models, made
from benchmarks.contest import Contest, Held, apart, areas_under, drawn, quality


@pytest.fixture
def contest() -> Contest:
    """Made-up leads in two folds; the last hundred are never looked at."""
    leads = made.linear(1_100, 3)
    rows = np.arange(1_000)
    folds = [(rows[500:], rows[:500]), (rows[:500], rows[500:])]
    return Contest(leads.frame, made.TARGET, folds, truth=leads.truth)


def test_the_area_of_a_sample_is_that_of_weighted_leads(contest: Contest) -> None:
    outcome, score = contest.outcome, np.round(contest.truth, 1)
    counts = next(drawn(len(outcome), 3))
    assert counts.sum(axis=1).tolist() == [len(outcome)] * 3
    expected = [roc_auc_score(outcome, score, sample_weight=one) for one in counts]
    assert areas_under(outcome, score, counts) == pytest.approx(expected)


def test_a_model_is_not_ahead_of_itself(contest: Contest) -> None:
    held = Held(contest.truth, 0.0)
    assert all(tuple(gap) == (0.0, 0.0, 0.0) for gap in apart(contest, held, held, draws=20).values())


def test_the_truth_is_ahead_of_half_of_it_beyond_doubt(contest: Contest) -> None:
    blurred = np.where(np.arange(len(contest.truth)) % 2, contest.truth, contest.truth.mean())
    gaps = apart(contest, Held(contest.truth, 0.0), Held(blurred, 0.0), draws=200)
    assert 0 < gaps["AUC"].low < gaps["AUC"].difference < gaps["AUC"].high
    assert gaps["log loss"].low < gaps["log loss"].difference < gaps["log loss"].high < 0


def test_leads_that_nobody_held_out_do_not_count(contest: Contest) -> None:
    wrong = contest.truth.copy()
    wrong[1_000:] = 1.0 - contest.outcome[1_000:]
    assert quality(contest, Held(wrong, 0.0)) == quality(contest, Held(contest.truth, 0.0))


@pytest.mark.parametrize("name", made.MADE)
def test_made_up_outcomes_are_drawn_from_the_truth(name: str) -> None:
    """In ten bands of the truth the share that converts is what the truth says."""
    leads = made.MADE[name](40_000, 4)
    outcome = leads.frame[made.TARGET].to_numpy()
    for band in np.array_split(np.argsort(leads.truth), 10):
        assert outcome[band].mean() == pytest.approx(leads.truth[band].mean(), abs=0.035)


@pytest.mark.parametrize("name", made.MADE)
def test_two_seeds_are_of_one_world(name: str) -> None:
    """What a level is worth does not change with the seed: else nothing learnt on one holds on the other."""
    worth = [
        leads.frame.with_columns(pl.Series("Truth", leads.truth)).group_by("Channel").agg(pl.mean("Truth"))
        for leads in (made.MADE[name](20_000, seed) for seed in (5, 6))
    ]
    both = worth[0].join(worth[1], on="Channel")
    assert both["Truth"].to_numpy() == pytest.approx(both["Truth_right"].to_numpy(), abs=0.04)


def test_the_folds_are_the_contests_own(contest: Contest) -> None:
    backwards = replace(contest, folds=contest.folds[::-1])
    assert sorted(backwards.held) == sorted(contest.held) == list(range(1_000))


def test_a_run_goes_on_with_what_each_side_had_reached(
    contest: Contest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tree of ours and one of theirs have the same name, and are not taken for one another."""
    monkeypatch.setattr(bench_models, "WORK", tmp_path)
    sides = {"ours": Held(contest.truth, 1.0), "theirs": Held(1.0 - contest.truth, 2.0)}
    for whose, held in sides.items():
        first = bench_models.entered("made-up", whose, {"tree": lambda _, held=held: held}, None)
        assert first["tree"](contest).seconds == held.seconds
    for whose, held in sides.items():
        again = bench_models.entered("made-up", whose, {"tree": lambda _: pytest.fail("run again")}, None)
        assert again["tree"](contest).probability.tolist() == held.probability.tolist()
