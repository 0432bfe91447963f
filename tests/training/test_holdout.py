"""The test is a fifth, speaks for the model or stops it, and its intervals hold where leads repeat."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadlight.data import split
from leadlight.errors import TrainingError
from leadlight.model.policy import Policy
from leadlight.training.fit import Trained, train
from leadlight.training.options import Options

DAY = np.timedelta64(1, "D")


def dated(rows: int = 1_500, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray]:
    """Leads of one arrival a row, whose size says who buys."""
    dice = np.random.default_rng(seed)
    size = dice.normal(size=rows)
    won = dice.random(rows) < 1 / (1 + np.exp(1.0 - 1.5 * size))
    arrived = np.datetime64("2024-01-01") + np.sort(dice.integers(0, 300, rows)) * DAY
    plain = {
        "Lead ID": [f"L{number:05d}" for number in range(rows)],
        "Created": arrived,
        "Size": size.round(3),
        "Region": dice.choice(["north", "south"], rows),
    }
    return pl.DataFrame(plain), won


def learnt(leads: pl.DataFrame, won: np.ndarray, **asked: object) -> Trained:
    marked = leads.with_columns(Converted=pl.Series(np.where(won, "yes", "no")))
    return train(marked, Options(target="Converted", models=["bayes"], folds=3, refit=False, **asked))  # type: ignore[arg-type]


class TestRefusals:
    def test_a_model_that_ranks_backwards_is_refused_with_what_moved(self) -> None:
        leads, won = dated()
        turned = np.arange(len(won)) >= 0.8 * len(won)
        with pytest.raises(TrainingError, match="no better than chance") as caught:
            learnt(leads, won ^ turned)
        assert caught.value.code == "no_better_than_chance"
        assert "What spoke for a lead speaks against it now in 'Size'." in caught.value.message
        assert "--accept no_better_than_chance" in (caught.value.hint or "")

    def test_what_is_accepted_by_name_is_published(self) -> None:
        leads, won = dated()
        turned = np.arange(len(won)) >= 0.8 * len(won)
        found = learnt(leads, won ^ turned, accept=("no_better_than_chance",))
        assert found.bundle.training["test"]["auc"] < 0.3

    def test_a_newest_fifth_without_a_won_lead_is_refused(self) -> None:
        leads, won = dated()
        won[int(0.75 * len(won)) :] = False
        with pytest.raises(TrainingError, match=r"None of the \d+ newest leads") as caught:
            learnt(leads, won)
        assert caught.value.code == "one_sided_test"

    def test_a_line_that_calls_nobody_of_the_test_is_refused(self) -> None:
        with pytest.raises(TrainingError, match="The line calls none") as caught:
            learnt(*dated(), policy=Policy.cuts(0.999))
        assert caught.value.code == "calls_nobody"

    def test_a_sound_model_is_not_troubled(self) -> None:
        assert learnt(*dated()).bundle.training["test"]["auc"] > 0.7


def test_no_probability_is_bolder_than_the_leads_behind_it() -> None:
    """Won and lost leads do not overlap: some hundreds of either allow no more than one in some thousands."""
    dice = np.random.default_rng(1)
    left, right = dice.normal(size=(2, 800))
    gap = np.where(left + right > 0, 1.0, -1.0)
    leads = pl.DataFrame({"Lead ID": [f"L{k}" for k in range(800)], "Left": left + gap, "Right": right + gap})
    marked = leads.with_columns(Converted=pl.Series(np.where(left + right > 0, "yes", "no")))
    found = train(marked, Options(target="Converted", models=["logistic"], folds=3, keep=("Left", "Right")))
    scores = found.bundle.scorer.score(leads)
    assert scores.probability.max() < 1 - 1 / 2_000
    assert scores.probability.min() > 1 / 2_000


def test_an_outcome_that_one_column_tells_outright_is_named() -> None:
    leads, won = dated()
    with pytest.raises(
        TrainingError, match=r"'Paid' was probably filled in .* it alone tells the outcome outright"
    ):
        learnt(leads.select("Lead ID", Paid=pl.Series(np.where(won, 99.5, 1.5))), won)


class TestProfiles:
    def few_answers(self, rows: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
        """Many people with the same few answers, and a leak that kept them apart until it was left out."""
        dice = np.random.default_rng(seed)
        source, page = dice.integers(0, 12, rows), dice.integers(0, 6, rows)
        won = dice.random(rows) < 1 / (1 + np.exp(1.2 - 0.5 * (source % 4) - 0.4 * page + 0.8))
        plain = {
            "Lead ID": [f"L{number:05d}" for number in dice.permutation(rows)],
            "Source": [f"s{value}" for value in source],
            "Page": [f"p{value}" for value in page],
            "Bill": (won * 500 + dice.normal(0, 1, rows)).round(4),
        }
        return pl.DataFrame(plain), won

    def test_a_fifth_is_a_fifth(self) -> None:
        found = learnt(*self.few_answers(2_000, 0)).prepared
        assert found.test.sum() == 400

    def test_folds_and_test_agree(self) -> None:
        found = learnt(*self.few_answers(3_000, 1)).bundle.training
        assert found["validation"]["auc_low"] <= found["test"]["auc_high"]
        assert found["test"]["auc_low"] <= found["validation"]["auc_high"]

    def test_where_fewer_repeat_the_test_keeps_its_size_and_shares_no_row(self) -> None:
        """A column that told equal leads apart is left out only once the test is drawn."""
        dice = np.random.default_rng(2)
        size = np.repeat(dice.normal(size=1_400).round(4), dice.choice([1, 1, 2], 1_400))
        won = dice.random(len(size)) < 1 / (1 + np.exp(1.0 - 1.5 * size))
        leads = pl.DataFrame(
            {
                "Lead ID": [f"L{number:05d}" for number in dice.permutation(len(size))],
                "Size": size,
                "Bill": (won * 500 + dice.normal(0, 1, len(size))).round(4),
            }
        )
        found = learnt(leads, won).prepared
        assert abs(found.test.sum() - 0.2 * len(size)) <= 2
        assert not split.straddling(found.groups, found.test).any()
