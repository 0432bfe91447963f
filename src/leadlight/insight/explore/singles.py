"""The section that shows the columns one by one."""

from __future__ import annotations

from collections.abc import Sequence

from leadlight.insight.charts import columns as charts
from leadlight.insight.explore import columns, course
from leadlight.insight.explore.columns import View
from leadlight.insight.explore.counts import CountedGroup
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.wording import counted, percent, quoted, some, span, with_span


def views(leads: ExploredLeads) -> list[View]:
    """Every column whose values may be shown."""
    found = (columns.view(leads, column) for column in leads.shown)
    return [view for view in found if view is not None]


def singles(leads: ExploredLeads, shown: Sequence[View]) -> Section | None:
    """A picture a column."""
    if not shown:
        return None
    told = (
        "Grey: how many leads. Teal: how many of them convert, with the interval that holds it nine times "
        "in ten. Dashed: all leads."
    )
    varied = [view for view in shown if view.periods is not None or len(view.groups) > 1]
    figures = [_column(view, k, leads.rate) for k, view in enumerate(varied, start=1)]
    alike = [quoted(view.column.name) for view in shown if view not in varied]
    hidden = [column.name for column in leads.columns if column not in leads.shown]
    blocks: list[Block] = [Words(told), *figures]
    if alike:
        blocks.append(
            Words(
                "One value in all or nearly all leads, or none that 20 leads share, so there is nothing to"
                f" show: {some(alike, 12)}."
            )
        )
    if hidden:
        blocks.append(
            Words(f"Not shown, because they name leads or people: {some(list(map(quoted, hidden)), 8)}.")
        )
    return Section("columns", f"{counted(len(varied), 'column')}, one by one", tuple(blocks))


def _column(view: View, number: int, rate: float | None) -> Figure:
    if view.periods is not None:
        chart = charts.over_time(view.periods.periods, rate)
        return Figure(f"column-{number}", view.sentence, chart, view.note, periods(view.periods))
    if len(view.bars) > 2 and view.column.kind == "number":
        chart = charts.spread(view.bars, view.groups, rate)
    else:
        chart = charts.groups(view.groups, rate)
    return Figure(f"column-{number}", view.sentence, chart, view.note, _groups(view.groups))


def _groups(groups: Sequence[CountedGroup]) -> Table:
    rows = [
        (
            each.label,
            f"{each.leads:,}",
            percent(each.share),
            f"{each.decided:,}",
            percent(each.rate),
            span(each.low, each.high),
        )
        for each in groups
    ]
    return Table.of(("value", "leads", "share", "decided", "converted", "interval"), rows)


def periods(found: course.Course) -> Table:
    rows = [
        (each.start, f"{each.leads:,}", f"{each.decided:,}", with_span(each.rate, each.low, each.high))
        for each in found.periods
    ]
    return Table.of((f"{found.every} from", "leads", "decided", "converted"), rows)
