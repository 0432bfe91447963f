"""Follow-up: how soon leads are contacted, what that is worth, and who grows cold now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.figures import drawn
from leadlight.dashboard.histories import known_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.lead_words import named_of
from leadlight.insight import followup
from leadlight.insight.charts import followup as charts
from leadlight.insight.followup import FollowUp
from leadlight.insight.history import History
from leadlight.insight.page import Figure
from leadlight.insight.wording import hours, percent
from leadlight.store import Store, leads

router = pages()
BY = {"rep": "By who contacts", "source": "By source", "grade": "By grade"}
SHOWN = 12
WITHIN = (1.0, 4.0, 24.0, 72.0)


@router.get("/followup")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    known = known_of(visit)
    if known is None:
        return drawing.page(visit, "nothing_yet.html", section="followup")
    history = known.contacted
    if not history.contacts.height:
        return drawing.page(visit, "no_contacts.html", section="followup")
    asked = visit.number("within", 0.1, 720.0) or followup.WITHIN
    found = known.once(("followup", asked), lambda: followup.follow_up(history, asked))
    return drawing.page(
        visit,
        "followup.html",
        found=found,
        within=asked,
        choices=sorted({*WITHIN, asked}),
        by=BY,
        figures=[drawn(figure) for figure in _figures(found)],
        people=_people(visit.store, history, found),
        grades=history.bundle.scorer.grades.names,
        note=followup.NO_EXPERIMENT,
    )


def _people(store: Store, history: History, found: FollowUp) -> list[dict[str, Any]]:
    """The leads that wait, each with its name where it has one."""
    named = named_of(history.names)
    first = found.cold.rows[:SHOWN]
    with store.reading() as connection:
        fields = leads.fields_by_id(connection, [each.id for each in first])
    return [{"name": named.title(fields.get(each.id, {}), each.id), "lead": each} for each in first]


def _figures(found: FollowUp) -> list[Figure]:
    made = []
    told = [each for each in found.bands if each.adjusted is not None]
    if len(told) > 1:
        first, last = told[0], told[-1]
        assert first.adjusted is not None
        assert last.adjusted is not None
        title = (
            f"With equal scores {percent(first.adjusted.value)} buy who are contacted {first.name}, "
            f"{percent(last.adjusted.value)} {last.name}."
        )
        rows = [
            {"band": each.name, "rate": each.adjusted.value, **asdict(each.adjusted)}
            for each in told
            if each.adjusted is not None
        ]
        note = "The line holds the true rate nine times in ten. Adjusted, and no experiment."
        made.append(Figure("bands", title, charts.bands(rows), note))
    if len(found.curves) > 1 and found.effect is not None:
        title = f"Who has bought, by days since the first {hours(found.effect.within)} were over."
        rows = [
            {"side": side, **row} for side, curve in found.curves.items() for row in followup.points(curve)
        ]
        note = "Open leads count as long as they were watched. Not adjusted for the score."
        made.append(Figure("bought", title, charts.bought(rows), note))
    return made
