"""Model: what it is worth, how it was chosen, every table of it; the models that are kept, forth and back."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of, figures_of
from leadlight.dashboard.figures import drawn
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import PageVisit, admin, viewer
from leadlight.errors import RequestError
from leadlight.flows.compare_kept import compare_kept
from leadlight.flows.gated import promote_kept_past_gate
from leadlight.flows.promote import roll_back_model
from leadlight.flows.whole_leads import whole_leads
from leadlight.insight.page import Cards, Figure, ReportPage, Table
from leadlight.insight.report import report
from leadlight.insight.report.standing import verdict
from leadlight.insight.wording import figure as figure_name
from leadlight.model.bundle import Bundle
from leadlight.store import models

AT_ONCE: Final = 2

router = pages()


@router.get("/model")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    serving = visit.state.serving
    if serving is None:
        return drawing.page(visit, "nothing_yet.html", section="model")
    made, part = _report(visit), visit.given("part")
    section = next((each for each in made.sections if each.name == part), None)
    with visit.store.reading() as connection:
        kept = models.all_models(connection)
    return drawing.page(
        visit,
        "model/page.html",
        section="model",
        bundle=serving.bundle,
        verdict=verdict(serving.bundle),
        sections=made.sections,
        shown=section,
        blocks=[] if section is None else [(_kind(block), block) for block in section.blocks],
        kept=kept,
    )


def _kind(block: Any) -> str:
    known = ((Figure, "figure"), (Table, "table"), (Cards, "cards"))
    return next((name for kind, name in known if isinstance(block, kind)), "words")


@router.get("/model/compare")
def compared(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    """Two kept models on the home's leads, as `leadlight models compare` tells it."""
    with visit.store.reading() as connection:
        kept = models.all_models(connection)
    asked = [visit.given(name) for name in ("a", "b")]
    found = compare_kept(visit.store, *asked) if all(asked) else None
    chosen = asked if found is None else found.names
    return drawing.page(
        visit,
        "model/compare.html",
        section="model",
        kept=kept,
        chosen=chosen,
        found=found,
        figure_name=figure_name,
    )


@router.get("/model/figure/{name}")
def figure(visit: Annotated[PageVisit, Depends(viewer)], name: str) -> Response:
    """One chart, drawn when it comes into sight."""
    found = next((each for each in _report(visit).figures if each.name == name), None)
    if found is None:
        raise RequestError(404, "There is no such figure.", code="figure", hint="Load the page again.")
    return drawing.page(visit, "model/figure.html", section="model", figure=drawn(found))


def _report(visit: PageVisit) -> ReportPage:
    """The report of the model in service, with the home's leads where there are any."""
    desk = desk_of(visit)
    serving = visit.state.serving
    if serving is None:
        raise RequestError(409, "No model is in service.", code="no_model", hint="Set-up makes one.")
    if desk is None:
        return _without_leads(serving.bundle)
    return figures_of(visit).once(
        "report", lambda: report(desk.bundle, whole_leads(visit.store, desk.bundle))
    )


@lru_cache(2)
def _without_leads(bundle: Bundle) -> ReportPage:
    return report(bundle)


@router.post("/model")
def served(visit: Annotated[PageVisit, Depends(admin)]) -> Response:
    """Another model in service, or the one before."""
    if visit.given("act") == "rollback":
        roll_back_model(visit.store, time.time(), visit.who)
    else:
        why = visit.given("override") or None
        promote_kept_past_gate(visit.store, visit.given("model"), time.time(), visit.who, override=why)
    visit.state.has_waiting = True
    return elsewhere(visit.request, "/model?changed=yes")
