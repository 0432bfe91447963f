"""Pairs without main effects are found and drawn; where nothing is, nothing is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from leadlight.model.encode import Encoder, Feature
from leadlight.model.points import Points
from leadlight.training.balance import balanced
from leadlight.training.learners import glassbox, pair_tables
from leadlight.training.learners.pair_tables import Coding, PairTables

ROWS, SIDE = 4000, 6


def learnt(seed: int, strength: float) -> tuple[PairTables, np.ndarray]:
    """Six features, the first and the fourth of which count only together."""
    dice = np.random.Generator(np.random.PCG64(seed))
    codes = dice.integers(1, SIDE, (ROWS, 6)).astype(np.uint16)
    meet = np.where((codes[:, 0] > 3) == (codes[:, 3] > 3), strength, -strength)
    outcome = (dice.random(ROWS) < 1 / (1 + np.exp(-meet))).astype(np.float64)
    coding = Coding(codes, [SIDE] * 6, [True, False] * 3)
    return pair_tables.fit(coding, coding, outcome, np.zeros(ROWS), None, 20, range(6)), meet


def test_a_pair_that_says_nothing_apart_is_found_and_drawn() -> None:
    found, truth = learnt(1, 0.6)
    largest = max(found.pairs, key=lambda pair: float(found.pairs[pair].std()))
    assert largest == (0, 3)
    assert np.corrcoef(found.margin, truth)[0, 1] > 0.95


def test_of_noise_hardly_any_pair_is_kept() -> None:
    kept = [len(learnt(seed, 0.0)[0].pairs) for seed in range(10)]
    assert sum(kept) <= 5


def test_cells_of_few_leads_are_left_to_their_neighbours() -> None:
    """Levels are strangers, so a level of 19 leads gets what the average lead gets, whatever they did."""
    codes = np.r_[np.ones(1000), np.full(1000, 2), np.full(19, 3)].astype(np.uint16)[:, None]
    outcomes = [
        np.r_[np.tile([0.0, 1.0, 1.0, 1.0], 250), np.tile([0.0, 0.0, 0.0, 1.0], 250), end]
        for end in (np.zeros(19), np.ones(19))
    ]
    coding = Coding(codes, [5], [False])
    tables = [
        pair_tables.fit(coding, coding, outcome, np.zeros(2019), None, 20, [0]).mains[0]
        for outcome in outcomes
    ]
    for table in tables:
        assert abs(table[3]) < 0.1 < table[1]


@pytest.mark.parametrize(
    ("low", "cell", "share"), [(0.005, 0.3, 0.01), (0.03, 0.7, 0.02), (1e-4, 0.5, 0.005)]
)
def test_a_cell_that_goes_against_a_sure_margin_is_reached_in_steps(
    low: float, cell: float, share: float
) -> None:
    """There the bend is next to nothing, and one whole step would be hundreds of log-odds long."""
    words = ("x", "y")
    encoder = Encoder((Feature("a", "level", levels=words), Feature("b", "level", levels=words)))
    dice = np.random.Generator(np.random.PCG64(0))
    codes = np.column_stack(
        [dice.integers(1, 3, 20_000), np.where(dice.random(20_000) < share, 2, 1)]
    ).astype(np.uint16)
    chance = np.array([[0.5, 0.3], [low, cell]])[codes[:, 0] - 1, codes[:, 1] - 1]
    outcome = (dice.random(20_000) < chance).astype(np.float64)
    found = glassbox.fit(codes, outcome, encoder)
    told = found.margin(np.array([[1, 1], [1, 2], [2, 1], [2, 2]], dtype=np.uint16))
    assert np.abs(told).max() < 12
    assert loss(found, codes, outcome) < loss(glassbox.fit_main(codes, outcome, encoder), codes, outcome)


def loss(points: Points, codes: np.ndarray, outcome: np.ndarray) -> float:
    margin = points.margin(codes)
    return float((np.logaddexp(0, margin) - outcome * margin).mean())


@pytest.mark.parametrize("method", ["none", "weights", "oversample", "undersample"])
def test_chance_stays_chance_however_rows_are_balanced(method: str) -> None:
    """A lead that weighs as ten is one answer."""
    dice = np.random.Generator(np.random.PCG64(3))
    features = [Feature(name, "level", levels=tuple("abcdefgh")) for name in "abcdef"]
    encoder = Encoder(tuple(features))
    codes = dice.integers(0, 10, (4_000, 6)).astype(np.uint16)
    rows = balanced(method, codes, (dice.random(4_000) < 0.1).astype(np.float64), encoder, 0)
    found = glassbox.fit(rows.codes, rows.outcome, encoder, weight=rows.weight)
    assert found.margin(codes).std() < 0.6
