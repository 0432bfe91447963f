"""Whole sentences about a model."""

from __future__ import annotations

import numpy as np

from leadlight.insight.sentences import chosen_because, precision_against_goal
from leadlight.model.grade import Grades
from leadlight.model.policy import Policy
from leadlight.model.training_record import TrainingRecord


def chosen(name: str, *aucs: float) -> TrainingRecord:
    names = ("bayes", "glassbox", "ensemble")
    figures = {"auc_low": 0.6, "auc_high": 0.99, "log_loss": 0.4, "accuracy": 0.8}
    more = {"precision": None, "recall": None, "f1": None}
    rows = [{"name": each, "auc": auc, **figures, **more} for each, auc in zip(names, aucs, strict=True)]
    return TrainingRecord.from_json({"chosen": name, "metric": "auc", "candidates": rows})


def test_the_least_simple_is_not_called_the_simplest() -> None:
    assert chosen_because(chosen("ensemble", 0.7, 0.8, 0.9)) == (
        "Chosen: ensemble, the best by AUC; nothing simpler is within one standard error of it."
    )
    assert "as you asked" in chosen_because(chosen("ensemble", 0.7, 0.8, 0.75))
    assert "can be read and is within" in chosen_because(chosen("glassbox", 0.7, 0.8, 0.8))


def test_a_goal_that_the_test_leads_missed_is_told() -> None:
    """Met: no word; missed by chance or by far: how far."""
    margin = np.repeat([1.0, -1.0], 500)
    outcome = np.concatenate([np.arange(500) % 5 != 0, np.zeros(500)]).astype(np.float64)
    found = Grades.fit(Policy.cuts(0.5), outcome, margin).outcome(outcome, margin)
    assert found.precision.value == 0.8
    assert precision_against_goal(Policy.precision(0.79), found) is None
    assert precision_against_goal(Policy.meet(), found) is None
    near, far = (precision_against_goal(Policy.precision(goal), found) for goal in (0.81, 0.95))
    assert near == (
        "You asked for 81 % of the called; the test leads gave 80 % (77 % to 83 %):"
        " short of it, by no more than chance explains."
    )
    assert far is not None
    assert far.startswith("You asked for 95 % of the called; the test leads gave only 80 %")
