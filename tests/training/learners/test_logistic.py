"""Logistic regression draws a straight line where there is one, and steps where there are steps."""

from __future__ import annotations

import numpy as np
import pytest

from leadlight.model.encode import Encoder, Feature
from leadlight.training.learners import logistic

EDGES = tuple(np.linspace(-2.4, 2.4, 49).tolist())


def leads(shape: str, rows: int = 3000) -> tuple[np.ndarray, np.ndarray, Encoder]:
    """Two numbers, of which the first counts."""
    dice = np.random.default_rng(4)
    numbers = dice.normal(size=(rows, 2))
    margin = {"line": numbers[:, 0], "step": 2.0 * (numbers[:, 0] > 0.5), "bend": numbers[:, 0] ** 2 - 1}[
        shape
    ]
    encoder = Encoder((Feature("a", "value", edges=EDGES), Feature("b", "value", edges=EDGES)))
    codes = [feature.code_numbers(numbers[:, k]) for k, feature in enumerate(encoder.features)]
    outcome = (dice.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)
    return np.column_stack(codes), outcome, encoder


def table(shape: str) -> np.ndarray:
    """What the bins of the first number say, but for the outermost."""
    return logistic.fit(*leads(shape)).tables[0][4:-3]


def test_a_straight_line_is_a_straight_line() -> None:
    found = table("line")
    places = np.linspace(-2, 2, len(found))
    assert np.corrcoef(found, places)[0, 1] > 0.985
    assert np.polyfit(places, found, 1)[0] == pytest.approx(1.0, abs=0.15)


def test_a_step_and_a_bend_are_found_as_well() -> None:
    step = table("step")
    assert step[-12:].mean() - step[:20].mean() == pytest.approx(2.0, abs=0.4)
    bend = table("bend")
    middle = len(bend) // 2
    assert min(bend[:5].mean(), bend[-5:].mean()) - bend[middle - 3 : middle + 3].mean() > 1.5


def test_a_number_that_says_nothing_stays_near_nothing() -> None:
    assert np.abs(logistic.fit(*leads("line")).tables[1]).max() < 0.35


def test_numbers_of_any_size_have_finite_points() -> None:
    codes, outcome, _ = leads("line", 400)
    huge = tuple(float(edge) * 7e307 for edge in EDGES)
    tiny = tuple(float(edge) * 1e-320 for edge in EDGES)
    for edges in (huge, tiny):
        encoder = Encoder((Feature("a", "value", edges=edges), Feature("b", "value", edges=EDGES)))
        assert all(np.isfinite(each).all() for each in logistic.fit(codes, outcome, encoder).tables)


def levels(seed: int, rows: int = 1000) -> tuple[np.ndarray, np.ndarray, Encoder]:
    """Two columns of twelve levels, of which the first counts."""
    dice = np.random.default_rng(seed)
    codes = dice.integers(0, 12, (rows, 2)).astype(np.uint16)
    margin = np.linspace(-2, 2, 12)[codes[:, 0]]
    words = tuple("abcdefghij")
    encoder = Encoder((Feature("a", "level", levels=words), Feature("b", "level", levels=words)))
    return codes, (dice.random(rows) < 1 / (1 + np.exp(-margin))).astype(float), encoder


def test_levels_that_chance_explains_say_little_and_others_all_that_they_have_to() -> None:
    found = [logistic.fit(*levels(seed)).tables for seed in range(5)]
    telling, noise = (np.mean([np.std(tables[k]) for tables in found]) for k in range(2))
    assert telling == pytest.approx(np.std(np.linspace(-2, 2, 12)), rel=0.1)
    assert noise < 0.13


def test_where_a_line_tells_all_hardly_a_step_is_left() -> None:
    assert np.abs(np.diff(table("line"), 2)).max() < 0.35
