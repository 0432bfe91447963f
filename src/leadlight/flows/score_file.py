"""Scoring a file of leads: read, score and write a batch at a time, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from leadlight.connect.files import Batches, Leads, Rejected, open_writer
from leadlight.flows import scored_output
from leadlight.flows.exclusions import Exclusions
from leadlight.flows.row_accounting import BLANK_ID, Rejects, RowAccount, blank_ids
from leadlight.flows.scored_output import ScoredPart
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import EventSource, check_events
from leadlight.model.scoring import BatchScorer, check_columns

Observe = Callable[[str], None]


@dataclass(frozen=True)
class ScoringJob:
    """Which leads are scored by which model, and what comes out."""

    bundle: Bundle
    output: str
    reasons: int = 0
    groups: bool = False
    top: int | None = None
    only_scores: bool = False
    at: float | None = None
    exclusions: Exclusions = field(default_factory=Exclusions)
    allow_missing: bool = False
    events: EventSource | None = None

    @property
    def identity(self) -> str | None:
        return self.bundle.scorer.schema.name_of("id")

    def run(
        self,
        batches: Batches,
        rejects: Rejects,
        *,
        force: bool = False,
        observe: Observe = lambda _: None,
    ) -> RowAccount:
        """Score everything, and account for every row."""
        known, allowed, where = self.bundle.scorer, self.allow_missing, batches.source
        names = [*batches.columns, *(self.events.features.columns if self.events else ())]
        check_events(self.bundle, names, where)
        check_columns(known, names, at=self.at, allow_missing=allowed, where=where, switch="--allow-missing")
        self.exclusions.check(batches.columns)
        scorer = BatchScorer(self.bundle, reasons=self.reasons, groups=self.groups, at=self.at)
        chosen = batches.select(self._columns(batches.columns), carry=not self.only_scores)
        found = RowAccount(notes=dict.fromkeys(batches.notes))
        with ExitStack() as stack:
            write = self._sink(stack, force)
            for leads in chosen:
                write(self._scored(leads, scorer, rejects, found))
                observe(f"scoring, {found.rows:,} leads so far")
        found.events = None if self.events is None else self.events.account
        return found

    def _columns(self, present: Sequence[str]) -> list[str]:
        """The columns that are looked at, in the order of the file."""
        wanted = {column.name for column in self.bundle.scorer.schema.needed} | {self.identity}
        wanted |= set(self.exclusions.columns(present))
        return [name for name in present if name in wanted]

    def _sink(self, stack: ExitStack, force: bool) -> Callable[[ScoredPart], None]:
        writer = stack.enter_context(open_writer(self.output, force=force, schema=self.bundle.scorer.schema))
        chosen = scored_output.straight(writer) if self.top is None else scored_output.best(writer, self.top)
        return stack.enter_context(chosen)

    def _scored(self, leads: Leads, scorer: BatchScorer, rejects: Rejects, found: RowAccount) -> ScoredPart:
        blank = blank_ids(leads.frame, self.identity)
        hidden = self.exclusions.mask(leads.frame) & ~blank
        odd = [*leads.rejected, *(Rejected(line, BLANK_ID) for line in leads.lines[blank].tolist())]
        rejects.write(sorted(odd))
        found.rejected.update(row.reason for row in odd)
        keep = ~(blank | hidden) if blank.any() or hidden.any() else None
        raw = leads.frame if keep is None else leads.frame.filter(keep)
        batch = scorer.score(raw if self.events is None else self.events.beside(raw))
        found.add(batch, int(hidden.sum()), leads.notes)
        return ScoredPart(batch.frame, batch.scores.margin, scorer.identities(raw), leads.carried, keep)
