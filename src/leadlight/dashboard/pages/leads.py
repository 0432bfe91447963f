"""Leads: the whole list, filtered, searched, sorted and paged where it is kept; many marked at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import parse_qs, urlencode

from fastapi import Depends, Request, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.marking import MARKS, mark
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import MANAGE, MOST_FIELDS, PageVisit, caller, viewer
from leadlight.data.lead_words import Named, named_of
from leadlight.errors import RequestError
from leadlight.flows import lead_list, list_file, save_view
from leadlight.flows.lead_list import ENDED
from leadlight.flows.save_view import Holder
from leadlight.model.bundle import Bundle
from leadlight.store import browse, saved_views
from leadlight.store.browse import Row
from leadlight.store.saved_views import ListChoice

SIZES: Final = (25, 50, 100)
FURTHEST: Final = 10_000_000
MOST_COLUMNS: Final = 6
LONGEST: Final = 200
MOST_IN_FILE: Final = 100_000
FILES: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
router = pages()


@dataclass(frozen=True)
class ListView:
    """What of the list is looked at, as its address says."""

    chosen: ListChoice
    start: int
    size: int

    @staticmethod
    def of(visit: PageVisit) -> ListView:
        chosen = _choice(visit.asked)
        start = int(visit.number("start", 0, FURTHEST) or 0)
        size = int(visit.number("size", 1, browse.MOST) or SIZES[0])
        return ListView(chosen, start, size)

    @property
    def address(self) -> dict[str, Any]:
        """Everything in the address but where the page begins."""
        return {**self.chosen.address(), **({} if self.size == SIZES[0] else {"size": self.size})}


def _choice(asked: Mapping[str, Sequence[str]]) -> ListChoice:
    """What an address asks for; what it cannot ask for is left out."""

    def given(name: str) -> str:
        return (asked.get(name) or [""])[0].replace("\0", "\N{REPLACEMENT CHARACTER}").strip()[:LONGEST]

    order, _, way = given("sort").partition("-")
    known = order in browse.ORDERS and way in ("up", "down")
    return ListChoice(
        grade=given("grade"),
        status=given("status") if given("status") in ENDED else "open",
        search=given("search"),
        call=given("call") == "yes",
        source=given("source"),
        sort=given("sort") if known else "score-down",
        columns=tuple(each[:LONGEST] for each in asked.get("column", ()))[:MOST_COLUMNS],
    )


def bundle_of(visit: PageVisit) -> Bundle | None:
    return None if visit.state.serving is None else visit.state.serving.bundle


def grades_of(visit: PageVisit) -> Sequence[str]:
    known = bundle_of(visit)
    return () if known is None else known.scorer.grades.names


@router.get("/leads")
def listed(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    view, bundle = ListView.of(visit), bundle_of(visit)
    with visit.store.reading() as connection:
        found = lead_list.listed(connection, bundle, view.chosen, view.start, view.size)
        saved = saved_views.seen_by(connection, visit.user.number)
    known = browse.columns(found.rows)
    return drawing.page(
        visit,
        "leads/rows.html" if visit.is_part else "leads/page.html",
        section="leads",
        view=view,
        saved=saved,
        standing=next((each for each in saved if each.shown == view.chosen), None),
        holder=_holder(visit),
        rows=[shown(visit, row, named_of(known)) for row in found.rows],
        total=found.total,
        grades=grades_of(visit),
        known=known,
        source=lead_list.source_column(bundle),
        sizes=SIZES,
        ended=ENDED,
        marks=MARKS,
    )


@router.get("/leads/list.{ending}")
def downloaded(visit: Annotated[PageVisit, Depends(viewer)], ending: str) -> Response:
    """The list of the page, all of it, as a file."""
    if ending not in FILES:
        raise RequestError(404, "There is no such file.", code="list_file", hint="CSV or XLSX.")
    view, bundle = ListView.of(visit), bundle_of(visit)
    sought = lead_list.sought_of(view.chosen, lead_list.source_column(bundle))
    target = lead_list.target_of(bundle)
    rows: list[Row] = []
    with visit.store.reading() as connection:
        while len(rows) < MOST_IN_FILE:
            part = browse.page(connection, sought, target, len(rows), browse.MOST)
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
        "ended": browse.is_ended(lead_list.target_of(bundle_of(visit)), row.outcome),
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


@router.post("/leads/views")
def named_view(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    """Save the list as it stands under a name, give a saved one another, or delete it."""
    act, holder, store = visit.given("act"), _holder(visit), visit.store
    asked = parse_qs(visit.given("back"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    number, at = int(visit.number("view", 1, FURTHEST) or 0), time.time()
    with store.writing() as connection:
        if act == "save":
            shared = visit.given("shared") == "yes"
            chosen = _choice(asked)
            save_view.save(store, connection, holder, visit.given("name"), chosen, at, shared=shared)
        elif act == "rename":
            save_view.rename(store, connection, holder, number, visit.given("name"), at)
        elif act == "delete":
            save_view.remove(store, connection, holder, number, at)
        else:
            raise RequestError(422, "This cannot be done here.", code="act", hint="Load the page again.")
    return elsewhere(visit.request, "/leads?" + urlencode(_choice(asked).address(), doseq=True))


def _holder(visit: PageVisit) -> Holder:
    return Holder(visit.who, visit.user.number, visit.may(MANAGE))
