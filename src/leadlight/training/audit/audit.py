"""The audit of the training part: what must not be learnt from, what is doubtful, what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np

from leadlight.data.finding import Excluded, Finding
from leadlight.data.schema import Column, Schema
from leadlight.training.audit import clocks, leaks, over_time, quality, sensitive, signal, strength
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.leaks import Verdict
from leadlight.training.audit.quality import flag
from leadlight.training.audit.quick_additive import FOLDS, Worth
from leadlight.training.audit.signal import Gaps, Signal

__all__ = ["CODES", "Audit", "AuditInput", "Excluded", "audit"]

CELLS: Final = 400_000
MATTERS: Final = 0.5
MATTERS_FROM: Final = 0.05
UNREAD: Final = ("personal", "owner", "value", "contacted_at", "ignore")
OF_INPUTS: Final = ("drift", "proxy", "spellings")
"""What is of no concern in a column that is left out."""
ORDER: Final = ("refused", "excluded", "warning", "note")

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "leak": "Two or more kinds of evidence, or one beyond chance, speak of a column filled by sales.",
        "suspect": "One kind of evidence says so; the column stays in unless --drop doubtful is said.",
        "doubtful": "What all suspects are worth together, and how to leave them out.",
        "audit_blind": "So few leads are decided that columns are judged by names and gaps alone.",
        "empty": "The column has no value, or a value in fewer than 20 leads.",
        "constant": "The column has one value in all leads.",
        "dominant": "The column has one value in more than 99.8 % of the leads, or another in fewer than 20.",
        "id_like": "The column tells leads apart as an id does.",
        "mostly_missing": "The column has no value in half of the leads or more.",
        "missing_tells": "Leads without a value in the column end differently from those with one.",
        "personal": "The column identifies people: it is carried along and never learnt from.",
        "consent": "The column says who may be contacted: lists respect it.",
        "sensitive": "The column is sensitive: it is kept for checks of fairness and not learnt from.",
        "sensitive_cost": "What leaving the sensitive columns out costs, and what keeping them would do.",
        "proxy": "The column goes together with a sensitive one.",
        "spellings": "Values that differ in case, blanks or accents only are read as one.",
        "repeated": "Leads equal another one in all that can be learnt from.",
        "same_person": "People stand under several leads; theirs are on one side of every split.",
        "contradicting": "Equal leads ended differently, which bounds the AUC of every model.",
        "target_rare": "Fewer than 20 leads were won, or fewer than 20 lost: too few to learn from.",
        "target_few": "Fewer than 100 leads were won, or fewer than 100 lost.",
        "target_young": "The newest leads win clearly less often than those before: many may be undecided.",
        "rate_moved": "The share of won leads moves along time: probabilities may not hold for later leads.",
        "totals": "A row adds up the others; it is left out.",
        "no_arrival": "No column says when leads arrived, so that the test leads are drawn at random.",
        "dates_mixed": "Dates are written in several forms; each is read by itself.",
        "drift": "The values of the column are spread otherwise among the newest leads than the oldest.",
        "clock": "The column tells when a lead arrived and not who it is.",
        "file_order": "Leads change along the file: its rows could be in order of arrival.",
        "could_be_time": "The column is a number along which leads change: it could stand for time.",
    }
)


@dataclass(frozen=True)
class Audit:
    """The schema with the verdicts in it, and all that was noticed, the gravest first."""

    schema: Schema
    findings: tuple[Finding, ...]

    @property
    def excluded(self) -> tuple[Excluded, ...]:
        return tuple(
            Excluded(finding.column, finding.code, finding.evidence)
            for finding in self.findings
            if finding.severity == "excluded" and finding.column is not None
        )

    def replacing(self, finding: Finding) -> Audit:
        """The audit with this finding in place of the one of its code."""
        found = tuple(finding if each.code == finding.code else each for each in self.findings)
        return replace(self, findings=found)


def audit(audited: AuditInput) -> Audit:
    """Look at every column, at the rows and at the outcome; learn nothing that is kept but the verdicts."""
    findings = list(quality.target(audited))
    if any(finding.severity == "refused" for finding in findings):
        return Audit(audited.schema, tuple(findings))
    useless = [*quality.useless(audited), *clocks.clocks(audited)]
    leak_audit = LeakAudit(
        audited.thinned(), frozenset(column.name for column, _ in useless if not column.used)
    )
    useless = [verdict for verdict in useless if verdict[0].name not in leak_audit.leaks]
    convicted = [_convicted(audited, audited.schema[name]) for name in sorted(leak_audit.left_out)]
    schema = audited.schema.replacing([*(column for column, _ in useless), *convicted])
    findings += [*(leak_audit.with_cost(finding) for _, finding in useless), *leak_audit.findings()]
    findings += [
        *quality.roles(audited),
        *quality.spellings(audited),
        *quality.dates(audited),
        *quality.repeats(audited),
        *quality.same_person(audited),
    ]
    findings += over_time.course(leak_audit.audited)
    findings = [each for each in findings if each.code not in OF_INPUTS or schema[each.column or ""].is_input]
    return Audit(schema, _sorted(findings, schema))


def _convicted(audited: AuditInput, column: Column) -> Column:
    """A leak is not used again, unless the user says so; what was no input stays what it is.

    Lists respect consent whether it is learnt from or not.
    """
    if audited.is_settled(column.name) or not column.is_input:
        return column
    return replace(column, role=column.role if column.role == "consent" else "after", used=False)


def _sorted(findings: Iterable[Finding], schema: Schema) -> tuple[Finding, ...]:
    place = {column.name: number for number, column in enumerate(schema.columns)}
    return tuple(
        sorted(findings, key=lambda each: (ORDER.index(each.severity), place.get(each.column or "", -1)))
    )


@dataclass(frozen=True)
class LeakAudit:
    """All verdicts on leaks, and what the columns are worth that stay in."""

    audited: AuditInput
    dropped: frozenset[str]

    @cached_property
    def signals(self) -> dict[str, Signal]:
        read = {name: signal.signal(self.audited, name) for name in self.audited.parts if self._varies(name)}
        unread = [column.name for column in self.audited.schema.columns if column.role in UNREAD]
        return read | {name: signal.unread(self.audited, name) for name in unread}

    def _varies(self, name: str) -> bool:
        return any(part.min() < part.max() for part in self.audited.parts[name])

    @cached_property
    def sampled(self) -> np.ndarray:
        """The rows on which sets of columns are compared: fewer where there are many columns."""
        most = max(5_000, CELLS // max(1, len(self.audited.parts)))
        return np.arange(0, self.audited.height, -(-self.audited.height // most))

    def worth(self, columns: Iterable[str]) -> Worth:
        rows = self.sampled
        codes = {name: self.thinned(name) for name in columns}
        fold = strength.folds(self.audited.groups[rows], FOLDS, seed=1)
        return Worth.fit(codes, self.audited.outcome[rows], fold)

    def thinned(self, name: str) -> list[np.ndarray]:
        return [part[self.sampled] for part in self.audited.parts[name]]

    @cached_property
    def ordinary(self) -> Worth:
        """What the columns are worth together that are not striking by themselves."""
        found = [name for name, each in self.signals.items() if each.parts and leaks.is_ordinary(each)]
        return self.worth(name for name in found if name not in self.dropped)

    def left_open(self, each: Signal) -> float:
        """The share of the ordinary columns' error that is left once this column is added."""
        reached = self.ordinary.adding(each.column, self.thinned(each.column))
        return (1.0 - reached) / max(1.0 - self.ordinary.auc, 1e-6)

    @cached_property
    def verdicts(self) -> dict[str, Verdict]:
        blind = self.audited.is_blind
        return {
            name: leaks.judge(each, self.left_open, is_blind=blind) for name, each in self.signals.items()
        }

    @cached_property
    def leaks(self) -> frozenset[str]:
        return frozenset(name for name, verdict in self.verdicts.items() if verdict.is_leak)

    @cached_property
    def suspects(self) -> tuple[str, ...]:
        """Inputs under doubt, in the order of the schema."""
        told = [name for name, verdict in self.verdicts.items() if verdict.is_suspect]
        return tuple(name for name in told if name not in self.dropped and name in self.audited.parts)

    @property
    def left_out(self) -> frozenset[str]:
        """Leaks, and suspects where these are not wanted."""
        return self.leaks | frozenset(self.suspects if self.audited.drops_doubtful else ())

    @cached_property
    def kept(self) -> Worth:
        """What the columns are worth together that stay in; suspects are priced while they do."""
        gone = self.dropped | {name for name in self.leaks if not self.audited.is_settled(name)}
        return self.worth(name for name in self.audited.parts if name not in gone)

    def price(self, name: str) -> float:
        """What leaving a column out costs in AUC."""
        return self.kept.auc - self.kept.without(name)

    def with_cost(self, finding: Finding) -> Finding:
        """What it cost to leave a column out that has hardly any other value."""
        if finding.code != "dominant" or finding.column not in self.audited.parts:
            return finding
        cost = self.kept.adding(finding.column, self.thinned(finding.column)) - self.kept.auc
        return replace(finding, evidence={**finding.evidence, "cost": round(cost, 4)})

    def findings(self) -> Iterator[Finding]:
        if self.audited.is_blind:
            yield _blind(self.audited)
        staying = [name for name in self.suspects if name not in self.left_out]
        if staying:
            without = self.kept.without(*staying)
            yield leaks.doubtful(staying, {"auc": self.kept.auc}, {"auc": without})
        yield from sensitive.cost(self.audited, self.kept, self.sampled)
        for name, verdict in self.verdicts.items():
            each = self.signals[name]
            if verdict.is_leak:
                yield leaks.leak(self.audited, each, verdict, self.ordinary.auc)
            elif name in self.dropped or name not in self.audited.parts:
                continue
            elif verdict.is_suspect:
                yield leaks.suspect(self.audited, each, verdict, self.ordinary.auc, self.price(name))
            else:
                yield from self._doubtful(name, each.gaps)

    def _doubtful(self, name: str, gaps: Gaps) -> Iterator[Finding]:
        """Columns with a usual value or many gaps: what they would cost, and what the gaps tell."""
        column = self.audited.schema[name]
        usual = None if column.expression else quality.dominant(self.audited, column)
        if usual is not None:
            yield replace(usual, evidence={**usual.evidence, "cost": round(self.price(name), 4)})
        if gaps.missing >= quality.MOSTLY_MISSING:
            yield _mostly_missing(name, gaps, self.price(name))
        elif gaps.missing >= MATTERS_FROM and gaps.surely >= MATTERS:
            yield _missing_tells(name, gaps)


def _blind(audited: AuditInput) -> Finding:
    return Finding(
        "audit_blind",
        "warning",
        None,
        f"With {audited.won} won and {audited.lost} lost leads to look at, the audit cannot tell leaks from"
        " luck: it judges columns by their names and gaps alone.",
        "Look yourself which columns are filled only once sales work a lead, and leave them out with --drop.",
        {"won": audited.won, "lost": audited.lost},
    )


def _mostly_missing(name: str, gaps: Gaps, cost: float) -> Finding:
    return Finding(
        "mostly_missing",
        "note",
        name,
        f"{name!r} has no value in {gaps.missing:.0%} of the leads. "
        f"Leaving it out would cost {max(cost, 0.0):.3f} of the AUC.",
        f"To leave it out: {flag('--drop', name)}",
        {"missing": round(gaps.missing, 4), "cost": round(cost, 4)},
    )


def _missing_tells(name: str, gaps: Gaps) -> Finding:
    return Finding(
        "missing_tells",
        "note",
        name,
        f"{gaps.missing:.0%} of the leads have no value in {name!r}: {gaps.rate_missing:.1%} of these "
        f"are won, {gaps.rate_given:.1%} of the others. Missing is read as a value of its own.",
        "",
        {
            "missing": round(gaps.missing, 4),
            "won_given": round(gaps.rate_given, 4),
            "won_missing": round(gaps.rate_missing, 4),
        },
    )
