"""Each column by itself: how its values are spread, what is missing, and who converts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from leadlight.data.schema import Column
from leadlight.insight.explore import counts, course
from leadlight.insight.explore.counts import MISSING, Bar, CountedGroup
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.wording import counted, percent, quoted

MARKED: Final = {
    "after": "known only once sales worked the lead",
    "sensitive": "sensitive, kept for checks of fairness",
    "consent": "says who may be contacted",
    "ignore": "not used",
    "value": "the value of a deal",
    "time": "when the lead arrived",
}


@dataclass(frozen=True)
class View:
    """One column: its groups, how its numbers are spread, and one sentence on both."""

    column: Column
    groups: tuple[CountedGroup, ...]
    bars: tuple[Bar, ...]
    periods: course.Course | None
    missing: float
    sentence: str

    @property
    def note(self) -> str:
        """What it is used for, where that is not plain."""
        column = self.column
        used = "" if column.is_input else "Not learnt from."
        words = f"{MARKED[column.role].capitalize()}." if column.role in MARKED else used
        gap = next((group for group in self.groups if group.label == MISSING), None)
        if gap is None or gap.rate is None or not self.bars:
            return words
        return f"{words} Without a value: {counted(gap.leads, 'lead')}, {percent(gap.rate)} convert.".strip()


def view(leads: ExploredLeads, column: Column) -> View | None:
    """Nothing where no value is shared by 20 leads."""
    series = leads.typed[column.name]
    missing = series.null_count() / max(1, leads.height)
    if column.kind == "date":
        return _dated(leads, column, missing)
    groups = counts.grouping(column, series).count(leads.outcome)
    if not groups:
        return None
    spread = counts.bars(counts.numbers_of(series)) if column.kind == "number" else []
    return View(
        column, tuple(groups), tuple(spread), None, missing, sentence(column, groups, leads.rate, missing)
    )


def _dated(leads: ExploredLeads, column: Column, missing: float) -> View | None:
    seconds = counts.numbers_of(leads.typed[column.name])
    found = course.course(seconds, leads.outcome)
    if found is None:
        return None
    return View(column, (), (), found, missing, course.sentence(column.name, found))


def sentence(column: Column, groups: Sequence[CountedGroup], rate: float | None, missing: float) -> str:
    """Who converts most and least, or what is most frequent where no outcome is known."""
    name = quoted(column.name)
    known = [group for group in groups if group.rate is not None]
    if len(known) < 2 or rate is None:
        return _frequent(name, groups, missing)
    best = max(known, key=lambda group: group.rate or 0.0)
    worst = min(known, key=lambda group: group.rate or 0.0)
    gaps = f" Missing in {percent(missing)}." if missing and MISSING not in (best.label, worst.label) else ""
    if (best.low or 0.0) <= (worst.high or 1.0):
        return f"{name} alone hardly tells who converts: from {_told(worst)} to {_told(best)}.{gaps}"
    return f"{name}: {_told(best)} convert, {_told(worst)}; all leads {percent(rate)}.{gaps}"


def _told(group: CountedGroup) -> str:
    what = "without a value" if group.label == MISSING else f"with {quoted(group.label)}"
    return f"{percent(group.rate)} of the {counted(group.decided, 'lead')} {what}"


def _frequent(name: str, groups: Sequence[CountedGroup], missing: float) -> str:
    most = max(groups, key=lambda group: group.leads)
    gaps = f" Missing in {percent(missing)}." if missing and most.label != MISSING else ""
    what = "has no value" if most.label == MISSING else f"is {quoted(most.label)}"
    return f"{name} {what} in {percent(most.share)} of the leads.{gaps}"


def strengths(leads: ExploredLeads, views: Sequence[View]) -> list[tuple[str, float, float, float, bool]]:
    """How well each column alone tells won from lost (AUC on leads it was not read from), best first."""
    from leadlight.training.audit import strength

    known = leads.decided
    outcome = leads.outcome[known]
    if not 0 < outcome.sum() < len(outcome):
        return []
    fold = strength.folds(np.arange(len(outcome)), strength.FOLDS)
    found = []
    for each in views:
        series = leads.typed[each.column.name]
        codes = counts.grouping(each.column, series, most=30).number[known].astype(np.int64)
        area = strength.strength(codes, outcome, fold)
        low, high = area.auc - strength.SURE * area.error, area.auc + strength.SURE * area.error
        found.append((each.column.name, area.auc, low, min(high, 1.0), each.column.is_input))
    return sorted(found, key=lambda row: (-row[1], row[0]))
