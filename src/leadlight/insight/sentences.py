"""What is said of a model in whole sentences, the same in every place that says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadlight.insight.wording import figure, percent, with_span
from leadlight.model.grade import PolicyOutcome
from leadlight.model.policy import Policy


def chosen_because(training: Mapping[str, Any]) -> str:
    """Which model was chosen and why; candidates are told simplest first."""
    rows, chosen, metric = training["candidates"], training["chosen"], figure(training["metric"])
    if len(rows) == 1:
        return f"Chosen: {chosen}, the only candidate."
    if chosen != rows[-1]["name"]:
        return f"Chosen: {chosen}, the simplest within one standard error of the best by {metric}."
    own = rows[-1]
    if training["metric"] == "auc" and own["auc"] < max(row["auc"] for row in rows):
        return f"Chosen: {chosen}, as you asked; the others are its parts."
    return f"Chosen: {chosen}, the best by {metric}; nothing simpler is within one standard error of it."


def precision_against_goal(policy: Policy, outcome: PolicyOutcome) -> str | None:
    """Where a share of buyers was asked for: whether the test leads gave it."""
    goal, found = policy.numbers.get("precision"), outcome.precision
    if goal is None or found.value is None or found.low is None or found.high is None:
        return None
    told = with_span(found.value, found.low, found.high)
    if found.value >= goal:
        return None
    if found.high >= goal:
        return (
            f"You asked for {percent(goal)} of the called; the test leads gave {told}:"
            " short of it, by no more than chance explains."
        )
    return f"You asked for {percent(goal)} of the called; the test leads gave only {told}: count on less."
