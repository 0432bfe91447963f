"""How many leads there are, what is asked of them, and what was noticed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from leadlight.data.finding import Finding
from leadlight.data.rows import RowCounts
from leadlight.insight import findings as cards
from leadlight.insight.explore.leads import ExploredLeads
from leadlight.insight.page import Cards, Section, Words
from leadlight.insight.sentences import balance, lapsed
from leadlight.insight.verdict import Matters
from leadlight.insight.wording import counted, listed, percent, quoted

if TYPE_CHECKING:
    from leadlight.training.inspection import InspectedLeads


def summary(leads: ExploredLeads, inspection: InspectedLeads) -> tuple[str, ...]:
    """How many leads there are, what is asked about them, and what stands in the way."""
    columns = counted(len(inspection.columns), "column")
    if inspection.target is None:
        said = [f"{counted(inspection.rows, 'lead')} with {columns}; no column says how a lead ended."]
    elif leads.rate is None:
        said = [
            f"{counted(inspection.rows, 'lead')} with {columns}. The outcome is {quoted(inspection.target)}."
        ]
    else:
        known = int(leads.decided.sum())
        said = [
            f"{counted(inspection.rows, 'lead')} with {columns}. The outcome is {quoted(inspection.target)}: "
            f"of {known * leads.every:,} decided leads {percent(leads.rate)} were won."
        ]
    if inspection.counts is not None:
        said.append(_counts(inspection.counts))
    if leads.every > 1:
        said.append(f"The pictures show every {leads.every}th lead.")
    if inspection.problem is not None:
        said.append(
            "What stands in the way of training: "
            f"{inspection.problem.message} {inspection.problem.hint or ''}"
        )
    return tuple(said)


def _counts(rows: RowCounts) -> str:
    return f"{balance(rows)}; {rows.repeated:,} repeat another lead. {lapsed(rows)}".rstrip()


def findings(inspection: InspectedLeads) -> Section:
    """What asks for attention, then in one sentence and in cards what does not."""
    found = [finding.to_json() for finding in inspection.findings]
    if not found:
        return Section(
            "findings", "What was noticed", (Words("Nothing that asks for attention was noticed."),)
        )
    count = Counter(finding["severity"] for finding in found)
    words = [f"{count[kind]} {cards.NAMES[kind].lower()}" for kind in cards.ORDER if count[kind]]
    title = f"What was noticed: {listed(words)}"
    matters = Matters.of(inspection.findings)
    told = (_cards(matters.told),) if matters.told else ()
    rest = (*matters.empty, *matters.notes)
    return Section("findings", title, (*told, Words(matters.folded), _cards(rest)) if rest else told)


def _cards(found: Iterable[Finding]) -> Cards:
    return cards.cards([finding.to_json() for finding in found])
