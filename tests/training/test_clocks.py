"""Columns that tell when a lead arrived are found, left out of tests that look ahead, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.data.sample import generate
from leadlight.training.audit import clocks
from leadlight.training.audit.audit import audit
from tests.training.audit_inputs import audit_input

ROWS = 3_000


def arrivals(seed: int = 0, rows: int = ROWS) -> tuple[pl.DataFrame, np.ndarray]:
    """Made-up leads and the day on which each arrived."""
    leads = generate(rows, seed=seed).leads
    days = leads["Created"].cast(pl.String).str.slice(0, 10).str.to_date()
    return leads, (days - days.min()).dt.total_days().to_numpy()


def with_clocks(leads: pl.DataFrame, day: np.ndarray, seed: int = 0) -> pl.DataFrame:
    """An index that wanders, one that climbs with noise, a version number, and a name of the season."""
    dice = np.random.default_rng(seed)
    wandering = np.cumsum(dice.normal(size=int(day.max()) + 1))
    return leads.with_columns(
        Euribor=pl.Series(np.round(wandering[day] / 5, 2)),
        Index=pl.Series(np.round(100 + day * 0.1 + dice.normal(size=len(day)), 1)),
        Version=pl.Series(day // 30),
        Season=pl.Series([f"{2024 + each // 365} Q{each % 365 // 92 + 1}" for each in day]),
    )


CLOCKS = {"Euribor", "Index", "Version", "Season"}


def called_clocks(leads: pl.DataFrame) -> set[str | None]:
    shown = replace(audit_input(leads, "Converted"), looks_ahead=True)
    return {each.column for each in audit(shown).findings if each.code == clocks.CODE}


@pytest.mark.parametrize("seed", range(3))
def test_clocks_are_found_and_nothing_else(seed: int) -> None:
    leads, day = arrivals(seed)
    assert called_clocks(with_clocks(leads, day, seed)) == CLOCKS


def test_honest_columns_are_hardly_ever_called_clocks(count: Callable[[int], int]) -> None:
    """At most two columns in two hundred sets of leads, of which some drift."""
    wrong = 0
    for seed in range(count(200)):
        leads, day = arrivals(seed, 1_000)
        moved = np.random.default_rng(seed).random(len(day)) < day / day.max()
        wrong += len(called_clocks(leads.with_columns(Form=pl.Series(np.where(moved, "new", "old")))))
    assert wrong <= 2


def test_a_model_along_time_does_as_well_with_clocks_in_the_file_as_without() -> None:
    leads, day = arrivals(5, 4_000)
    without = ll.train(leads, target="Converted", models="logistic").bundle.record.test["auc"]
    having = ll.train(with_clocks(leads, day), target="Converted", models="logistic")
    assert abs(having.bundle.record.test["auc"] - without) <= 0.01
    assert {each.column for each in having.bundle.record.excluded if each.code == clocks.CODE} == CLOCKS


def test_who_wants_a_clock_keeps_it_and_a_random_test_leaves_it_in() -> None:
    leads, day = arrivals(6, 2_000)
    timed = with_clocks(leads, day)
    kept = ll.train(timed, target="Converted", models="logistic", keep="Euribor")
    assert clocks.CODE in {each.code for each in kept.bundle.record.findings if each.severity == "warning"}
    assert "Euribor" not in {each.column for each in kept.bundle.record.excluded}
    drawn = ll.train(timed, target="Converted", models="logistic", test="random")
    assert not CLOCKS & {each.column for each in drawn.bundle.record.excluded}
    assert {each.column for each in drawn.bundle.record.findings if each.code == clocks.CODE} == CLOCKS


def test_leads_of_one_moment_are_not_ordered_by_a_column() -> None:
    """Rows in the order of a column, all of one day: the column says nothing of the day."""
    order = clocks.arrival_order(np.zeros(1_000))
    values = pl.Series(np.sort(np.random.default_rng(0).normal(size=1_000)))
    assert clocks.share_told_by_time(values, order) < 0.1
