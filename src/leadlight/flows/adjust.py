"""The model in service set to what leads do now: its probabilities, its line. Audited, and undone at will."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import StoreError
from leadlight.flows.decided import decided_leads
from leadlight.flows.gated import promote_kept_past_gate
from leadlight.flows.promote import promote_bundle, roll_back_model
from leadlight.flows.watch import serving_model
from leadlight.insight.line import DAYS_BETWEEN, LineBounds, RecentLeads, line_change, with_line
from leadlight.insight.outcomes import DecidedLeads, rate_gap
from leadlight.model.bundle import Bundle
from leadlight.model.feed import AGES
from leadlight.model.recalibrate import FEWEST, recalibrated, recalibration
from leadlight.store import Store, audit, models, watching
from leadlight.store.watching import DAY, Adjustment

RECENT_DAYS: Final = 28.0
LONGEST_DAYS: Final = 91.0
ENOUGH: Final = 400
RIPE: Final = 0.8
ARRIVALS: Final = 5_000
LINE: Final = "line"
RATE: Final = "recalibration"
WATCH: Final = "watch"


@dataclass(frozen=True)
class Proposal:
    """One change that recent leads ask for, the model with it, and what became of it."""

    kind: str
    status: str
    bundle: Bundle
    detail: dict[str, Any]
    number: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "kind": self.kind,
            "status": self.status,
            "model": self.bundle.name,
            "detail": self.detail,
        }


def adjust_home(
    store: Store, at: float, who: str = WATCH, *, apply: bool = False, bounds: LineBounds | None = None
) -> list[Proposal]:
    """Look whether probabilities or the line should move. Within the bounds it is done where `apply` says so.

    A line moves at most once a week, so that no lead changes its grade more often because of it.
    """
    kept, bundle = serving_model(store)
    recent = matured(store, bundle, kept.number, at)
    with store.reading() as connection:
        last = watching.adjustments_of(connection)
        arrivals = watching.recent_margins(connection, ARRIVALS)
    if any(each.status == "applied" and at - each.at < DAYS_BETWEEN * DAY - 60 for each in last):
        return []
    found = _rate(bundle, recent)
    if found is None:
        found = _line(bundle, recent, arrivals, bounds)
    if found is None:
        return []
    is_done = apply and found.status == "apply"
    return [_kept(store, bundle, found, at, who, applied=is_done)]


def matured(store: Store, bundle: Bundle, number: int, at: float) -> DecidedLeads:
    """Leads of four weeks, old enough that four in five are decided; of longer where these are few."""
    wait = ripe_days(bundle) * DAY
    leads = decided_leads(store, bundle, number, at, since=at - wait - LONGEST_DAYS * DAY)
    assert leads.moment is not None
    old = np.flatnonzero(leads.moment <= at - wait)
    order = old[np.argsort(-leads.moment[old], kind="stable")]
    recent = int((leads.moment[order] >= at - wait - RECENT_DAYS * DAY).sum())
    rows = np.sort(order[: max(recent, ENOUGH)])
    return DecidedLeads(leads.said.among(rows), leads.outcome[rows], leads.moment[rows])


def ripe_days(bundle: Bundle) -> float:
    """The age in days from which four in five leads used to be decided; none where that is not known."""
    feed = bundle.reference.feed
    if feed is None or not feed.decided:
        return 0.0
    ages = (0.0, *AGES)
    return next((age for age, share in zip(ages, feed.decided, strict=True) if share >= RIPE), AGES[-1])


def _rate(bundle: Bundle, recent: DecidedLeads) -> Proposal | None:
    """Probabilities that are off beyond doubt, and that leads held out of it say are mended."""
    if len(recent.outcome) < FEWEST or rate_gap(recent.said, recent.outcome) is None:
        return None
    found = recalibration(recent.outcome, recent.said.margin)
    if not found.helps:
        return None
    made = recalibrated(bundle, found, recent.outcome, recent.said.margin)
    ratio = found.seen / max(found.foretold, 1e-9)
    status = "apply" if 1 / 3 <= ratio <= 3 else "propose"
    return Proposal(RATE, status, made, found.to_json())


def _line(
    bundle: Bundle, recent: DecidedLeads, arrivals: np.ndarray, bounds: LineBounds | None
) -> Proposal | None:
    change = line_change(bundle, RecentLeads(arrivals, recent.said.margin, recent.outcome), bounds)
    if change.act == "keep":
        return None
    return Proposal(LINE, change.act, with_line(bundle, change), change.to_json())


def _kept(store: Store, before: Bundle, found: Proposal, at: float, who: str, *, applied: bool) -> Proposal:
    """Write the proposal down with its model; where it is applied, put that in service."""
    with store.writing() as connection:
        for each in watching.adjustments_of(connection):
            if each.status == "proposed" and each.kind in (LINE, RATE):
                watching.settle(connection, each.number, "superseded")
        models.add(connection, found.bundle, at)
        status = "applied" if applied else "proposed"
        number = watching.adjust(
            connection,
            at,
            found.kind,
            status,
            before=before.name,
            after=found.bundle.name,
            detail=found.detail,
            who=who,
        )
        audit.append(store, connection, who, f"{found.kind}_{status}", detail=_names(before, found), at=at)
    if applied:
        promote_bundle(store, found.bundle, at, who)
    return Proposal(found.kind, status, found.bundle, found.detail, number)


def _names(before: Bundle, found: Proposal) -> dict[str, str]:
    return {"before": before.name, "after": found.bundle.name}


def accept(store: Store, number: int, at: float, who: str) -> Adjustment:
    """Put a proposal in service; a challenger has to pass the gate once more."""
    found = _find(store, number, "proposed")
    if found.kind not in (LINE, RATE):
        promote_kept_past_gate(store, found.after, at, who)
        _settled(store, found, "applied", at, who)
        return found
    with store.reading() as connection:
        now = models.in_service(connection)
        bundle = models.load(connection, models.find_by_name(connection, found.after).number)
    if now is None or now.name != found.before:
        raise StoreError(
            "Another model is in service than the one that this was proposed for.",
            code="outdated_proposal",
            hint="Look anew: leadlight adjust --home HOME",
        )
    promote_bundle(store, bundle, at, who)
    _settled(store, found, "applied", at, who)
    return found


def _settled(store: Store, found: Adjustment, status: str, at: float, who: str) -> None:
    with store.writing() as connection:
        watching.settle(connection, found.number, status, at)
        detail = {"after": found.after}
        audit.append(store, connection, who, f"{found.kind}_{status}", detail=detail, at=at)


def undo(store: Store, number: int, at: float, who: str) -> Adjustment:
    """Take an applied change back: the model of before is in service again."""
    found = _find(store, number, "applied")
    with store.reading() as connection:
        now = models.in_service(connection)
    if now is None or now.name != found.after:
        raise StoreError(
            "The change that is to be undone is not in service any more.",
            code="not_in_service",
            hint="See what is kept with: leadlight models list --home HOME",
        )
    roll_back_model(store, at, who)
    with store.writing() as connection:
        watching.settle(connection, number, "undone")
        audit.append(store, connection, who, f"{found.kind}_undone", detail={"before": found.before}, at=at)
    return found


def _find(store: Store, number: int, status: str) -> Adjustment:
    with store.reading() as connection:
        every = watching.adjustments_of(connection, count=1_000)
    found = next((each for each in every if each.number == number and each.status == status), None)
    if found is None:
        raise StoreError(
            f"There is no change {number} that is {status}.",
            code="no_adjustment",
            hint="List them: leadlight adjust --home HOME --list",
        )
    return found
