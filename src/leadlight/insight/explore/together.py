"""The section on how columns go together, and where two of them work on each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from leadlight.data.schema import Column
from leadlight.insight.charts import relations as charts
from leadlight.insight.explore import columns, pairs, relations
from leadlight.insight.explore.columns import View
from leadlight.insight.explore.counts import MISSING
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.page import Block, Figure, Section, Table
from leadlight.insight.wording import counted, decimal, measure, percent, quoted

HEATMAP: Final = 24
NUMBERS: Final = 12
STRONG: Final = 0.3


def together(leads: ExploredLeads, shown: Sequence[View]) -> Section | None:
    """How the columns go together, and where two of them work on each other."""
    ranked = _ranked(leads, shown)
    found = relations.together(relations.parts(leads, ranked[:HEATMAP]))
    if not found:
        return None
    blocks: list[Block] = [_associations(found)]
    numbers = [each for each in found if each.spearman is not None]
    if len({name for each in numbers for name in (each.first, each.second)}) > 2:
        blocks.append(_correlations(numbers))
    blocks += [_cloud(leads, each, k) for k, each in enumerate(relations.strongest_numbers(found), start=1)]
    if leads.rate is not None:
        blocks += [_interplay(each, k) for k, each in enumerate(pairs.interplays(leads, ranked), start=1)]
    return Section("together", "How columns go together", tuple(blocks))


def _ranked(leads: ExploredLeads, shown: Sequence[View]) -> list[Column]:
    """The columns that tell most first; those learnt from before the others."""
    by_name = {
        view.column.name: view.column for view in shown if view.column.kind in ("number", "category", "flag")
    }
    strong = [by_name[name] for name, *_ in columns.strengths(leads, shown) if name in by_name]
    ranked = strong or list(by_name.values())
    return sorted(ranked, key=lambda column: not column.is_input)


def _associations(found: Sequence[relations.Together]) -> Figure:
    names = list(dict.fromkeys(name for each in found for name in (each.first, each.second)))
    strong = sorted(found, key=lambda each: -each.value)
    best = strong[0]
    many = sum(each.value >= STRONG for each in found)
    title = (
        f"Of {counted(len(found), 'pair')} of columns, {many} go together clearly ({STRONG} or more); "
        f"most of all {quoted(best.first)} and {quoted(best.second)} ({decimal(best.value, 2)})."
    )
    chart = charts.associations(names, {(each.first, each.second): each.value for each in found})
    table = Table.of(
        ("column", "with", "measure", "value"),
        [(each.first, each.second, each.kind, decimal(each.value, 2)) for each in strong[:40]],
        left=3,
    )
    note = (
        "0: nothing in common, 1: one tells the other. Two numbers: Spearman, without its sign; two columns "
        "of words: Cramér’s V; a number and words: the correlation ratio."
    )
    return Figure("associations", title, chart, note, table, wide=True)


def _correlations(numbers: Sequence[relations.Together]) -> Figure:
    names = list(dict.fromkeys(name for each in numbers for name in (each.first, each.second)))[:NUMBERS]
    kept = [each for each in numbers if each.first in names and each.second in names]
    best = max(kept, key=lambda each: abs(each.pearson or 0.0))
    how = "rise together most" if (best.pearson or 0.0) >= 0 else "go most clearly in opposite directions"
    title = (
        f"Of the numbers, {quoted(best.first)} and {quoted(best.second)} {how} "
        f"(Pearson {decimal(best.pearson, 2)}, Spearman {decimal(best.spearman, 2)})."
    )
    values = {(each.first, each.second): (each.pearson or 0.0, each.spearman or 0.0) for each in kept}
    table = Table.of(
        ("column", "with", "Pearson", "Spearman"),
        [(each.first, each.second, decimal(each.pearson, 2), decimal(each.spearman, 2)) for each in kept],
        left=2,
    )
    note = "Below the diagonal Pearson (along a straight line), above it Spearman (by ranks)."
    return Figure("correlations", title, charts.correlations(names, values), note, table)


def _cloud(leads: ExploredLeads, pair: relations.Together, number: int) -> Figure:
    dots = pairs.cloud(leads, pair.first, pair.second)
    known = sorted((dot for dot in dots if dot.rate is not None), key=lambda dot: dot.rate or 0.0)
    title = (
        f"{quoted(pair.first)} and {quoted(pair.second)} go together (Spearman {decimal(pair.spearman, 2)})"
    )
    if known:
        low, high = known[0], known[-1]
        title += (
            f"; most convert about {measure(high.x)} and {measure(high.y)} ({percent(high.rate)}), fewest "
            f"about {measure(low.x)} and {measure(low.y)} ({percent(low.rate)})"
        )
    least = min(dot.leads for dot in dots)
    note = f"Each dot stands for {least} leads or more that lie close together; the darker, the more convert."
    table = Table.of(
        (pair.first, pair.second, "leads", "converted"),
        [(measure(dot.x), measure(dot.y), f"{dot.leads:,}", percent(dot.rate)) for dot in dots[:60]],
        left=0,
    )
    return Figure(f"cloud-{number}", f"{title}.", charts.cloud(dots, pair.first, pair.second), note, table)


def _interplay(found: pairs.Interplay, number: int) -> Figure:
    cells = sorted(found.cells, key=lambda cell: cell.rate)
    low, high = cells[0], cells[-1]
    title = (
        f"{quoted(found.first)} and {quoted(found.second)} tell more together than apart: "
        f"{percent(high.rate)} convert with {_both(high)}, "
        f"{percent(low.rate)} with {_both(low)}."
    )
    table = Table.of(
        (found.first, found.second, "leads", "converted"),
        [(cell.first, cell.second, f"{cell.leads:,}", percent(cell.rate)) for cell in found.cells],
        left=2,
    )
    note = "Who converts in each combination that 20 decided leads share; the others are left blank."
    return Figure(f"interplay-{number}", title, charts.interplay(found), note, table)


def _both(cell: pairs.Cell) -> str:
    return " and ".join(
        "no value" if label == MISSING else quoted(label) for label in (cell.first, cell.second)
    )
