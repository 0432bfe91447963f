"""What is told of leads and models in words: each part of the story is one function."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadlight.cli.page import Page
from leadlight.connect.files import Leads
from leadlight.data.finding import Finding
from leadlight.data.schema import Schema
from leadlight.data.target import Target
from leadlight.insight.plan import Plan
from leadlight.insight.sentences import (
    COUNTED,
    WHICH,
    above_the_line,
    chosen_because,
    line_when_tested,
    precision_against_goal,
)
from leadlight.insight.verdict import claim
from leadlight.insight.wording import counted, figure
from leadlight.model.answer import displayed, factor
from leadlight.model.bundle import Bundle
from leadlight.model.grade import Grades, PolicyOutcome
from leadlight.model.probability import probability
from leadlight.model.resample import Estimate
from leadlight.model.training_record import CandidateFigures, TrainingRecord
from leadlight.model.whatif import Explanation
from leadlight.training.evaluate import FIGURES

TOP: Final = 5
FEW: Final = 6
MANY: Final = 10
_ROLES: Final = {
    "id": "id",
    "time": "arrival",
    "owner": "owner",
    "personal": "personal, never used",
    "sensitive": "sensitive, not used",
    "consent": "consent",
    "value": "deal value",
    "contacted_at": "first contact",
}
_KINDS: Final = {
    "number": "numbers",
    "category": "categories",
    "flag": "yes or no",
    "date": "dates",
    "text": "texts",
}


def columns(page: Page, schema: Schema, target: Target) -> None:
    """What each column was taken for, a line a kind."""
    page.heading("What each column was taken for")
    rows = [("outcome", f"{target.column} ({target.meanings})")] if target.has_meanings else []
    for role, word in _ROLES.items():
        names = [column.name for column in schema.columns if column.role == role]
        rows += [(word, ", ".join(names))] if names else []
    for kind, word in _KINDS.items():
        names = [column.name for column in schema.inputs if column.kind == kind and column.role == "feature"]
        rows += [(f"{word} ({len(names)})", ", ".join(names))] if names else []
    page.table(("taken for", "columns"), rows)


def findings(page: Page, title: str, found: Sequence[Finding], severities: Sequence[str]) -> None:
    """Findings of some severities, with what to do; what holds for several columns is said once."""
    told: set[tuple[str, str]] = set()
    alike: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        if finding.severity in severities:
            plain = finding.message.replace(repr(finding.column), "")
            alike.setdefault((finding.code, plain), []).append(finding)
    if alike:
        page.heading(title)
    shown, folded = _folded(list(alike.values()))
    for first, *others in shown:
        page.line(f"{first.code}: {first.message}")
        if others:
            page.line(f"The same holds for {_several(others)}.", indent=6)
        step = (first.code, first.next_step.replace(repr(first.column), ""))
        if first.next_step and not (first.severity == "note" and step in told):
            page.line(first.next_step, indent=6)
        told.add(step)
    for code, others in folded.items():
        page.line(f"{code}: likewise {_several(others)}; --json and the report tell each.")


def _folded(groups: Sequence[list[Finding]]) -> tuple[list[list[Finding]], dict[str, list[Finding]]]:
    """The first few of each code, and the others by code: a file of hundreds of columns is told in a page."""
    shown: list[list[Finding]] = []
    folded: dict[str, list[Finding]] = {}
    for group in groups:
        code = group[0].code
        if sum(other[0].code == code for other in shown) < FEW:
            shown.append(group)
        else:
            folded.setdefault(code, []).extend(group)
    return shown, folded


def _several(found: Sequence[Finding]) -> str:
    """The first few columns by name."""
    names = ", ".join(repr(each.column) for each in found[:MANY])
    return names if len(found) <= MANY else f"{names} and {len(found) - MANY:,} more"


def rows(counts: Mapping[str, int], leads: Leads) -> dict[str, int]:
    """Every row of the file, those that could not be read included."""
    unread = len(leads.rejected)
    return {**counts, "in": counts["in"] + unread, "rejected": counts.get("rejected", 0) + unread}


def candidates(page: Page, training: TrainingRecord, seconds: Mapping[str, float]) -> None:
    """How the models compare on folds that they did not learn from."""
    split = training.split
    kind = "each on later leads than it learnt from" if split.random else "drawn at random"
    page.heading("How the models compare")
    page.line(f"On {split.folds} folds, {kind}; intervals that hold in nine of ten cases.")
    page.table(
        ("", "model", "AUC", "", "log loss", "accuracy", "F1", "s a fold"),
        [_candidate(each, training.chosen, seconds) for each in training.candidates],
        right=("log loss", "accuracy", "F1", "s a fold"),
    )
    page.line(chosen_because(training))


def _candidate(each: CandidateFigures, chosen: str, seconds: Mapping[str, float]) -> Sequence[str]:
    return (
        "*" if each.name == chosen else "",
        each.name,
        f"{each.auc:.3f}",
        f"{each.auc_low:.3f} to {each.auc_high:.3f}",
        f"{each.log_loss:.3f}",
        f"{each.accuracy:.3f}",
        f"{each.f1:.3f}",
        f"{seconds[each.name]:.1f}",
    )


def promise(page: Page, bundle: Bundle, *, brief: bool = False) -> None:
    """How good the chosen model is on leads that took no part in making it."""
    training = bundle.record
    test, split = training.test, training.split
    which = WHICH[split.by]
    page.heading(f"How good it is on {counted(test['rows'], 'lead')} that it has not seen ({which})")
    if test["rows"] < COUNTED:
        figures(page, test)
    else:
        _ranking(page, test)
        page.line(above_the_line(bundle))
        _reliable(page, test)
    if split.random and not brief:
        page.line(f"Leads mixed at random would have claimed AUC {split.random.auc:.3f}.")
    if not brief:
        matter(page, training)
    claimed = claim(training)
    if claimed:
        page.line(claimed)


def matter(page: Page, training: TrainingRecord) -> None:
    """What moves the scores most."""
    matters = training.importance
    most = sorted(matters, key=lambda name: (-matters[name], name))[:TOP]
    if most:
        page.line(f"What moves its scores most: {', '.join(most)}.")


def _ranking(page: Page, found: Mapping[str, Any]) -> None:
    if found["auc"] is not None:
        page.line(
            f"AUC {ranged(found, 'auc')}: of a buyer and another lead, the buyer stands higher"
            f" {100 * found['auc']:.0f} times in 100."
        )


def _reliable(page: Page, found: Mapping[str, Any]) -> None:
    if found["reliability"]:
        page.line(calibration(found))


def figures(page: Page, found: Mapping[str, Any]) -> None:
    """AUC, the line, calibration: a sentence each."""
    _ranking(page, found)
    page.line(line_when_tested(found))
    _reliable(page, found)


def calibration(found: Mapping[str, Any]) -> str:
    """Promise against outcome where they are farthest apart, chance considered."""
    groups = found["reliability"]
    worst = max(groups, key=lambda group: abs(group["predicted"] - group["observed"]) * group["rows"] ** 0.5)
    return (
        f"Of 100 leads scored about {100 * worst['predicted']:.0f}, about {100 * worst['observed']:.0f}"
        f" bought: the farthest apart of {counted(len(groups), 'group')}; on average it is"
        f" {100 * found['ece']:.1f} points."
    )


def ranged(found: Mapping[str, Any], name: str) -> str:
    """0.876 (0.861 to 0.890)."""
    return f"{found[name]:.3f} ({found[name + '_low']:.3f} to {found[name + '_high']:.3f})"


def first_rows(page: Page, plan: Plan, count: int = TOP) -> None:
    """The top of a list: id, score, grade and reasons."""
    reasons = [name for name in plan.frame.columns if re.fullmatch("reason_[0-9]+", name)]
    shown = ["rank", *([plan.id] if plan.id else []), "score", "grade"]
    page.table(
        [*shown, "because"],
        [
            (*(row[name] for name in shown), "; ".join(row[name] for name in reasons if row[name]))
            for row in plan.frame.head(count).iter_rows(named=True)
        ],
        right=("rank", "score"),
    )


def policy(page: Page, grades: Grades, outcome: PolicyOutcome | None) -> None:
    """Where the line is now, and what it would have given on leads that the model had not seen."""
    page.say(
        f"Called is from a score of {displayed(probability(grades.line)):.1f} on, {grades.names[1]} from"
        f" {displayed(probability(grades.warm)):.1f} on."
    )
    if outcome is None:
        page.line("What that gives is not known: the model was made before enough leads were decided.")
        return
    page.heading(f"What it would have given on the {counted(outcome.leads, 'test lead')}")
    value = "" if outcome.value is None else f"; worth {outcome.value:,.0f} after the cost of calls"
    page.line(
        f"{counted(outcome.calls, 'call')}, {outcome.called_conversions:,} of them bought:"
        f" {interval(outcome.precision)} of the called, {interval(outcome.recall)} of all"
        f" {outcome.conversions:,} who bought{value}."
    )
    missed = precision_against_goal(grades.policy, outcome)
    if missed:
        page.line(missed)
    page.table(
        ("grade", "leads", "share", "bought"),
        [
            (each.name, f"{each.leads:,}", f"{100 * each.share:.0f} %", interval(each.rate))
            for each in outcome.grades
        ],
        right=("leads", "share", "bought"),
    )


def interval(figure: Estimate) -> str:
    """78 % (75 to 81)."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "none"
    return f"{100 * figure.value:.0f} % ({100 * figure.low:.0f} to {100 * figure.high:.0f})"


def explanation(page: Page, found: Explanation) -> None:
    """One lead: base odds, then a factor a column, then what would change the score."""
    answer = found.answer
    call = "above the line" if answer.call else "below the line"
    page.say(
        f"Score {answer.score:.1f}: a probability of {answer.probability:.3f}"
        f" ({answer.low:.3f} to {answer.high:.3f}), {answer.grade}, {call}."
    )
    page.heading("Why")
    page.table(
        ("odds", "because"),
        [
            (f"{found.base_odds:.3g}", "the odds that every lead begins with"),
            *((f"x {factor(each.odds)}", f"{each.column} = {each.value}") for each in found.reasons),
        ],
        right=("odds",),
    )
    page.line(
        "By group: " + ", ".join(f"{name} x {factor(odds)}" for name, odds in found.groups.items()) + "."
    )
    if found.changes:
        page.heading("What would change it")
        page.table(
            ("column", "value", "score", "grade"),
            [
                (each.column, each.value, f"{displayed(each.probability):.1f}", each.grade)
                for each in found.changes
            ],
            right=("score",),
        )


def evaluation(page: Page, found: Mapping[str, Any], rows: Mapping[str, int], leads: str) -> None:
    """How good a model is on leads that were decided."""
    page.say(
        f"{leads}: {rows['in']:,} in = {rows['decided']:,} decided + {rows['open']:,} open"
        f" + {rows['rejected']:,} rejected."
    )
    page.heading(f"On {counted(found['rows'], 'decided lead')} ({100 * found['base_rate']:.1f} % bought)")
    figures(page, found)
    page.table(
        ("figure", "value", "90 % interval"),
        [
            (
                figure(name),
                f"{found[name]:.4f}",
                f"{found[name + '_low']:.4f} to {found[name + '_high']:.4f}",
            )
            for name in FIGURES
            if found[name] is not None and found[f"{name}_low"] is not None
        ],
        right=("value",),
    )
    page.line("If the model learnt from some of these leads, the figures flatter it.")
