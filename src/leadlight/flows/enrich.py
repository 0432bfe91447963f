"""Leads with what is known of their company, mailbox and job beside them: from a file, or on their way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.connect.files import Batches, Leads, open_writer
from leadlight.data.enrichment.enrich import CompanyTable, EnrichmentCounts, enriched
from leadlight.data.enrichment.lead_columns import LeadColumns
from leadlight.flows.gather import ID, gather_leads
from leadlight.flows.row_accounting import Rejects
from leadlight.store import Store, intake
from leadlight.store.intake import Taken

Observe = Callable[[str], None]
PREFIX: Final = "enriched_"
"""How the columns begin that a home is given: they are ours, and are written anew whenever more is known."""
PAGE: Final = 1_000


@dataclass
class EnrichmentRun:
    """Leads are looked up a batch at a time; what was found for how many is added up."""

    used: LeadColumns
    companies: CompanyTable | None = None
    fuzzy: bool = True
    prefix: str = ""
    counts: EnrichmentCounts = field(default_factory=EnrichmentCounts)
    added: dict[str, None] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)

    def apply(self, leads: Leads) -> Leads:
        """One batch with columns added."""
        found = enriched(leads.frame, self.used, self.companies, fuzzy=self.fuzzy, prefix=self.prefix)
        self.counts += found.counts
        self.added |= dict.fromkeys(found.added)
        return replace(leads, frame=found.frame)


def enrich_file(
    run: EnrichmentRun,
    batches: Batches,
    output: str,
    rejects: Rejects,
    *,
    force: bool = False,
    observe: Observe = lambda _: None,
) -> None:
    """Write a file of leads anew with columns added; every row that can be read is in it, in its order."""
    with open_writer(output, force=force) as writer:
        for leads in map(run.apply, batches):
            rejects.write(sorted(leads.rejected))
            run.rejected.update(row.reason for row in leads.rejected)
            writer.write(leads.frame)
            observe(f"looking leads up, {run.counts.rows:,} so far")


def known_columns(leads: pl.DataFrame) -> list[str]:
    """The columns that leads brought themselves."""
    return [name for name in leads.columns if not name.startswith(PREFIX)]


def enrich_home(
    store: Store,
    used: Callable[[list[str]], LeadColumns],
    companies: CompanyTable | None,
    at: float,
    *,
    fuzzy: bool = True,
    observe: Observe = lambda _: None,
) -> tuple[EnrichmentRun, Taken]:
    """Look all leads of a home up, and keep what was found; what is known already stays as it is."""
    raw = gather_leads(store, identity=ID, objecting=False)
    own = [name for name in known_columns(raw) if name != ID]
    run = EnrichmentRun(used(own), companies, fuzzy, PREFIX)
    taken = Taken()
    if not raw.height:
        return run, taken
    found = run.apply(_as_read(raw.select(ID, *own))).frame
    added = found.select(ID, *run.added)
    for start in range(0, added.height, PAGE):
        part = added[start : start + PAGE]
        fields: list[dict[str, Any]] = intake.records_of(part.drop(ID))
        with store.writing() as connection:
            taken += intake.upsert(store, connection, part[ID].to_list(), fields, "enrich", at)
        observe(f"keeping what is known, {min(start + PAGE, added.height):,} of {added.height:,} leads")
    return run, taken


def _as_read(raw: pl.DataFrame) -> Leads:
    return Leads(raw, (), "home", (), np.arange(raw.height))
