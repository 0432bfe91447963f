"""What matters of a training, and of leads before it: the verdict in a few sentences, then one a topic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from leadlight.data.finding import Finding
from leadlight.insight.plan import Plan
from leadlight.insight.sentences import above_the_line, how_good
from leadlight.insight.wording import counted, listed, some
from leadlight.model.bundle import Bundle
from leadlight.model.training_record import TrainingRecord

FIRST: Final = 3
NAMED: Final = 4
TELLING: Final = ("no_arrival", "could_be_time", "file_order", "totals", "dates_mixed")
"""Notes that someone has to know of who reads no others."""
MOVED: Final = "rate_moved"
DOUBTS: Final = ("suspect", "doubtful", "leak")


@dataclass(frozen=True)
class Matters:
    """Findings apart: what to act on, what is left out for want of anything to learn, and mere notes."""

    told: tuple[Finding, ...]
    empty: tuple[Finding, ...]
    notes: tuple[Finding, ...]

    @staticmethod
    def of(found: Iterable[Finding]) -> Matters:
        found = tuple(found)
        told = tuple(each for each in found if _asks_for_attention(each))
        rest = [each for each in found if not _asks_for_attention(each)]
        return Matters(
            told,
            tuple(each for each in rest if each.severity == "excluded"),
            tuple(each for each in rest if each.severity == "note"),
        )

    @property
    def folded(self) -> str:
        """Everything about which there is nothing to do, in one sentence; nothing where there is nothing."""
        parts = []
        if self.empty:
            names = some([repr(each.column) for each in self.empty], NAMED)
            parts.append(
                f"{counted(len(self.empty), 'column')} left out, with nothing to learn from: {names}"
            )
        if self.notes:
            codes = dict.fromkeys(each.code for each in self.notes)
            parts.append(f"{counted(len(self.notes), 'note')} ({', '.join(codes)})")
        return f"Nothing to do about {'; '.join(parts)}." if parts else ""


def _asks_for_attention(finding: Finding) -> bool:
    if finding.severity == "excluded":
        return not finding.next_step.startswith("Nothing to do")
    return finding.severity != "note" or finding.code in TELLING


def verdict(
    bundle: Bundle, found: Sequence[Finding], plan: Plan | None, model: Path, report: Path | None
) -> tuple[str, ...]:
    """How good, what the line gives, what is doubtful, whom to call, and where the files are."""
    return (
        " ".join([how_good(bundle.record), *(each.message for each in found if each.code == MOVED)]),
        above_the_line(bundle),
        doubts(bundle, found),
        whom_to_call(plan),
        f"Files: {model}" + ("." if report is None else f"; the report is {report}."),
    )


def doubts(bundle: Bundle, found: Sequence[Finding]) -> str:
    """What rests on columns that may be leaks; that there are none only where none is learnt from."""
    used = {column.name for column in bundle.scorer.schema.inputs}
    staying = [each for each in found if each.severity == "warning" and each.column in used]
    suspects = [repr(each.column) for each in staying if each.code == "suspect"]
    kept = [repr(each.column) for each in staying if each.code == "leak"]
    joint = next((each for each in found if each.code == "doubtful"), None)
    blind = next((each for each in found if each.code == "audit_blind"), None)
    parts = []
    if suspects and joint is not None:
        parts.append(f"{joint.message} {joint.next_step}.")
    elif suspects:
        parts.append(f"Doubtful, and learnt from: {some(suspects, NAMED)}. To leave out: --drop doubtful.")
    if kept:
        parts.append(f"Likely a leak, and kept as you asked: {some(kept, NAMED)}.")
    if blind is not None:
        parts.append(blind.message)
    return " ".join(parts) or "No column that is learnt from is doubtful."


def whom_to_call(plan: Plan | None) -> str:
    """How many of the open leads are above the line, and who stands first."""
    if plan is None:
        return "No lead is open, so there is nobody to call yet."
    counts, expected = plan.counts, plan.expected
    barred = f"; {counts.suppressed:,} must not be called" if counts.suppressed else ""
    if not counts.listed:
        return f"To call: none of {counted(counts.leads, 'open lead')} is above the line{barred}."
    first = [] if plan.id is None else plan.frame[plan.id].head(FIRST).cast(str).to_list()
    names = f", first {listed(first)}" if first else ""
    return (
        f"To call: {counts.listed:,} of {counted(counts.leads, 'open lead')}{names}{barred}. Expect"
        f" {expected.conversions:,.0f} to buy ({expected.low:,.0f} to {expected.high:,.0f})."
    )


def columns_used(bundle: Bundle, found: Sequence[Finding]) -> str:
    """How many columns are learnt from, and which are not, by reason."""
    used = len(bundle.scorer.schema.inputs)
    out = [each for each in found if each.severity == "excluded"]
    late = [repr(each.column) for each in out if each.code in DOUBTS]
    clocks = [repr(each.column) for each in out if each.code == "clock"]
    sensitive = [repr(each.column) for each in out if each.code == "sensitive"]
    others = len(
        dict.fromkeys(each.column for each in out if each.code not in (*DOUBTS, "sensitive", "clock"))
    )
    parts = [f"{listed(late)} (probably known only after sales worked the lead)"] if late else []
    parts += [f"{listed(clocks)} (when leads arrived, not who they are)"] if clocks else []
    parts += [f"{listed(sensitive)} (sensitive)"] if sensitive else []
    parts += [f"{counted(others, 'column')} with nothing to learn from"] if others else []
    end = f" Left out: {'; '.join(parts)}." if parts else ""
    cost = "".join(f" {each.message} {each.next_step}." for each in found if each.code == "sensitive_cost")
    return f"Columns: {counted(used, 'is', 'are')} learnt from.{end}{cost}"


def warnings(found: Iterable[Finding]) -> Iterator[str]:
    """One sentence a kind of warning that the verdict has not told."""
    by_code: dict[str, list[Finding]] = {}
    for each in found:
        if each.severity == "warning" and each.code not in (*DOUBTS, MOVED, "audit_blind"):
            by_code.setdefault(each.code, []).append(each)
    for first, *more in by_code.values():
        names = some([repr(each.column) for each in more], NAMED)
        yield f"{first.message} The same holds for {names}." if more else first.message


def claim(training: TrainingRecord) -> str | None:
    """What the model would have claimed with the leaks."""
    found = training.leaks
    if not found:
        return None
    who = "it" if found.family == training.chosen else found.family
    return (
        f"With {' and '.join(found.columns)} {who} would have claimed AUC {found.auc:.3f} instead"
        f" of {found.without:.3f}, and known nothing of new leads."
    )
