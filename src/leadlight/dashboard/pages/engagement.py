"""Engagement: fit crossed with engagement, what each cell brought, and the open leads behind it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of, figures_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.lead_words import named_of
from leadlight.flows.desk import Desk
from leadlight.flows.whole_leads import population_of_home
from leadlight.insight import engagement as insight
from leadlight.insight.engagement import Engagement
from leadlight.insight.population import GroupFigures, Population
from leadlight.store import Store, leads

SHOWN: Final = 25
WARMER: Final = (0.4, 0.8, 1.2, 1.75)
"""A cell is coloured the stronger the more of these times the rate of all leads its own one is."""

router = pages()


@router.get("/engagement")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="engagement")
    grid = figures_of(visit).once("engagement", lambda: ShownGrid.of(visit.store, desk))
    found = grid.found
    asked = visit.given("cell")
    chosen = asked if asked in insight.CELLS else insight.CELLS[0]
    return drawing.page(
        visit,
        "engagement.html",
        found=found,
        chosen=chosen,
        numbers=insight.ENGAGEMENT,
        heats={cell.name: _heat(cell.figures, found.whole) for cell in found.cells},
        rows=_titled(visit.store, grid.rows[chosen]),
        of=grid.waiting[chosen],
        priced=grid.priced,
    )


@dataclass(frozen=True)
class ShownGrid:
    """The grid without its leads: of each cell the best open ones, and how many these are."""

    found: Engagement
    waiting: dict[str, int]
    rows: dict[str, list[dict[str, Any]]]
    priced: bool

    @staticmethod
    def of(store: Store, desk: Desk) -> ShownGrid:
        known = population_of_home(store, desk.bundle)
        found = insight.engagement(known)
        places = {cell: found.waiting(known, cell) for cell in insight.CELLS}
        return ShownGrid(
            found=replace(found, leads=found.leads.head(0)),
            waiting={cell: len(each) for cell, each in places.items()},
            rows={
                cell: [_row(desk, known, found, place) for place in each[:SHOWN].tolist()]
                for cell, each in places.items()
            },
            priced=known.values.are_known,
        )


def _heat(cell: GroupFigures, whole: GroupFigures) -> int:
    if cell.rate.value is None or not whole.rate.value:
        return 0
    return sum(cell.rate.value >= times * whole.rate.value for times in WARMER)


def _titled(store: Store, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With what each lead is called."""
    with store.reading() as connection:
        fields = leads.fields_by_id(connection, [row["id"] for row in rows])
    said = [fields.get(row["id"], {}) for row in rows]
    return [
        {**row, "title": named_of(own).title(own, row["id"])} for row, own in zip(rows, said, strict=True)
    ]


def _row(desk: Desk, known: Population, found: Engagement, place: int) -> dict[str, Any]:
    said = found.leads.row(place, named=True)
    return {
        "id": str(known.raw[desk.identity][place]),
        "probability": float(known.scores.probability[place]),
        "place": int(known.scores.grade[place]),
        "fit": said["fit_score"],
        "engagement": said["engagement_score"],
    }
