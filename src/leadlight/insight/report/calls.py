"""What the grades hold, what calling from each line on gives, and who is called in error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadlight.insight.charts import calls as charts
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.report.record import Record
from leadlight.insight.wording import decimal, percent, telling, with_span
from leadlight.insight.wording import figure as figure_name
from leadlight.model.grade import LEAST_ROWS, GradeOutcome
from leadlight.model.probability import probability
from leadlight.training.evaluate import Cut

OTHERS = 9
KINDS = {
    "meet": "where precision, recall and F1 meet",
    "cuts": "at a fixed probability",
    "capacity": "where as many leads are called as there is time for",
    "precision": "where the wanted share of the called buys",
    "value": "where a call is worth its cost",
}


def grades(record: Record) -> Section:
    """Leads, conversions and share of all sales of each grade, and what the line gives."""
    policy, own = record.policy, record.bundle.scorer.grades
    shown = [grade for grade in policy.grades if grade.leads >= LEAST_ROWS]
    words = Words(
        f"The line stands at a score of {100 * record.line:.1f}, {KINDS[own.policy.kind]}: {own.names[0]} "
        "from there on, "
        f"{own.names[1]} from {100 * probability(own.warm):.1f}, {own.names[2]} below. On the "
        f"{policy.leads:,} test leads it "
        f"gives about {policy.calls:,} calls and {policy.called_conversions:,} sales."
    )
    blocks: list[Block] = [words]
    if shown:
        blocks.append(_grades(record, shown))
    blocks.append(_confusion(record))
    return Section("grades", "Whom to call", tuple(blocks))


def _grades(record: Record, shown: Sequence[GradeOutcome]) -> Figure:
    won = max(1, record.policy.conversions)
    said = "; ".join(
        f"{grade.name}: {percent(grade.share)} of the leads, {percent(grade.conversions / won)} of the "
        "sales, "
        f"{percent(grade.rate.value)} buy"
        for grade in shown
    )
    rows = [
        {"name": grade.name, "kind": kind, "value": value}
        for grade in shown
        for kind, value in (
            ("of the leads", grade.share),
            ("of the sales", grade.conversions / won),
            ("converted", grade.rate.value),
        )
    ]
    table = Table.of(
        ("grade", "leads", "share", "sales", "share of all sales", "converted"),
        [
            (
                grade.name,
                f"{grade.leads:,}",
                percent(grade.share),
                f"{grade.conversions:,}",
                percent(grade.conversions / won),
                with_span(grade.rate.value, grade.rate.low, grade.rate.high),
            )
            for grade in shown
        ],
    )
    chart = charts.grades(rows, record.bundle.scorer.grades.names)
    return Figure("grades", f"{said[0].upper()}{said[1:]}.", chart, "On the test leads.", table)


def _confusion(record: Record) -> Figure:
    counts, leads = record.confusion, record.policy.leads
    cells: list[dict[str, Any]] = [
        _cell("won", "called", counts.true_positive, "right", "won and called"),
        _cell("won", "not called", counts.false_negative, "wrong", "missed sales"),
        _cell("lost", "called", counts.false_positive, "wrong", "called in vain"),
        _cell("lost", "not called", counts.true_negative, "right", "rightly left alone"),
    ]
    title = (
        f"At the line {percent(counts.rates['accuracy'])} of {leads:,} test leads are judged right: "
        f"{counts.true_positive:,} sales called, {counts.false_negative:,} missed, "
        f"{counts.false_positive:,} called in vain."
    )
    rates = [(figure_name(name), percent(rate)) for name, rate in counts.rates.items()]
    note = (
        "Counted in groups of 20 leads or more with about the same score, so one group may be on the other "
        "side. F1 of the lost, in the numbers, is that of the leads that are not called."
    )
    return Figure("confusion", title, charts.confusion(cells), note, Table.of(("figure", "value"), rates))


def _cell(ended: str, called: str, leads: int, kind: str, words: str) -> dict[str, Any]:
    return {"ended": ended, "called": called, "leads": leads, "kind": kind, "words": words}


def thresholds(record: Record) -> Section:
    """Every other line that one could draw."""
    test = record.test
    if not test.thresholds:
        return Section(
            "thresholds", "Other lines", (Words("There are too few test leads to draw other lines."),)
        )
    return Section("thresholds", "Other lines", (_measures(record), _outcomes(record), _table(record)))


def _measures(record: Record) -> Figure:
    test = record.test
    meeting = test.meeting
    title = "Calling from a higher probability on, more of the called buy and more sales are missed"
    if meeting is not None:
        title = f"{_met(meeting)}; the line stands at {decimal(record.line, 2)}"
    chart = charts.thresholds(test.thresholds, record.line, None if meeting is None else meeting.threshold)
    return Figure("thresholds", f"{title}.", chart, "On the test leads.")


def _met(meeting: Cut) -> str:
    """Where many leads share a score, no line makes the two quite equal."""
    at, precision, recall = decimal(meeting.threshold, 2), percent(meeting.precision), percent(meeting.recall)
    if precision == recall:
        return f"Precision, recall and F1 meet at a probability of {at}, where each is {precision}"
    return f"Precision and recall come nearest at a probability of {at}, with {precision} and {recall}"


def _outcomes(record: Record) -> Figure:
    test = record.test
    cuts = test.thresholds[:: max(1, -(-len(test.thresholds) // OTHERS))]
    kinds = ("called, won", "called, lost", "missed, won", "left, lost")
    digits = telling([cut.threshold for cut in cuts], decimal, range(2, 9))
    rows = [
        {"threshold": decimal(cut.threshold, digits), "leads": leads, "kind": kind, "place": place}
        for cut in reversed(cuts)
        for place, (kind, leads) in enumerate(
            zip(kinds, counts(cut, test.rows, test.conversions), strict=True)
        )
    ]
    low, high = cuts[-1], cuts[0]
    few, many = (counts(cut, test.rows, test.conversions)[2] for cut in (high, low))
    title = (
        f"Calling from {decimal(high.threshold, digits)} on means {high.called:,} calls and {few:,} missed "
        f"sales; from {decimal(low.threshold, digits)} on {low.called:,} calls and {many:,}."
    )
    table = Table.of(
        ("called from", *kinds),
        [
            (
                decimal(cut.threshold, digits),
                *(f"{each:,}" for each in counts(cut, test.rows, test.conversions)),
            )
            for cut in cuts
        ],
    )
    return Figure(
        "outcomes", title, charts.outcomes(rows), "The confusion matrix at other lines, a row each.", table
    )


def counts(cut: Cut, rows: int, conversions: int) -> tuple[int, int, int, int]:
    """Called and won, called and lost, missed, rightly left alone."""
    hits = round(cut.precision * cut.called)
    return hits, cut.called - hits, conversions - hits, rows - cut.called - conversions + hits


def _table(record: Record) -> Table:
    digits = telling([cut.threshold for cut in record.test.thresholds], decimal, range(3, 9))
    rows = [
        (
            decimal(cut.threshold, digits),
            f"{cut.called:,}",
            percent(cut.share),
            with_span(cut.precision, cut.precision_low, cut.precision_high),
            with_span(cut.recall, cut.recall_low, cut.recall_high),
            decimal(cut.f1, 3),
            percent(cut.accuracy),
        )
        for cut in record.test.thresholds
    ]
    head = ("called from", "leads", "share", "precision", "recall", "F1", "accuracy")
    return Table.of(head, rows, caption="What each line would have given on the test leads")
