"""What is told of points that were set by hand: as they are, and what the leads have made of them."""

from __future__ import annotations

from typing import Final

from leadlight.cli.page import Page
from leadlight.insight.report.byhand import points
from leadlight.insight.wording import counted
from leadlight.model.answer import displayed
from leadlight.model.bundle import Bundle
from leadlight.model.probability import probability
from leadlight.model.training_record import EarlyStand, PointsRecord, TrainingRecord

ROWS: Final = 30


def tell(page: Page, training: TrainingRecord) -> None:
    """Only where points were set: how far the leads have taken over, and whether they bear the points out."""
    found = training.rules
    if found is None:
        return
    page.line(f"{shares(found)} The table is in the report.")
    page.line(
        f"AUC of the points as they were set {found.auc_set:.3f},"
        f" with what was learnt {found.auc_learnt:.3f}."
    )


def shares(found: PointsRecord) -> str:
    """Set by hand: 61 %; learnt: 39 %."""
    learnt = round(100 * found.learnt)
    return f"Set by hand: {100 - learnt} %; learnt: {learnt} %."


def early(page: Page, bundle: Bundle) -> None:
    """That nothing is measured yet, the table, where the line is, and when to come back."""
    seen, found = bundle.record.early, bundle.record.rules
    assert seen is not None
    assert found is not None
    assert found.rate is not None
    page.heading("These are your points; nothing has been tested")
    page.line(_standing(seen))
    page.line(
        f"On average {100 * found.rate:g} of 100 leads are taken to buy, and {found.double:g} points"
        f" double the odds: so you set it. {shares(found)}"
    )
    table(page, found)
    grades = bundle.scorer.grades
    page.line(
        f"Called and {grades.names[0]} is from a score of {displayed(probability(grades.line)):.1f} on,"
        f" {grades.names[1]} from {displayed(probability(grades.warm)):.1f} on."
    )
    page.line(
        f"Train again once {seen.needed} leads are won and {seen.needed} lost:"
        " then it is tested, and the points learn more."
    )


def _standing(seen: EarlyStand) -> str:
    decided = seen.won + seen.lost
    if not decided:
        return "No lead has been decided yet, so no figure says how good this model is."
    return (
        f"Decided so far: {counted(decided, 'lead')} ({seen.won} won, {seen.lost} lost). They move the"
        " points a little, and are too few to say how good this model is."
    )


def table(page: Page, found: PointsRecord) -> None:
    """The first rows of the points."""
    head, rows = points(found)
    page.table(head, rows[:ROWS], right=head[2:])
    more = len(rows) - ROWS
    if more > 0:
        page.line(f"and {counted(more, 'row')} more.")
