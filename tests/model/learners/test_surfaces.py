"""Pairs without main effects are found and drawn; where nothing is, nothing is drawn."""

from __future__ import annotations

import numpy as np

from leadlight.model.learners import surfaces
from leadlight.model.learners.surfaces import Coding, Surfaces

ROWS, SIDE = 4000, 6


def learnt(seed: int, strength: float) -> tuple[Surfaces, np.ndarray]:
    """Six features, the first and the fourth of which count only together."""
    dice = np.random.Generator(np.random.PCG64(seed))
    codes = dice.integers(1, SIDE, (ROWS, 6)).astype(np.uint16)
    meet = np.where((codes[:, 0] > 3) == (codes[:, 3] > 3), strength, -strength)
    outcome = (dice.random(ROWS) < 1 / (1 + np.exp(-meet))).astype(np.float64)
    coding = Coding(codes, [SIDE] * 6, [True, False] * 3)
    return surfaces.fit(coding, coding, outcome, np.zeros(ROWS), None, 20), meet


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
        surfaces.fit(coding, coding, outcome, np.zeros(2019), None, 20).mains[0] for outcome in outcomes
    ]
    for table in tables:
        assert abs(table[3]) < 0.1 < table[1]
