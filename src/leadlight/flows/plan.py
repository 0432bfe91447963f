"""The list of whom to call: out of a file of leads, or out of a home."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from leadlight.connect.files import Leads
from leadlight.flows.events import gather_for
from leadlight.flows.exclusions import Exclusions
from leadlight.flows.held import HeldBack, PartedLeads
from leadlight.flows.row_accounting import blank_ids
from leadlight.insight.consent import Respected
from leadlight.insight.deal_values import values_of
from leadlight.insight.money import PlanTerms, terms_among
from leadlight.insight.plan import OWN, Plan, planned
from leadlight.insight.pool import Pool
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import EventSource, complete_leads
from leadlight.model.scoring import BatchScorer
from leadlight.store import Store

ID: Final = "id"
REASONS: Final = 3


@dataclass(frozen=True)
class CallList:
    """The list, and the rows that did not come into question."""

    plan: Plan
    decided: int
    rejected: int
    objected: int
    respected: Respected

    @property
    def rows(self) -> dict[str, int]:
        """What became of each row that came in; who objected was not scored."""
        counts = self.plan.to_json()["counts"]
        total = counts["leads"] + self.objected
        return {
            "in": total + self.decided + self.rejected + counts["duplicates"],
            "decided": self.decided,
            "rejected": self.rejected,
            **counts,
            "leads": total,
            "suppressed": counts["suppressed"] + self.objected,
        }


@dataclass(frozen=True)
class PlanJob:
    """The list that is asked for; `above`: a line was asked for, which a capacity does not replace."""

    bundle: Bundle
    capacity: int | None = None
    callers: int | pl.DataFrame | None = None
    exclusions: Exclusions = field(default_factory=Exclusions)
    at: float | None = None
    above: bool = False
    deal_value: float | None = None
    terms: PlanTerms = field(default_factory=PlanTerms)
    events: EventSource | None = None

    def run(self, leads: Leads, *, reasons: int = REASONS, allow_missing: bool = False) -> CallList:
        """Score the leads that are not decided, and list them."""
        scorer = self.bundle.scorer
        frame = complete_leads(
            self.bundle,
            leads.frame,
            self.events,
            at=self.at,
            allow_missing=allow_missing,
            where=leads.source,
            switch="--allow-missing",
        )
        self.exclusions.check(frame.columns)
        blank = blank_ids(frame, scorer.schema.name_of("id"))
        raw = frame.filter(~blank)
        pool = Pool.of(self.bundle, raw, objecting=self.exclusions.mask(raw))
        batch = BatchScorer(self.bundle, reasons=reasons, at=self.at).score(pool.frame)
        plan = planned(
            self.bundle,
            pool,
            batch,
            capacity=self.capacity,
            callers=self.callers,
            above=self.above,
            values=values_of(self.bundle, raw, self.deal_value),
            terms=terms_among(self.terms, scorer, raw, self.at),
        )
        rejected = int(blank.sum()) + len(leads.rejected)
        return CallList(plan, pool.decided, rejected, pool.objected, pool.respected)


@dataclass(frozen=True)
class HomePlan:
    """The open leads of a home to call: their id, their owner and what the model says of them."""

    plan: Plan
    leads: pl.DataFrame
    held: HeldBack | None = None
    """Those that are held back from the score, where a holdback runs."""


def plan_home(
    store: Store,
    bundle: Bundle,
    *,
    capacity: int | None = None,
    callers: int | pl.DataFrame | None = None,
    reasons: int = REASONS,
    deal_value: float | None = None,
    terms: PlanTerms | None = None,
) -> HomePlan:
    """Whom to call of the people who have not objected, best first."""
    identity = bundle.scorer.schema.name_of("id") or ID
    parted = PartedLeads.of(store, gather_for(store, bundle), identity)
    raw = parted.by_score
    pool = Pool.of(bundle, raw)
    batch = BatchScorer(bundle, reasons=reasons).score(pool.frame)
    found = planned(
        bundle,
        pool,
        batch,
        capacity=capacity,
        callers=callers,
        values=values_of(bundle, raw, deal_value),
        terms=terms_among(terms or PlanTerms(), bundle.scorer, raw),
    )
    named = found.id or identity
    told = {named, found.owner, *OWN, *batch.frame.columns}
    shown = [name for name in found.frame.columns if name in told]
    held = parted.drawn(bundle, identity, found.counts.listed, found.counts.listed + found.counts.below)
    return HomePlan(found, found.frame.select(shown).rename({named: ID}), held)
