"""Leads: the whole list, filtered, searched, sorted and paged where it is kept; many marked at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.marking import MARKS, mark
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import PageVisit, caller, viewer
from leadlight.data.lead_words import Named, named_of
from leadlight.data.target import UNKNOWN, Target
from leadlight.errors import RequestError
from leadlight.flows import list_file
from leadlight.model.bundle import Bundle
from leadlight.store import browse
from leadlight.store.browse import Row, Sought

SIZES: Final = (25, 50, 100)
FURTHEST: Final = 10_000_000
ENDED: Final = ("open", "won", "lost", "all")
MOST_COLUMNS: Final = 6
MOST_IN_FILE: Final = 100_000
FILES: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
router = pages()


@dataclass(frozen=True)
class ListView:
    """What of the list is looked at, as its address says."""

    sought: Sought
    start: int
    size: int
    columns: tuple[str, ...]

    @staticmethod
    def of(visit: PageVisit) -> ListView:
        order, _, way = visit.given("sort", "score-down").partition("-")
        source, column = visit.given("source"), source_column(visit)
        sought = Sought(
            grade=visit.given("grade"),
            ended=visit.given("status", "open") if visit.given("status", "open") in ENDED else "open",
            text=visit.given("search")[:200],
            call=visit.given("call") == "yes",
            values={column: source} if source and column else {},
            order=order if order in browse.ORDERS else "score",
            rising=way == "up",
        )
        start = int(visit.number("start", 0, FURTHEST) or 0)
        size = int(visit.number("size", 1, browse.MOST) or SIZES[0])
        columns = tuple(visit.asked.get("column", ()))[:MOST_COLUMNS]
        return ListView(sought, start, size, columns)

    def address(self, visit: PageVisit) -> dict[str, Any]:
        """Everything in the address but where the page begins."""
        kept = {
            name: visit.given(name)
            for name in ("grade", "status", "search", "call", "source", "sort", "size")
        }
        return {**{name: value for name, value in kept.items() if value}, "column": list(self.columns)}


def source_column(visit: PageVisit) -> str | None:
    """The column that says where leads came from, as the model in service knows it."""
    known = bundle_of(visit)
    return None if known is None else named_of([each.name for each in known.scorer.schema.columns]).source


def bundle_of(visit: PageVisit) -> Bundle | None:
    return None if visit.state.serving is None else visit.state.serving.bundle


def target_of(visit: PageVisit) -> Target:
    known = bundle_of(visit)
    return UNKNOWN if known is None else known.target


def grades_of(visit: PageVisit) -> Sequence[str]:
    known = bundle_of(visit)
    return () if known is None else known.scorer.grades.names


@router.get("/leads")
def listed(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    view, target = ListView.of(visit), target_of(visit)
    with visit.store.reading() as connection:
        found = browse.counts(connection, view.sought, target)
        rows = browse.page(connection, view.sought, target, view.start, view.size)
    known = browse.columns(rows)
    return drawing.page(
        visit,
        "leads/rows.html" if visit.is_part else "leads/page.html",
        section="leads",
        view=view,
        address=view.address(visit),
        rows=[shown(visit, row, named_of(known)) for row in rows],
        total=sum(found.values()),
        counts=found,
        grades=grades_of(visit),
        known=known,
        source=source_column(visit),
        sizes=SIZES,
        ended=ENDED,
        marks=MARKS,
    )


@router.get("/leads/list.{ending}")
def downloaded(visit: Annotated[PageVisit, Depends(viewer)], ending: str) -> Response:
    """The list of the page, all of it, as a file."""
    if ending not in FILES:
        raise RequestError(404, "There is no such file.", code="list_file", hint="CSV or XLSX.")
    view, target = ListView.of(visit), target_of(visit)
    rows: list[Row] = []
    with visit.store.reading() as connection:
        while len(rows) < MOST_IN_FILE:
            part = browse.page(connection, view.sought, target, len(rows), browse.MOST)
            rows += part
            if len(part) < browse.MOST:
                break
    kept = {"content-disposition": f'attachment; filename="leads.{ending}"'}
    return Response(list_file.listed(rows, ending), media_type=FILES[ending], headers=kept)


def shown(visit: PageVisit, row: Row, named: Named) -> dict[str, Any]:
    """One row as the list shows it."""
    grades = list(grades_of(visit))
    grade = row.score["grade"] if row.score else ""
    return {
        "row": row,
        "title": named.title(row.fields, row.id),
        "company": named.company_of(row.fields),
        "place": grades.index(grade) if grade in grades else 2,
        "ended": browse.is_ended(target_of(visit), row.outcome),
    }


@router.post("/leads/mark")
def marked(request: Request, visit: Annotated[PageVisit, Depends(caller)]) -> Response:
    """Many leads at once, each as the lead's own page would do it."""
    ids = visit.several("lead")
    if not ids:
        raise RequestError(422, "No lead was chosen.", code="no_lead", hint="Tick the leads first.")
    mark(visit, ids, visit.given("as"), visit.given("why"), time.time())
    back = visit.given("back")
    return elsewhere(request, "/leads" + (f"?{back}" if back else ""))
