"""Learning straight from columns and outcomes: content decides, not order, and few rows are no obstacle."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from leadlight.data.target import Target
from leadlight.model.bundle import Bundle
from leadlight.training import without_test
from leadlight.training.options import Options

TARGET = Target("won", ("1",), ("0",))


def learn(raw: pl.DataFrame, outcome: np.ndarray, **asked: object) -> Bundle:
    schema = without_test.schema_of(raw, [None] * raw.width)
    return without_test.train(raw, outcome.astype(np.float64), schema, Options(**asked), TARGET)  # type: ignore[arg-type]


def noise(rows: int) -> tuple[pl.DataFrame, np.ndarray]:
    draw = np.random.Generator(np.random.PCG64(1))
    raw = pl.DataFrame({"a": draw.normal(size=rows), "b": draw.choice(["x", "y", "z"], rows)})
    return raw, (draw.random(rows) < 0.3).astype(np.float64)


def test_the_order_of_the_rows_changes_no_byte() -> None:
    raw, outcome = noise(300)
    order = np.random.Generator(np.random.PCG64(2)).permutation(300)
    first = learn(raw, outcome, models="logistic")
    assert learn(raw[order.tolist()], outcome[order], models="logistic").to_bytes() == first.to_bytes()


@pytest.mark.parametrize(("rows", "support"), [(2, 1), (59, 5), (199, 19), (200, 20), (10**6, 20)])
def test_a_bin_needs_a_tenth_of_few_rows_and_twenty_of_many(rows: int, support: int) -> None:
    assert without_test.support_for(rows) == support


def test_two_rows_are_enough_and_one_of_a_kind_too() -> None:
    for rows, won in ((2, 1), (3, 1), (40, 1), (40, 39)):
        outcome = (np.arange(rows) < won).astype(np.float64)
        bundle = learn(pl.DataFrame({"a": np.arange(rows)}), outcome, models="lightgbm")
        assert bundle.family == "logistic"
        chance = bundle.scorer.score(pl.DataFrame({"a": [0, rows]})).probability
        assert ((chance > 0) & (chance < 1)).all()


def test_equal_rows_are_learnt_as_their_rate() -> None:
    """Whatever the column is, dates that are all alike among them."""
    outcome = (np.arange(100) < 30).astype(np.float64)
    for value in (1.5, "word", date(2024, 1, 1), None):
        raw = pl.DataFrame({"a": [value] * 100})
        chance = learn(raw, outcome, models="bayes").scorer.score(raw).probability
        assert np.abs(chance - 0.3).max() < 0.02


def test_few_rows_give_levels_that_a_bundle_would_not_hold() -> None:
    raw = pl.DataFrame({"a": ["x", "y"] * 10})
    outcome = np.tile([0.0, 1.0], 10)
    assert learn(raw, outcome).scorer.encoder.features[0].levels == ("x", "y")
    chance = learn(raw, outcome).scorer.score(raw).probability
    assert ((chance > 0.5) == outcome).all()
