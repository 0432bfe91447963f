"""The section on which columns tell who converts."""

from __future__ import annotations

from collections.abc import Sequence

from leadlight.insight.charts import columns as column_charts
from leadlight.insight.charts import relations as charts
from leadlight.insight.explore import columns, relations
from leadlight.insight.explore.columns import View
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.page import Block, Figure, Section, Table
from leadlight.insight.wording import counted, decimal, quoted


def telling(leads: ExploredLeads, shown: Sequence[View]) -> Section | None:
    """Which columns tell won from lost."""
    strengths = columns.strengths(leads, shown)
    if not strengths:
        return None
    blocks: list[Block] = [_strengths(strengths)]
    found = relations.with_outcome(leads, [view.column for view in shown])
    if found:
        blocks.append(_with_outcome(found))
    return Section("telling", "Which columns tell who converts", tuple(blocks))


def _strengths(rows: Sequence[tuple[str, float, float, float, bool]]) -> Figure:
    best, used = rows[0], [row for row in rows if row[4]]
    title = f"{quoted(best[0])} alone tells won from lost best (AUC {decimal(best[1], 2)})"
    if not best[4] and used:
        title += (
            f", but is left out; of the columns learnt from it is {quoted(used[0][0])}"
            f" ({decimal(used[0][1], 2)})"
        )
    silent = sum(row[2] <= 0.5 for row in rows)
    table = Table.of(
        ("column", "AUC", "from", "to", "learnt from"),
        [
            (name, decimal(auc), decimal(low), decimal(high), "yes" if kept else "no")
            for name, auc, low, high, kept in rows
        ],
    )
    note = (
        "How often a column alone puts a lead that was won above one that was lost: 1 always, 0.5 no "
        f"better than chance, as of {counted(silent, 'column')} here."
    )
    return Figure("strengths", f"{title}.", column_charts.strengths(rows[:24]), note, table)


def _with_outcome(rows: Sequence[relations.WithOutcome]) -> Figure:
    best = rows[0]
    more = "more" if best.pearson > 0 else "less"
    what = f"the higher it is, the {more} often leads convert"
    if best.low <= 0 <= best.high:
        what = "whether it goes with winning at all is not sure"
    title = (
        f"Of the numbers, {quoted(best.column)} goes with winning most: {what} "
        f"(correlation {decimal(best.pearson, 2)})."
    )
    table = Table.of(
        ("column", "Pearson", "from", "to", "Spearman", "leads"),
        [
            (
                row.column,
                decimal(row.pearson, 2),
                decimal(row.low, 2),
                decimal(row.high, 2),
                decimal(row.spearman, 2),
                f"{row.leads:,}",
            )
            for row in rows
        ],
    )
    note = "Bars: Pearson, with the interval that holds it nine times in ten. Rings: Spearman, by ranks."
    return Figure("with-outcome", title, charts.with_outcome(rows), note, table)
