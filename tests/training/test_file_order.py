"""Rows in order of arrival: used where that is said, told where the file shows it, never used unasked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.training.file_order import CODE

ROWS = 3_000


def in_order(seed: int = 0) -> pl.DataFrame:
    """Leads without a date, of which the newer ones come by other ways and buy more often."""
    dice = np.random.default_rng(seed)
    age = np.linspace(0.0, 1.0, ROWS)
    visits, way = dice.poisson(3.0, ROWS), np.where(dice.random(ROWS) < age, "web", "fair")
    chance = 1.0 / (1.0 + np.exp(1.5 - 0.4 * visits - age))
    won = (dice.random(ROWS) < chance).astype(int)
    return pl.DataFrame({"Visits": visits, "Way": way, "Tool": dice.choice(["a", "b"], ROWS), "Won": won})


def test_rows_in_order_are_tested_on_the_last_fifth() -> None:
    model = ll.train(in_order(), target="Won", models="logistic", time="order")
    assert model.bundle.record.split.by == "time"
    later = in_order()[ROWS // 5 * 4 :]
    assert abs(model.bundle.record.test["base_rate"] - later["Won"].mean()) < 0.01
    assert len(model.score(in_order().drop("Won"))) == ROWS


def test_a_column_of_that_name_is_meant_where_there_is_one() -> None:
    leads = in_order().with_columns(order=pl.Series(np.arange(ROWS)[::-1]))
    model = ll.train(leads, target="Won", models="logistic", time="order")
    assert abs(model.bundle.record.test["base_rate"] - leads["Won"][: ROWS // 5].mean()) < 0.01


def test_a_file_that_changes_along_its_rows_is_told_and_the_model_is_that_of_any_order(
    tmp_path: Path,
) -> None:
    leads = in_order()
    shuffled = leads.sample(fraction=1.0, shuffle=True, seed=1)
    for name, frame in (("ordered", leads), ("shuffled", shuffled)):
        ll.train(frame, target="Won", models="logistic").save(tmp_path / f"{name}.leadlight")
    ordered, other = ((tmp_path / f"{name}.leadlight").read_bytes() for name in ("ordered", "shuffled"))
    assert ordered == other
    assert CODE in {each.code for each in ll.inspect(leads, target="Won").findings}
    assert CODE not in {each.code for each in ll.inspect(shuffled, target="Won").findings}


@pytest.mark.parametrize("column", ["Visits", "Way"])
def test_a_file_that_was_sorted_by_a_column_is_not_taken_for_one_in_order(column: str) -> None:
    found = ll.inspect(in_order().sort(column), target="Won").findings
    assert CODE not in {each.code for each in found}
