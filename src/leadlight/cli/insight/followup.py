"""`leadlight insight followup`: how soon leads are contacted, what that is worth, and who grows cold."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.insight.beside import Reading
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.insight import followup as insight
from leadlight.insight import wording
from leadlight.insight.followup import Band, FollowUp, QuickContact, Speed
from leadlight.insight.wording import TOO_FEW, counted, whole
from leadlight.model.answer import displayed

FIRST = 10
BY = {"rep": "By who contacts", "source": "By source", "grade": "By grade"}


def followup(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    contacts: given.Contacts = None,
    events: given.Events = None,
    outcomes: given.Outcomes = None,
    within: Annotated[
        float, typer.Option("--within", min=0.1, max=720, help="So many hours are quick.")
    ] = insight.WITHIN,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Say how soon leads are contacted, what quick contact is worth, and which leads grow cold now.

    The difference is adjusted for the score, and no experiment. Every figure has an interval that holds in
    nine of ten cases, or the words: too few.
    """
    read = Reading(
        model,
        leads,
        home,
        contacts=contacts,
        events=events,
        outcomes=outcomes,
        at=at,
        allow_missing=allow_missing,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    history = read.history()
    found = insight.follow_up(history, within)
    Output(as_json).show({"model": history.bundle.name, **found.to_json()}, partial(_tell, found))


def _tell(found: FollowUp, page: Page) -> None:
    page.say(
        f"{counted(found.leads, 'lead')} of which it is known when they came, "
        f"{whole(found.contacted)} of them contacted."
    )
    page.heading("Time to the first contact")
    _tell_speed(page, found.speed)
    for name, title in BY.items():
        if found.groups.get(name):
            page.heading(title)
            _tell_speed(page, found.groups[name])
    page.heading("Bought, by how soon they were contacted")
    page.table(
        ("first contact", "leads", "bought", "with equal scores"),
        [_band(each) for each in found.bands],
        right=("leads",),
    )
    if found.effect is not None:
        _tell_effect(page, found.effect)
    else:
        page.line("Too few leads were contacted quickly, or slowly, to say what that is worth.")
    page.line(insight.NO_EXPERIMENT)
    _tell_excluded(page, found)
    _tell_cold(page, found)


def _tell_speed(page: Page, rows: tuple[Speed, ...]) -> None:
    page.table(
        ("group", "leads", "25 % by", "half by", "75 % by", "within a day"),
        [
            (
                each.group,
                whole(each.leads),
                *(
                    (TOO_FEW,) * 4
                    if each.day is None
                    else (
                        *map(wording.hours, (each.quarter, each.half, each.three_quarters)),
                        wording.with_span(each.day, each.low, each.high),
                    )
                ),
            )
            for each in rows
        ],
        right=("leads", "25 % by", "half by", "75 % by"),
    )


def _band(each: Band) -> tuple[str, ...]:
    rate = TOO_FEW if each.rate is None else wording.with_span(each.rate, each.low, each.high)
    equal = each.adjusted
    told = TOO_FEW if equal is None else wording.with_span(equal.value, equal.low, equal.high)
    return each.name, whole(each.leads), rate, told


def _tell_effect(page: Page, found: QuickContact) -> None:
    told = found.difference
    page.line(
        f"Contacted within {wording.hours(found.within)} instead of later or never, leads of the same score "
        f"bought {wording.points(told.value, told.low, told.high)} points oftener "
        f"({whole(found.quick)} quick, {whole(found.slower)} slower)."
    )
    if found.sooner is not None:
        low, high = found.sooner_low or 0.0, found.sooner_high or 0.0
        page.line(f"They also bought sooner, by a factor of {found.sooner:.2f} ({low:.2f} to {high:.2f}).")


def _tell_excluded(page: Page, found: FollowUp) -> None:
    if found.ripe_after is not None and found.unripe:
        page.line(
            f"{counted(found.unripe, 'lead')} younger than {found.ripe_after:.0f} days are not counted: "
            "some of them will still buy."
        )
    for name, counts in found.left_out.items():
        for reason, count in counts.items():
            page.line(f"{counted(count, 'row')} of the {name} left out: {reason}.")


def _tell_cold(page: Page, found: FollowUp) -> None:
    cold = found.cold
    page.heading("Growing cold")
    page.line(
        f"{counted(cold.never, 'open lead')} never contacted for a day or more, "
        f"{whole(cold.left_alone)} left alone for a week or more."
    )
    if cold.rows:
        page.table(
            ("lead", "score", "grade", "days", ""),
            [
                (
                    each.id,
                    f"{displayed(each.probability):.1f}",
                    each.grade,
                    f"{each.days:.0f}",
                    "left alone" if each.contacted else "never contacted",
                )
                for each in cold.rows[:FIRST]
            ],
            right=("score", "days"),
        )
