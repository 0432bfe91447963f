"""Lead: one lead's score, why, what would change it, what happened, and what may be done about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Final

import msgspec
from fastapi import Depends, Request, Response

from leadlight.dashboard import drawing, lead_view, share
from leadlight.dashboard.lead_view import LeadView
from leadlight.dashboard.marking import LONGEST, MARKS, mark
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import ADMIN, MANAGE, NOTE, PageVisit, caller, may, viewer
from leadlight.data import handles
from leadlight.data.lead_words import named_of
from leadlight.errors import RequestError
from leadlight.flows.explain_kept import as_seen, explanation
from leadlight.flows.export import export_person
from leadlight.model.bundle import Bundle
from leadlight.model.whatif import Explanation
from leadlight.store import data_subject, erasure, leads, overrides
from leadlight.store.overrides import Override

LEAD: Final = "/lead/{identity:path}"
EXPORTED: Final = "person.json"

router = pages()


@router.get(LEAD)
def shown(visit: Annotated[PageVisit, Depends(viewer)], identity: str) -> Response:
    view, bundle = LeadView.of(visit, identity), lead_view.serving(visit)
    is_scored, now = bundle is not None and not view.kept.suppressed, time.time()
    seen = as_seen(visit.store, bundle, view.kept, now) if bundle else view.kept
    explained = explanation(bundle, seen) if bundle and is_scored else None
    return drawing.page(
        visit,
        "lead/page.html",
        section="leads",
        view=view,
        bundle=bundle,
        title=named_of(view.kept.fields).title(view.kept.fields, view.kept.id),
        company=named_of(view.kept.fields).company_of(view.kept.fields),
        explained=explained,
        steps=lead_view.steps(explained) if explained else None,
        activities=lead_view.activities(bundle, view, now),
        looks_back=bundle.events.moment if bundle and bundle.events else None,
        can_act=bundle is not None and any(column.actionable for column in bundle.scorer.schema.columns),
        every=lead_view.every_change(bundle, seen) if bundle and explained and not explained.changes else [],
        alike=lead_view.alike(visit, bundle, seen) if bundle and is_scored else None,
        place=_place(bundle, explained),
        groups={} if explained is None else dict(explained.groups),
        marks=MARKS,
        longest=LONGEST,
        card=share.address(visit.store, view.kept.id, time.time()),
        reach=_reach(bundle, view),
    )


def _reach(bundle: Bundle | None, view: LeadView) -> list[str]:
    """The columns by which somebody is reached, and what forbids it."""
    columns = [] if bundle is None else bundle.scorer.schema.columns
    wanted = {each.name for each in columns if each.role in ("personal", "owner", "consent")}
    return [name for name, value in view.kept.fields.items() if name in wanted and value is not None]


def _place(bundle: Bundle | None, explained: Explanation | None) -> int:
    if bundle is None or explained is None:
        return 2
    return bundle.scorer.grades.names.index(explained.answer.grade)


@router.post(LEAD)
def done(visit: Annotated[PageVisit, Depends(caller)], identity: str) -> Response:
    """One of the acts of the page; each asks for its own right."""
    right, act = ACTS.get(visit.given("act"), (None, None))
    if act is None or right is None:
        raise RequestError(422, "This cannot be done with a lead.", code="act", hint="Load the page again.")
    if not may(visit.user, right):
        raise RequestError(403, "Your role does not allow this.", code="role", hint="Ask an admin.")
    with visit.store.reading() as connection:
        if "\0" in identity or leads.find(connection, identity) is None:
            raise RequestError(404, "There is no such lead.", code="no_such_lead")
    answer: Response | None = act(visit, identity, time.time())
    return answer or elsewhere(visit.request, f"/lead/{drawing.path(identity)}")


def _mark(visit: PageVisit, identity: str, at: float) -> None:
    mark(visit, [identity], visit.given("act"), visit.given("why"), at)


def _override(visit: PageVisit, identity: str, at: float) -> None:
    score = visit.number("score", 0, 100)
    if score is None:
        raise RequestError(422, "Give a score from 0 to 100.", code="override_probability")
    said = Override(score / 100, visit.user.name, visit.given("why"), at)
    overrides.give(visit.store, identity, said, visit.who)


def _end_override(visit: PageVisit, identity: str, at: float) -> None:
    overrides.end(visit.store, identity, visit.who, at)


def _export(visit: PageVisit, identity: str, at: float) -> Response:
    asked = handles.in_cell("id", identity)
    data_subject.find_and_log(visit.store, asked, visit.who, "export", at)
    told = msgspec.json.format(msgspec.json.encode(export_person(visit.store, asked, at)))
    kept = {"content-disposition": f'attachment; filename="{EXPORTED}"'}
    return Response(told, media_type="application/json", headers=kept)


def _object(visit: PageVisit, identity: str, at: float) -> None:
    person = data_subject.find_before_acting(visit.store, handles.in_cell("id", identity))
    data_subject.suppress(visit.store, person, visit.who, visit.given("why"), at)


def _erase(visit: PageVisit, identity: str, at: float) -> Response:
    person = data_subject.find_before_acting(visit.store, handles.in_cell("id", identity))
    erasure.forget(visit.store, person, visit.who, at)
    return elsewhere(visit.request, "/leads")


ACTS: Final[dict[str, tuple[str, Callable[[PageVisit, str, float], Response | None]]]] = {
    **dict.fromkeys((*MARKS, "note"), (NOTE, _mark)),
    "override": (MANAGE, _override),
    "override_end": (MANAGE, _end_override),
    "export": (ADMIN, _export),
    "object": (ADMIN, _object),
    "erase": (ADMIN, _erase),
}


@router.get("/card/{token}")
def card(request: Request, token: str) -> Response:
    """One lead to look at in a frame of the CRM, without a login, for as long as the link lasts."""
    state = request.app.state.leadlight
    identity = share.lead_of(state.store, token, time.time())
    with state.store.reading() as connection:
        kept = leads.find(connection, identity)
    if kept is None or kept.suppressed or state.serving is None:
        raise RequestError(
            404, "There is nothing to show.", code="no_such_lead", hint="Open it in Leadlight."
        )
    bundle = state.serving.bundle
    explained = explanation(bundle, as_seen(state.store, bundle, kept, time.time()))
    title = named_of(kept.fields).title(kept.fields, kept.id)
    return drawing.framed("lead/card.html", title=title, explained=explained, place=_place(bundle, explained))
