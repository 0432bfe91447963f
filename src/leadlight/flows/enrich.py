"""Leads with what is known of their company, mailbox and job beside them: from a file, or on their way in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from leadlight.connect.files import Batches, Leads, open_writer
from leadlight.connect.files.leads import Selection
from leadlight.data.enrichment.enrich import CompanyTable, EnrichmentCounts, enriched
from leadlight.data.enrichment.lead_columns import LeadColumns
from leadlight.flows.row_accounting import Rejects

Observe = Callable[[str], None]


@dataclass
class EnrichmentRun:
    """Leads are looked up a batch at a time; what was found for how many is added up."""

    used: LeadColumns
    companies: CompanyTable | None = None
    fuzzy: bool = True
    counts: EnrichmentCounts = field(default_factory=EnrichmentCounts)
    added: dict[str, None] = field(default_factory=dict)
    rejected: Counter[str] = field(default_factory=Counter)

    def apply(self, leads: Leads) -> Leads:
        """One batch with columns added."""
        found = enriched(leads.frame, self.used, self.companies, fuzzy=self.fuzzy)
        self.counts += found.counts
        self.added |= dict.fromkeys(found.added)
        return replace(leads, frame=found.frame)

    def on_the_way(self, batches: Batches) -> Batches:
        """The batches of a file, each with columns added as it is read."""

        def start(selection: Selection) -> Iterator[Leads]:
            for leads in replace(batches, selection=selection):
                yield self.apply(leads)

        return replace(batches, start=start)


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
