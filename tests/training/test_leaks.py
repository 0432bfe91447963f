"""What is a leak by itself, what all doubtful columns are worth together, what too few leads hide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadlight.training.audit.audit import audit
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.training.audit_inputs import audit_input
from tests.training.test_audit import codes, leads, outcome, words

FEW = {
    "word": lambda here, dice: words(here, "signed"),
    "number": lambda here, dice: pl.Series(
        [
            float(value) if yes else None
            for value, yes in zip(dice.normal(100, 20, len(here)), here, strict=True)
        ]
    ),
    "flag": lambda here, dice: pl.Series(np.where(here, "Yes", "No")),
    "count": lambda here, dice: pl.Series(np.where(here, dice.integers(1, 9, len(here)), 0)),
}


def filled_for_few(seed: int) -> pl.DataFrame:
    """Leads of which 20 to 60, all of them won, have a value in one column."""
    dice = np.random.default_rng(seed)
    frame = leads(int(dice.integers(1_000, 3_000)), seed)
    here = np.zeros(frame.height, dtype=bool)
    here[dice.permutation(np.flatnonzero(outcome(frame)))[: dice.integers(20, 61)]] = True
    kind = list(FEW)[seed % len(FEW)]
    return frame.with_columns(FEW[kind](here, dice).alias("Planted"))


class TestFilledForFew:
    """What only won leads have, and too many of them for chance, is a leak without any other evidence."""

    def test_a_column_filled_for_few_won_leads_is_left_out(self, count: Callable[[int], int]) -> None:
        seeds = max(12, count(100))
        left_out = [
            not audit(audit_input(filled_for_few(seed))).schema["Planted"].is_input for seed in range(seeds)
        ]
        assert sum(left_out) >= 0.95 * seeds

    def test_the_numbers_are_told(self) -> None:
        frame = leads()
        here = np.zeros(frame.height, dtype=bool)
        here[np.flatnonzero(outcome(frame))[:30]] = True
        found = audit(audit_input(frame.with_columns(Signed=pl.Series(np.where(here, "Yes", "No")))))
        (finding,) = [each for each in found.findings if each.column == "Signed"]
        assert (finding.code, finding.severity) == ("leak", "excluded")
        assert "all 30 leads that have another value than usual are won" in finding.message
        assert finding.evidence["only"] == finding.evidence["only_won"] == 30

    def test_what_a_tenth_of_them_lost_is_no_leak(self) -> None:
        frame = leads()
        won, here = outcome(frame), np.zeros(frame.height, dtype=bool)
        here[np.flatnonzero(won)[:30]] = here[np.flatnonzero(~won)[:4]] = True
        found = audit(audit_input(frame.with_columns(Signed=pl.Series(np.where(here, "Yes", "No")))))
        assert found.schema["Signed"].is_input


class TestDoubtful:
    """Suspects stand in for one another: they are priced together, and one word drops them all."""

    def doubtful(self, rows: int = 2_000) -> pl.DataFrame:
        frame, dice = leads(rows), np.random.default_rng(5)
        won = outcome(frame)
        noted = [dice.random(rows) < np.where(won, 0.55, 0.2) for _ in range(2)]
        return frame.with_columns(Note=words(noted[0], "a"), Call=words(noted[1], "b"))

    def test_they_are_told_together_and_first(self) -> None:
        found = audit(audit_input(self.doubtful()))
        warnings = [each for each in found.findings if each.severity == "warning"]
        assert [each.code for each in warnings] == ["doubtful", "suspect", "suspect"]
        assert warnings[0].message.startswith("Without all 2 doubtful columns: AUC 0.")
        assert warnings[0].next_step == "To leave them all out: --drop doubtful"
        assert warnings[0].evidence["auc_without"] < warnings[0].evidence["auc"]
        assert not any("rests on it" in each.message for each in warnings)

    def test_one_word_leaves_them_all_out(self) -> None:
        frame = self.doubtful()
        asked = Options(target="Converted", models=["bayes"], folds=3, refit=False)
        kept = train(frame, asked).bundle
        dropped = train(frame, replace(asked, drop=("doubtful",))).bundle
        assert {column.name for column in kept.scorer.schema.inputs} == {"Size", "Region", "Note", "Call"}
        assert {column.name for column in dropped.scorer.schema.inputs} == {"Size", "Region"}
        assert [(each["column"], each["code"]) for each in dropped.training["excluded"]] == [
            ("Note", "suspect"),
            ("Call", "suspect"),
        ]
        (joint,) = [each for each in kept.training["findings"] if each["code"] == "doubtful"]
        assert "of those above the line buy instead of" in joint["message"]
        assert joint["evidence"]["auc"] == pytest.approx(kept.training["validation"]["auc"], abs=1e-4)
        assert joint["evidence"]["auc_without"] == pytest.approx(
            dropped.training["validation"]["auc"], abs=0.03
        )

    def test_what_is_kept_by_name_stays(self) -> None:
        asked = Options(
            target="Converted", models=["bayes"], folds=3, refit=False, drop=("doubtful",), keep=("Note",)
        )
        found = train(self.doubtful(), asked).bundle
        assert {column.name for column in found.scorer.schema.inputs} == {"Size", "Region", "Note"}

    def test_a_column_of_that_name_is_a_column(self) -> None:
        frame = self.doubtful().rename({"Region": "doubtful"})
        asked = Options(target="Converted", models=["bayes"], folds=3, refit=False, drop=("doubtful",))
        found = train(frame, asked).bundle
        assert {column.name for column in found.scorer.schema.inputs} == {"Size", "Note", "Call"}


def test_drift_is_told_of_columns_that_are_used() -> None:
    """A leak that moved as well is left out: whether it moved is no concern any more."""
    frame = leads(4_000)
    days = np.sort(np.random.default_rng(7).integers(0, 400, 4_000))
    moved = np.random.default_rng(9).random(4_000) < days / 400
    won = outcome(frame)
    frame = frame.with_columns(
        Created=pl.Series(np.datetime64("2024-01-01", "ms") + days * np.timedelta64(1, "D")),
        Stage=pl.Series(np.where(won, np.where(moved, "paid", "signed"), np.where(moved, "gone", "lost"))),
    )
    assert codes(audit(audit_input(frame)), "Stage") == {"leak"}


class TestBlind:
    def test_so_few_leads_are_judged_by_names_and_gaps(self) -> None:
        frame = leads(120)
        won = outcome(frame)
        dice = np.random.default_rng(2)
        found = audit(
            audit_input(
                frame.with_columns(
                    Amount=pl.Series([9.5 if yes and dice.random() < 0.9 else None for yes in won]),
                    **{"Lost Reason": pl.Series(dice.choice(["a", "b"], 120))},
                )
            )
        )
        assert "audit_blind" in codes(found, None)
        assert codes(found, "Amount") == codes(found, "Lost Reason") == {"leak"}
        assert {column.name for column in found.schema.inputs} == {"Size", "Region"}

    def test_many_are_not_troubled(self) -> None:
        assert "audit_blind" not in codes(audit(audit_input(leads())), None)
