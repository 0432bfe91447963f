"""The splits are what they are called, and a study's figure is counted as reached where it is."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks.bench_studies import STUDIES
from benchmarks.study import SPLITS, Columns, Spread, best_cut, figures, learnt, recall_at

ROWS = 2_000


class Few(Columns):
    """Leads of two columns, half of which equal many others."""

    @property
    def raw(self) -> pl.DataFrame:  # type: ignore[override]
        dice = np.random.Generator(np.random.PCG64(0))
        number = np.where(np.arange(ROWS) < ROWS // 2, dice.integers(0, 20, ROWS), np.arange(ROWS))
        won = (dice.random(ROWS) < 0.2 + 0.6 * (number % 2)).astype(int)
        return pl.DataFrame({"Odd": number % 2, "Number": number, "Converted": won}).cast(pl.String)


@pytest.mark.parametrize("kind", SPLITS)
def test_a_split_holds_out_three_in_ten_and_each_is_another(kind: str) -> None:
    splits = list(SPLITS[kind](Few(()), 5))
    assert [held.mean() for held in splits] == pytest.approx([0.3] * 5, abs=0.03)
    assert len({held.tobytes() for held in splits}) == 5
    again = SPLITS[kind](Few(()), 5)
    assert all((first == second).all() for first, second in zip(splits, again, strict=True))


def test_equal_rows_are_on_one_side_in_honest_splits_only() -> None:
    columns = Few(())
    for held in SPLITS["grouped"](columns, 5):
        assert not np.isin(columns.groups[held], columns.groups[~held]).any()
    held = next(SPLITS["random"](columns, 1))
    assert np.isin(columns.groups[held], columns.groups[~held]).any()


def test_rows_with_many_equals_are_held_out_no_more_often() -> None:
    columns = Few(())
    shares = [held[: ROWS // 2].mean() for held in SPLITS["grouped"](columns, 60)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.05)


def test_what_is_held_out_changes_nothing_of_what_is_learnt() -> None:
    class Turned(Few):
        @property
        def outcome(self) -> np.ndarray:  # type: ignore[override]
            return np.where(held, 1.0 - Few(()).outcome, Few(()).outcome)

    held = next(SPLITS["grouped"](Few(()), 1))
    plain, turned = (learnt("logistic", columns, held) for columns in (Few(()), Turned(())))
    assert (plain.test[1] == turned.test[1]).all()
    assert (plain.validation[1] == turned.validation[1]).all()
    assert (plain.test[0] != turned.test[0]).all()


def test_recall_is_the_largest_at_a_precision() -> None:
    outcome = np.array([1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0])
    margin = np.array([6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0])
    assert recall_at(outcome, margin, 0.75) == 0.75
    assert best_cut(outcome, margin, 0.75) == 3.0
    assert recall_at(outcome, margin, 0.9) == 0.5
    assert recall_at(outcome, -margin, 0.99) == pytest.approx(0.25)
    assert recall_at(1 - outcome, margin, 0.99) == 0.0


def test_the_figures_are_those_of_the_cut() -> None:
    found = figures(np.array([1.0, 1.0, 0.0, 0.0]), np.array([2.0, -1.0, 1.0, -2.0]))
    assert (found["accuracy"], found["precision"], found["recall"]) == (0.5, 0.5, 0.5)


def test_reached_is_at_least_as_good() -> None:
    spread = Spread.of([0.80, 0.81, 0.82, 0.83], 0.82)
    assert spread.reached == 0.5
    assert (spread.low, spread.high) == pytest.approx((0.8015, 0.8285))
    assert Spread.of([0.8], None).reached is None


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_each_figure_that_a_study_told_is_measured(study: object) -> None:
    from benchmarks.bench_studies import Study

    assert isinstance(study, Study)
    held = next(SPLITS["random"](Few(()), 1))
    found = study.measure(learnt("bayes", Few(()), held))
    assert study.theirs.keys() <= found.keys()
    assert study.bars.keys() <= study.theirs.keys()
