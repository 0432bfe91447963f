"""Plan: what a line would give on the leads that are open now, the list for each caller, the policy kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.desks import desk_of
from leadlight.dashboard.figures import drawn
from leadlight.dashboard.routing import elsewhere, pages
from leadlight.dashboard.visitor import PageVisit, manager, viewer
from leadlight.data.lead_words import named_of
from leadlight.errors import LeadlightError, RequestError
from leadlight.flows.desk import Desk, listed
from leadlight.flows.promote import promote_bundle
from leadlight.insight.charts import desk as charts
from leadlight.insight.money import DAYS, GOAL, PlanTerms
from leadlight.insight.outlook import Outlook, course, outlook
from leadlight.insight.page import Figure
from leadlight.insight.plan import Plan
from leadlight.insight.wording import counted, whole
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy
from leadlight.model.regrade import outcome_on_test, regraded

KINDS: Final = {
    "now": "As it is now",
    "capacity": "So many calls",
    "value": "Cost and value",
    "precision": "Share who buy",
}
SHOWN: Final = 12
MOST_CALLERS: Final = 50
MOST_MONEY: Final = 1e9

router = pages()


@dataclass(frozen=True)
class PlanChoice:
    """Where the line is wanted, and what calls and deals are worth."""

    kind: str
    calls: int
    arrivals: int
    call_cost: float
    deal_value: float
    precision: float
    callers: int
    per: str
    goal: float
    coming: float | None
    """How many leads arrive, where somebody said so."""

    @staticmethod
    def of(visit: PageVisit, desk: Desk) -> PlanChoice:
        kind = visit.given("kind", "now")
        free = max(desk.known.count, 1)
        arrivals = int(visit.number("arrivals", 1, 1e7) or free)
        return PlanChoice(
            kind=kind if kind in KINDS else "now",
            calls=int(visit.number("calls", 1, 1e7) or min(200, free)),
            arrivals=arrivals,
            call_cost=_or(visit.number("call_cost", 0, MOST_MONEY), 20.0),
            deal_value=_or(visit.number("deal_value", 0.01, MOST_MONEY), desk.known.typical_worth),
            precision=_or(visit.number("precision", 1, 99), 60.0) / 100,
            callers=int(visit.number("callers", 0, MOST_CALLERS) or 0),
            per=visit.given("per") if visit.given("per") in DAYS else "week",
            goal=_or(visit.number("goal", 1, 99), 100 * GOAL) / 100,
            coming=visit.number("arrivals", 1, 1e7),
        )

    def policy(self, bundle: Bundle) -> Policy:
        names = bundle.scorer.grades.names
        if self.kind == "capacity":
            return Policy.capacity(min(self.calls, self.arrivals), self.arrivals).named(*names)
        if self.kind == "value":
            return Policy.value(self.call_cost, self.deal_value).named(*names)
        if self.kind == "precision":
            return Policy.precision(self.precision).named(*names)
        return bundle.scorer.grades.policy

    @property
    def terms(self) -> PlanTerms:
        return PlanTerms(self.call_cost, self.goal, self.per, self.coming, self.most)

    @property
    def most(self) -> int | None:
        return self.calls if self.kind == "capacity" else None


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


@router.get("/plan")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    desk = desk_of(visit)
    if desk is None:
        return drawing.page(visit, "nothing_yet.html", section="plan")
    asked = PlanChoice.of(visit, desk)
    template = "plan/result.html" if visit.is_part else "plan/page.html"
    return drawing.page(
        visit, template, section="plan", kinds=KINDS, asked=asked, **_worked(visit, desk, asked)
    )


def _worked(visit: PageVisit, desk: Desk, asked: PlanChoice) -> dict[str, Any]:
    try:
        changed = regraded(desk.bundle, asked.policy(desk.bundle))
    except LeadlightError as refused:
        return {"refused": refused, "found": None}
    found = outlook(
        desk.bundle,
        changed.scorer.grades,
        desk.known,
        most=asked.most,
        call_cost=asked.call_cost,
        deal_value=asked.deal_value,
    )
    plan = _listed(desk, asked, found.expected.calls)
    return {
        "refused": None,
        "found": found,
        "tested": None if desk.bundle.is_early else outcome_on_test(changed),
        "figure": drawn(_figure(desk, found)),
        "plan": plan,
        "rows": [] if plan is None else listed(visit.store, desk, plan.frame.head(SHOWN)),
        "named": named_of(desk.roster.names),
        "grades": changed.scorer.grades.names,
        "free": desk.known.count,
    }


def _listed(desk: Desk, asked: PlanChoice, calls: int) -> Plan | None:
    if not calls:
        return None
    return desk.plan(calls, asked.callers or None, deal_value=asked.deal_value, terms=asked.terms)


def _figure(desk: Desk, found: Outlook) -> Figure:
    calls, said = found.expected.calls, found.expected
    title = (
        f"{counted(calls, 'call')} bring about {whole(said.conversions)} conversions"
        f" ({whole(said.low)} to {whole(said.high)}); each further call brings less."
    )
    chart = charts.conversions(course(desk.known), calls)
    return Figure("conversions", title, chart, "The open leads that may be called, best first.")


@router.post("/plan")
def kept(visit: Annotated[PageVisit, Depends(manager)]) -> Response:
    """The policy of the page is that of the model in service from here on; all leads are graded anew."""
    desk = desk_of(visit)
    if desk is None:
        raise RequestError(409, "No model is in service.", code="no_model", hint="Set-up makes one.")
    asked = PlanChoice.of(visit, desk)
    changed = regraded(desk.bundle, asked.policy(desk.bundle))
    promote_bundle(visit.store, changed, time.time(), visit.who)
    visit.state.has_waiting = True
    return elsewhere(visit.request, "/plan")
