"""The sections on the leads as a whole: over time, what is missing, which of them repeat."""

from __future__ import annotations

from collections.abc import Sequence

from leadlight.insight.charts import columns as column_charts
from leadlight.insight.charts import relations as charts
from leadlight.insight.explore import course, gaps
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.explore.singles import periods
from leadlight.insight.page import Block, Figure, Section, Table, Words
from leadlight.insight.wording import counted, listed, percent, quoted, some, with_span


def over_time(leads: ExploredLeads) -> Section | None:
    if leads.moment is None:
        return None
    found = course.course(leads.moment, leads.outcome)
    time = next((column.name for column in leads.columns if column.role == "time"), "")
    if found is None:
        return None
    chart = column_charts.over_time(found.periods, leads.rate)
    figure = Figure("over-time", course.sentence(time, found), chart, "", periods(found), wide=False)
    return Section("time", "Conversion over time", (figure,))


def missing(leads: ExploredLeads) -> Section | None:
    found = gaps.gaps(leads)
    if not found:
        return Section("missing", "What is missing", (Words("No column lacks a value in 20 leads or more."),))
    first = found[0]
    title = (
        f"{counted(len(found), 'column')} of {len(leads.columns)} have gaps; most of all "
        f"{quoted(first.column)}, which has no value in {percent(first.share)} of the leads."
    )
    table = Table.of(
        ("column", "leads without a value", "share"),
        [(gap.column, f"{gap.leads:,}", percent(gap.share)) for gap in found],
    )
    blocks: list[Block] = [Figure("gaps", title, column_charts.missing(found[:40]), "", table)]
    names, patterns = gaps.patterns(leads, found)
    if len(patterns) > 1:
        blocks.append(_patterns(names, patterns))
    return Section("missing", "What is missing", tuple(blocks))


def _patterns(names: list[str], patterns: Sequence[gaps.Pattern]) -> Figure:
    full = next((pattern for pattern in patterns if not pattern.missing), None)
    most = next((pattern for pattern in patterns if pattern.missing), patterns[0])
    gone = some(list(map(quoted, most.missing)), 3)
    alone = "alone" if len(most.missing) == 1 else "together"
    title = f"The commonest gap: {gone} {alone}, in {percent(most.share)} of the leads{_won(most)}"
    if full:
        none = f"none of the {counted(len(names), 'column')} below is missing"
        title += f"; {none} in {percent(full.share)}{_won(full)}"
    table = Table.of(
        ("missing together", "leads", "share", "converted"),
        [
            (
                listed(list(pattern.missing)) or "nothing",
                f"{pattern.leads:,}",
                percent(pattern.share),
                with_span(pattern.rate, pattern.low, pattern.high),
            )
            for pattern in patterns
        ],
    )
    note = f"A row for each set of gaps over the {counted(len(names), 'column')} with most of them."
    return Figure("patterns", f"{title}.", charts.patterns(names, patterns), note, table)


def _won(pattern: gaps.Pattern) -> str:
    return "" if pattern.rate is None else f", of which {percent(pattern.rate)} convert"


def repeated(leads: ExploredLeads) -> Section | None:
    found = gaps.repeats(leads)
    if found is None:
        return None
    title = (
        f"{found.leads:,} of {leads.height:,} leads are the same as another one in all that can be learnt "
        f"from: {counted(found.different, 'lead')} told {counted(found.leads, 'time')}"
    )
    mixed = found.contradicting
    title += f"; {mixed:,} of them equal one that ended differently." if mixed >= 20 else "."
    table = Table.of(("a lead is", "leads"), [(size, f"{count:,}") for size, count in found.sizes])
    note = "Such leads stay together: none of them is learnt from while another one is tested on."
    figure = Figure("repeats", title, charts.repeats(found.sizes), note, table)
    return Section("repeated", "Leads that repeat one another", (figure,))
