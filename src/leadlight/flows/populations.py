"""Leads with all that is known of them, out of a file or a home, and what became of each row that came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leadlight.connect.files import Leads
from leadlight.flows.exclusions import Exclusions
from leadlight.flows.row_accounting import blank_ids
from leadlight.insight.population import Population
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import EventSource, complete_leads


@dataclass(frozen=True)
class ReadPopulation:
    """The leads that are looked at; rows in = leads + duplicates + rejected + objected."""

    known: Population
    rows: Mapping[str, int]


@dataclass(frozen=True)
class PopulationJob:
    """How leads are to be looked at: by which model, without whom, at which moment, for what deals."""

    bundle: Bundle
    exclusions: Exclusions = field(default_factory=Exclusions)
    at: float | None = None
    deal_value: float | None = None
    events: EventSource | None = None

    def run(self, leads: Leads, *, allow_missing: bool = False) -> ReadPopulation:
        """Score all leads, decided and open."""
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
        blank = blank_ids(frame, self.bundle.scorer.schema.name_of("id"))
        raw = frame.filter(~blank)
        objecting = self.exclusions.mask(raw)
        known = Population.of(self.bundle, raw, objecting=objecting, at=self.at, deal_value=self.deal_value)
        rejected = int(blank.sum()) + len(leads.rejected)
        rows = {
            "in": raw.height + rejected,
            "leads": len(known),
            "decided": int(known.decided.sum()),
            "open": int((~known.decided).sum()),
            "duplicates": raw.height - len(known) - known.objected,
            "rejected": rejected,
            "objected": known.objected,
        }
        return ReadPopulation(known, rows)
