"""What fewer than 20 leads have says nothing of its own where a model is printed table by table."""

from __future__ import annotations

import numpy as np
import pytest

from leadlight.model.encode import Encoder, Feature
from leadlight.training.learners import FAMILIES

ROWS, MISSING, OTHER = 2_000, 2, 8
ENCODER = Encoder(
    (
        Feature("Minutes", "value", edges=tuple(np.linspace(-1.5, 1.5, 9).tolist())),
        Feature("Channel", "level", levels=tuple("abcd")),
    )
)


def leads(rare_won: float) -> tuple[np.ndarray, np.ndarray]:
    """Two leads have no minutes and eight a rare channel; they are all won or all lost."""
    dice = np.random.Generator(np.random.PCG64(2))
    minutes, channel = dice.integers(1, 11, ROWS), dice.integers(1, 5, ROWS)
    chance = 1 / (1 + np.exp(-(minutes - 5.5) / 3 - (channel - 2.5) / 2))
    outcome = (dice.random(ROWS) < chance).astype(np.float64)
    rare = slice(0, MISSING + OTHER)
    minutes[:MISSING], channel[MISSING : MISSING + OTHER] = 0, 5
    outcome[rare] = rare_won
    return np.column_stack([minutes, channel]).astype(np.uint16), outcome


@pytest.mark.parametrize("family", ["bayes", "logistic", "glassbox_main", "glassbox", "neural"])
def test_how_a_few_leads_ended_does_not_show_in_what_is_said_of_their_like(family: str) -> None:
    looked_at = np.array([[0, 2], [5, 5]], dtype=np.uint16)
    usual = np.array([[5, 2]], dtype=np.uint16)
    told = []
    for rare_won in (0.0, 1.0):
        learner = FAMILIES[family](*leads(rare_won), ENCODER)
        told.append(learner.margin(looked_at) - learner.margin(usual))
    assert np.abs(told[1] - told[0]).max() < 0.1
