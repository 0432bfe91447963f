"""The report of a week: how the model did, which alarms stand, what was changed, what is disputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadlight.insight.page import Card, Cards, ReportPage, Section, Table, Words
from leadlight.insight.wording import counted, percent, short

COLUMNS: Final = 12
SHOWN_MONTHS: Final = 6
FAIRNESS: Final = {"called": "called of all", "bought": "bought of the called"}
TITLES: Final = {
    "all": "Promised and realised",
    "grade": "By grade",
    "week": "By week of arrival",
    "source": "By source",
}


def weekly(
    look: Mapping[str, Any],
    changes: Sequence[Mapping[str, Any]] = (),
    routes: Sequence[Mapping[str, Any]] = (),
) -> ReportPage:
    """From what the last look found, the changes of the week and the disputes."""
    sections = (
        Section("alarms", "Alarms", (_alarms(look),)),
        *_outcomes(look),
        *_fairness(look),
        Section("columns", "Columns, the farthest from training first", (_columns(look),)),
        *_changes(changes),
        *_disputes(routes),
    )
    return ReportPage(f"Leadlight, the week: model {look['model']}", summary(look), sections)


def summary(look: Mapping[str, Any]) -> tuple[str, ...]:
    """The week in three sentences at most."""
    said = [
        f"{counted(look['alarms'], 'alarm')} among {counted(look['leads'], 'lead')}."
        if look["alarms"]
        else f"No alarm among {counted(look['leads'], 'lead')}."
    ]
    if look.get("realised"):
        for each in look["realised"]["promises"].get("all", ()):
            verdict = "as promised" if each["holds"] else "not as promised"
            said.append(
                f"Of {each['leads']:,} decided ({each['group']}) {each['realised']:,} bought;"
                f" {each['promised']:,.0f} were promised: {verdict}."
            )
    elif look.get("estimated"):
        value = look["estimated"]["precision"]["value"]
        said.append(f"Of the leads above the line about {percent(value)} will buy, if probabilities hold.")
    return tuple(said)


def _alarms(look: Mapping[str, Any]) -> Cards | Words:
    found = [each for each in look["findings"] if each["severity"] == "alarm"]
    if not found:
        return Words("None stands.")
    return Cards(
        tuple(
            Card("warning", each["code"].replace("_", " "), each["message"], each["next_step"])
            for each in found
        )
    )


def _outcomes(look: Mapping[str, Any]) -> Sequence[Section]:
    if not look.get("realised"):
        return ()
    promises = look["realised"]["promises"]
    tables = [_promises(TITLES[name], promises[name]) for name in TITLES if promises.get(name)]
    return (Section("promises", "What was promised, and what came true", tuple(tables)),)


def _promises(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    told = [
        (
            short(each["group"], 40),
            f"{each['leads']:,}",
            f"{each['promised']:,.0f} ({each['low']:,.0f} to {each['high']:,.0f})",
            f"{each['realised']:,}",
            "yes" if each["holds"] else "no",
        )
        for each in rows
    ]
    return Table.of(("leads", "number", "promised", "bought", "as promised"), told, caption=title)


def _fairness(look: Mapping[str, Any]) -> Sequence[Section]:
    """Two tables a sensitive column: the called of all, and who bought of the called, by month."""
    tables = [
        Table.of(
            ("group", *trend["months"][-SHOWN_MONTHS:]),
            [
                (short(group["group"], 40), *map(month_share, group[measure][-SHOWN_MONTHS:]))
                for group in trend["groups"]
            ],
            caption=f"{trend['column']}: {title}",
        )
        for trend in look.get("fairness", ())
        for measure, title in FAIRNESS.items()
    ]
    return (Section("fairness", "Fairness by month of arrival", tuple(tables)),) if tables else ()


def month_share(each: Mapping[str, Any]) -> str:
    """A share of a month with its interval, or that it stands on too few leads."""
    if each["value"] is None:
        return "too few"
    return f"{percent(each['value'])} ({percent(each['low'])} to {percent(each['high'])})"


def _columns(look: Mapping[str, Any]) -> Table:
    moved = sorted(look["columns"], key=lambda each: -each["psi"])[:COLUMNS]
    rows = [
        (each["name"], f"{each['psi']:.3f}", "" if each["missing"] is None else percent(each["missing"]))
        for each in (look["score"], *moved)
    ]
    return Table.of(("column", "PSI", "missing"), rows)


def _changes(changes: Sequence[Mapping[str, Any]]) -> Sequence[Section]:
    if not changes:
        return ()
    rows = [(each["kind"], each["status"], each["before"], each["after"], each["who"]) for each in changes]
    table = Table.of(("kind", "state", "model before", "model after", "by"), rows, left=5)
    return (Section("changes", "What was changed or proposed", (table,)),)


def _disputes(routes: Sequence[Mapping[str, Any]]) -> Sequence[Section]:
    if not routes:
        return ()
    rows = [(each["kind"], each["what"], f"{each['disputes']:,}", f"{each['settled']:,}") for each in routes]
    table = Table.of(("goes to", "what is done there", "disputes", "settled"), rows, left=2)
    return (Section("disputes", "Disputed scores", (table,)),)
