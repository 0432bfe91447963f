"""The work of `leadlight score`: read, score and write a batch at a time, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.cli import account, sinks
from leadlight.cli.account import Account, Rejects
from leadlight.cli.output import check_free
from leadlight.cli.page import Page, print_json, progress
from leadlight.cli.sinks import Part
from leadlight.cli.suppression import Gate
from leadlight.connect.files import Batches, Leads, Rejected, open_writer
from leadlight.data import rows
from leadlight.errors import OutputError
from leadlight.insight.wording import counted
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer, check_columns

BLANK_ID: Final = "blank_id"
STANDARD: Final = "-"
SHOWN: Final = 8


@dataclass(frozen=True)
class Job:
    """Which leads are scored by which model, and what comes out."""

    bundle: Bundle
    leads: str
    output: str
    reasons: int = 0
    groups: bool = False
    top: int | None = None
    only_scores: bool = False
    at: float | None = None
    gate: Gate = field(default_factory=Gate)
    allow_missing: bool = False

    @property
    def identity(self) -> str | None:
        return self.bundle.scorer.schema.name_of("id")

    @property
    def rejects(self) -> Path:
        """Where the rows are listed that could not be scored."""
        if self.output != STANDARD:
            return Path(self.output).with_suffix(".rejected.csv")
        return Path(f"{stem_of(self.leads)}.rejected.csv")

    def check(self, *, force: bool, as_json: bool) -> None:
        """Refuse what cannot end well before anything is read."""
        if self.output != STANDARD:
            check_free(Path(self.output), force=force)
        elif as_json:
            raise OutputError(
                "Scores and --json cannot both go to standard output.",
                code="two_outputs",
                hint="Name a file for the scores with -o.",
            )
        account.check_rejects(self.rejects, force=force)

    def run(self, batches: Batches, *, force: bool = False) -> Account:
        """Score everything, and account for every row."""
        known, allowed, where = self.bundle.scorer, self.allow_missing, batches.source
        check_columns(known, batches.columns, at=self.at, allow_missing=allowed, where=where)
        self.gate.check(batches.columns)
        scorer = BatchScorer(self.bundle, reasons=self.reasons, groups=self.groups, at=self.at)
        chosen = batches.select(self._columns(batches.columns), carry=not self.only_scores)
        found = Account(notes=dict.fromkeys(batches.notes))
        with ExitStack() as stack:
            tell = stack.enter_context(progress("scoring"))
            rejects = stack.enter_context(account.opened(self.rejects))
            write = self._sink(stack, force)
            for leads in chosen:
                write(self._scored(leads, scorer, rejects, found))
                tell(f"scoring, {found.rows:,} leads so far")
        return found

    def _columns(self, present: Sequence[str]) -> list[str]:
        """The columns that are looked at, in the order of the file."""
        wanted = {column.name for column in self.bundle.scorer.schema.needed} | {self.identity}
        wanted |= set(self.gate.columns(present))
        return [name for name in present if name in wanted]

    def _sink(self, stack: ExitStack, force: bool) -> Callable[[Part], None]:
        writer = stack.enter_context(open_writer(self.output, force=force))
        chosen = sinks.straight(writer) if self.top is None else sinks.best(writer, self.top)
        return stack.enter_context(chosen)

    def _scored(self, leads: Leads, scorer: BatchScorer, rejects: Rejects, found: Account) -> Part:
        blank = blank_ids(leads.frame, self.identity)
        hidden = self.gate.mask(leads.frame) & ~blank
        odd = [*leads.rejected, *(Rejected(line, BLANK_ID) for line in leads.lines[blank].tolist())]
        rejects.write(sorted(odd))
        found.rejected.update(row.reason for row in odd)
        keep = ~(blank | hidden) if blank.any() or hidden.any() else None
        raw = leads.frame if keep is None else leads.frame.filter(keep)
        batch = scorer.score(raw)
        found.add(batch, int(hidden.sum()), leads.notes)
        return Part(batch.frame, batch.scores.margin, scorer.identities(raw), leads.carried, keep)


def blank_ids(raw: pl.DataFrame, identity: str | None) -> NDArray[np.bool_]:
    """The rows that could not be found again by their id."""
    if identity not in raw.columns:
        return np.zeros(raw.height, dtype=bool)
    ids = rows.identities(raw[identity])
    blank = ids.is_null() | (ids.str.len_bytes() <= max(map(len, rows.BLANK_IDS)))
    if blank.any():
        blank = blank & (ids.is_null() | ids.str.to_lowercase().is_in(rows.BLANK_IDS))
    return blank.to_numpy()


def named_after(leads: str) -> str:
    """Where scores go unless it is said: leads.scored.csv; from a pipe on to a pipe."""
    return STANDARD if leads == STANDARD else f"{stem_of(leads)}.scored.csv"


def stem_of(leads: str) -> str:
    """The name of the leads without folder and ending."""
    return "leads" if leads == STANDARD else PurePath(PurePath(leads).name.removesuffix(".gz")).stem


def tell(job: Job, found: Account, *, as_json: bool) -> None:
    """What was scored and what was noticed, beside the scores if these take standard output."""
    place = str(job.rejects) if found.rejected else None
    if as_json:
        print_json(
            {
                "model": job.bundle.name,
                "output": job.output,
                "rejects": place,
                **found.to_json(),
                **job.gate.to_json(),
            }
        )
        return
    page = Page.of(error=job.output == STANDARD)
    page.say(f"{found.balance}.")
    for note in job.gate.notes:
        page.say(note)
    grades = ", ".join(f"{count:,} {name}" for name, count in found.grades.items())
    if found.scored:
        page.say(f"Grades: {grades}; {found.calls:,} above the line.")
    for note in found.notes:
        page.say(f"Note: {note}.")
    noticed(page, found)
    if job.output != STANDARD:
        best = "" if job.top is None else f"the best {min(job.top, found.scored):,}, "
        page.say(f"Scores: {job.output} ({best}model {job.bundle.name})")
    if place:
        page.say(f"Rejected rows: {place}")


def noticed(page: Page, found: Account) -> None:
    """Cells that could not be read and levels that training has not seen, the most frequent columns first."""
    for what, counts in (
        ("could not be read as what the column holds; they count as missing", found.noticed.unreadable),
        ("hold a value that the model has not learnt; they count as 'other'", found.noticed.unseen),
    ):
        if counts:
            columns = ", ".join(f"{name!r} {count:,}" for name, count in counts.most_common(SHOWN))
            more = f" and {len(counts) - SHOWN} more columns" if len(counts) > SHOWN else ""
            page.say(f"{counted(counts.total(), 'cell')} {what}: {columns}{more}.")
