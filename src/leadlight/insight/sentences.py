"""What is said of a model in whole sentences, the same in every place that says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from leadlight.data.rows import RowCounts
from leadlight.insight.wording import counted, figure, percent, with_decimals, with_span
from leadlight.model.answer import displayed
from leadlight.model.bundle import Bundle
from leadlight.model.grade import PolicyOutcome
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.model.regrade import outcome_on_test
from leadlight.model.training_record import READABLE, TrainingRecord

COUNTED: Final = 100
"""Fewer test leads make too few cells of 20 to say what another line than the tested one gives."""
WHICH: Final = {"time": "the newest", "random": "drawn at random", "file": "of the file kept for it"}


def balance(rows: RowCounts) -> str:
    """What became of every row that came in, as one sum."""
    parts = [
        f"{rows.used:,} decided",
        f"{rows.open:,} open",
        f"{rows.duplicates:,} duplicates",
        f"{rows.rejected:,} rejected",
    ]
    parts += [f"{rows.decided_early:,} decided before their moment"] if rows.decided_early else []
    parts += [f"{rows.immature:,} too young"] if rows.immature else []
    return f"{rows.rows_in:,} rows = {' + '.join(parts)}"


def lapsed(rows: RowCounts) -> str:
    """The open leads that count as lost, where there are any."""
    if not rows.lapsed:
        return ""
    told = "lead has been open" if rows.lapsed == 1 else "leads have been open"
    return f"{rows.lapsed:,} {told} for longer than nine in ten buyers took: counted as lost."


def chosen_because(training: TrainingRecord) -> str:
    """Which model was chosen and why; candidates are told simplest first."""
    rows, chosen, metric = training.candidates, training.chosen, figure(training.metric)
    if len(rows) == 1:
        return f"Chosen: {chosen}, the only candidate."
    if chosen in READABLE:
        return (
            f"Chosen: {chosen}, which can be read and is within one standard error of the best by {metric}."
        )
    if chosen != rows[-1].name:
        return f"Chosen: {chosen}, the simplest within one standard error of the best by {metric}."
    own = rows[-1]
    if training.metric == "auc" and own.auc < max(row.auc for row in rows):
        return f"Chosen: {chosen}, as you asked; the others are its parts."
    return f"Chosen: {chosen}, the best by {metric}; nothing simpler is within one standard error of it."


def how_good(training: TrainingRecord) -> str:
    """How well leads are ranked that took no part in making the model."""
    test, which = training.test, WHICH[training.split.by]
    leads = f"{counted(test['rows'], 'lead')} that it has not seen ({which}"
    if test["auc"] is None:
        return f"Result: the {leads}) have one outcome only, so nothing says how good {training.chosen} is."
    auc = with_decimals(test["auc"], test["auc_low"], test["auc_high"])
    return f"Result: {training.chosen} with AUC {auc} on {leads}; {percent(test['base_rate'])} bought)."


def above_the_line(bundle: Bundle) -> str:
    """What calling above the line gives on the test leads, as the report tells it."""
    test = bundle.record.test
    if test["rows"] < COUNTED:
        return line_when_tested(test)
    found, line = outcome_on_test(bundle), displayed(probability(bundle.scorer.grades.line))
    precision, recall = (
        with_span(each.value, each.low, each.high) for each in (found.precision, found.recall)
    )
    return _line(line, f"about {counted(found.calls, 'lead')}", precision, recall)


def line_when_tested(test: Mapping[str, Any]) -> str:
    """What the line of a test gave, counted lead by lead."""
    confusion = test["confusion"]
    called = counted(confusion["true_positive"] + confusion["false_positive"], "lead")
    precision, recall = (
        with_span(test[name], test[f"{name}_low"], test[f"{name}_high"]) for name in ("precision", "recall")
    )
    return _line(displayed(test["threshold"]), called, precision, recall)


def _line(score: float, called: str, precision: str, recall: str) -> str:
    return (
        f"The line is at a score of {score:.1f} and has {called} above it; of them {precision} bought,"
        f" and they are {recall} of all who bought."
    )


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
