"""A rate of winning that moves along time is told beside the figure; one that stands still hardly ever is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

import leadlight as ll
from leadlight.insight.verdict import verdict
from leadlight.training.audit.audit import audit
from leadlight.training.audit.audit_input import AuditInput
from tests.training.audit_inputs import audit_input

CODE = "rate_moved"


def leads(seed: int, drift: float, rows: int = 3_000) -> pl.DataFrame:
    dice = np.random.default_rng(seed)
    days = np.sort(dice.integers(0, 400, rows))
    visits = dice.poisson(3.0, rows)
    chance = 1.0 / (1.0 + np.exp(2.0 - 0.4 * visits - drift * days / 400))
    return pl.DataFrame(
        {
            "Created": pl.Series(np.datetime64("2024-01-01", "ms") + days * np.timedelta64(1, "D")),
            "Visits": visits,
            "Converted": np.where(dice.random(rows) < chance, "yes", "no"),
        }
    )


def codes(shown: AuditInput) -> set[str]:
    return {each.code for each in audit(shown).findings}


def test_a_rate_that_moves_is_told_beside_the_figure(tmp_path: Path) -> None:
    model = ll.train(leads(0, 0.9), target="Converted", models="logistic")
    found = model.bundle.record.findings
    assert CODE in {each.code for each in found}
    first = verdict(model.bundle, found, None, tmp_path / "m.leadlight", None)[0]
    assert "read probabilities as an order" in first


def test_a_rate_that_falls_because_the_newest_are_undecided_is_called_that() -> None:
    steady = leads(1, 0.0)
    young = pl.int_range(steady.height, eager=True) > 0.92 * steady.height
    undecided = steady.with_columns(Converted=pl.when(young).then(pl.lit("no")).otherwise("Converted"))
    assert "target_young" in codes(audit_input(undecided))
    assert CODE not in codes(audit_input(undecided))


def test_a_steady_rate_is_told_in_two_of_a_hundred_files_at_most(count: Callable[[int], int]) -> None:
    files = max(20, count(200))
    told = sum(CODE in codes(audit_input(leads(seed, 0.0, 1_000))) for seed in range(files))
    assert told <= max(1, files // 50)
