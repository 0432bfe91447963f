"""Points that were set by hand, beside what the leads have made of them."""

from __future__ import annotations

from leadlight.insight.page import Block, ReportPage, Section, Table, Words
from leadlight.insight.report.tables import tables
from leadlight.insight.wording import counted, decimal, percent
from leadlight.model.bundle import Bundle
from leadlight.model.probability import probability
from leadlight.model.training_record import PointsRecord


def by_hand(bundle: Bundle) -> Section | None:
    """The table as it was set and as it is learnt; nothing where no points were set."""
    found = bundle.record.rules
    if found is None:
        return None
    blocks: list[Block] = [Words(_shares(found)), Words(_meaning(found))]
    if found.auc_set is not None:
        blocks.append(Words(_verdict(bundle, found)))
    return Section("rules", "The points that were set by hand", (*blocks, _table(found)))


def early(bundle: Bundle) -> ReportPage:
    """What there is to show before enough leads were decided: the points, and the model that they are."""
    seen = bundle.record.early
    assert seen is not None
    sections = (by_hand(bundle), tables(bundle))
    return ReportPage(
        title="A model of points that were set by hand",
        summary=(
            f"{counted(seen.won + seen.lost, 'lead')} had been decided when the model was made"
            f" ({seen.won} won, {seen.lost} lost): it has not been tested, and no figure says how good"
            " it is.",
            f"Leads are called from a score of {100 * probability(bundle.scorer.grades.line):.1f} on.",
            f"Train again once {seen.needed} leads are won and {seen.needed} lost.",
        ),
        sections=tuple(section for section in sections if section is not None),
    )


def _shares(found: PointsRecord) -> str:
    learnt = round(100 * found.learnt)
    return (
        f"Set by hand: {100 - learnt} %; learnt: {learnt} %. Outcomes have removed that much of the doubt"
        " there was, before any, about what sets a lead apart from the average one."
    )


def _meaning(found: PointsRecord) -> str:
    rate = "" if found.rate is None else f" It was believed that {percent(found.rate)} of the leads buy."
    return f"{found.double:g} points double the odds.{rate}"


def _verdict(bundle: Bundle, found: PointsRecord) -> str:
    before, after = found.auc_set, found.auc_learnt
    used = "" if bundle.family == "rules" else " The model that was chosen is another one."
    return (
        f"As they were set, the points put a won lead before a lost one in {percent(before)} of all cases"
        f" (AUC {decimal(before)}); with what was learnt, in {percent(after)}"
        f" (AUC {decimal(after)}, out of fold)."
        f"{used}"
    )


def _table(found: PointsRecord) -> Table:
    head, rows = points(found)
    return Table.of(head, rows, left=2)


def points(found: PointsRecord) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Each row as it was set and, once there are outcomes, as it is now."""
    rows = found.rows
    if not found.learnt:
        return ("column", "value", "points"), [(row.column, row.value, f"{row.set:+g}") for row in rows]
    return ("column", "value", "set by hand", "now", "decided leads"), [
        (
            row.column,
            row.value,
            f"{row.set:+g}",
            f"{row.learnt:+.1f}",
            "under 20" if row.leads is None else f"{row.leads:,}",
        )
        for row in rows
    ]
