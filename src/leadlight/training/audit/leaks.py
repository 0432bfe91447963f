"""Which columns were filled after sales worked the lead, or once the outcome was there.

Kinds of evidence, each graded 1 (notable) or 2 (strong): strength beyond what a column known at arrival
shows; levels that hold one outcome only; gaps that tell the outcome; dates after the lead's; a name of
sales' own work. A strong column that also explains most of what all ordinary columns together leave open
has one kind more. Any kind makes a suspect; two kinds with three points make a leak. A name like another
scorer's output makes a suspect and counts no further.

Some kinds are a leak by themselves: few leads have a value and hardly one of these was lost, which chance
does less than once in a million; a column tells the outcome outright; the history that a CRM keeps of it
shows that most of its values came after the lead. Where so few leads are decided that nothing else shows, a
name of sales' own work is one, too, and so are gaps that chance hardly makes.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from leadlight.data.finding import Finding
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.signal import SUPPORT, Gaps, OnlyWon, Signal
from leadlight.training.audit.strength import SURE

STRONG: Final = 0.80
SURELY: Final = 0.85
SURELY_GIVEN: Final = 0.92
EXPLAINS: Final = 0.6
PURE_SHARE: Final = 0.4
PURE_BOTH: Final = (0.2, 0.35)
ONLY_SHARE: Final = 0.3
MOSTLY_MISSING: Final = 0.4
ODDS: Final = 1.0
LATER: Final = 0.5
TELLS: Final = 0.52
POINTS: Final = 3
DOUBTFUL: Final = "doubtful"
"""What --drop calls all suspects by."""
DOUBTS: Final = ("scorer",)
ALONE: Final = ("only_won", "outright", "blind", "history")
"""Kinds of evidence that need no other."""
OUTRIGHT: Final = 0.995

LeftOpen = Callable[[Signal], float]


@dataclass(frozen=True)
class Verdict:
    """The kinds of evidence against a column with their grades."""

    kinds: Mapping[str, int]

    @property
    def is_leak(self) -> bool:
        if any(kind in self.kinds for kind in ALONE):
            return True
        counted = [grade for kind, grade in self.kinds.items() if kind not in DOUBTS]
        return len(counted) >= 2 and sum(counted) >= POINTS

    @property
    def is_suspect(self) -> bool:
        return bool(self.kinds) and not self.is_leak


def is_ordinary(signal: Signal) -> bool:
    """Whether a column may serve to judge the strong ones."""
    return max(signal.strength.auc, signal.given.auc) < STRONG


def judge(signal: Signal, left_open: LeftOpen, *, is_blind: bool = False) -> Verdict:
    """Weigh what a column shows; `left_open` says which share of the ordinary columns' error it leaves.

    Blind is who has so few leads that hardly anything can be seen.
    """
    tells = signal.alone.at_least(SURE) > TELLS
    grades = {
        "strength": _strength(signal),
        "purity": _purity(signal),
        "gaps": _gaps(signal.gaps),
        "dates": 1 if signal.later >= LATER else 0,
        "history": POINTS if signal.filled_late >= LATER else 0,
        "name": 1 if signal.late_name and tells else 0,
        "scorer": 1 if signal.scored_name and tells else 0,
        "only_won": POINTS if signal.only_won else 0,
        "outright": POINTS if signal.strength.auc >= OUTRIGHT else 0,
        "blind": POINTS if is_blind and (signal.late_name or signal.one_sided) else 0,
    }
    if grades["strength"] == 2 and left_open(signal) <= EXPLAINS:
        grades["adds"] = 1
    return Verdict({kind: grade for kind, grade in grades.items() if grade})


def _strength(signal: Signal) -> int:
    """The first grade counts what is not evidence already: not how late dates are, not where gaps are."""
    if signal.strength.at_least(SURE) >= SURELY or signal.given.at_least(2.0) >= SURELY_GIVEN:
        return 2
    if signal.later >= LATER:
        return 0
    counted = signal.given if _gaps(signal.gaps) else signal.strength
    return 1 if counted.auc >= STRONG else 0


def _purity(signal: Signal) -> int:
    """Levels that hardly ever win are no rarity by themselves; levels that nearly always win are."""
    pure = signal.purity
    some, many = PURE_BOTH
    both = min(pure.won, pure.lost)
    if both >= many:
        return 2
    return 1 if both >= some or pure.won >= PURE_SHARE or signal.gaps.only.most >= ONLY_SHARE else 0


def _gaps(gaps: Gaps) -> int:
    """Given to one outcome only; or mostly missing, and those with a value end differently."""
    if gaps.only.most >= ONLY_SHARE:
        return 2
    return 1 if gaps.missing >= MOSTLY_MISSING and gaps.surely >= ODDS else 0


def leak(audited: AuditInput, signal: Signal, verdict: Verdict, others: float) -> Finding:
    """Why a column is left out, or stays in because the user says so."""
    stays = audited.is_settled(signal.column)
    name = shlex.quote(signal.column)
    return Finding(
        "leak",
        "warning" if stays else "excluded",
        signal.column,
        f"{signal.column!r} was probably filled in once sales had worked the lead: "
        + "; ".join(_reasons(audited, signal, verdict, others))
        + (". It stays in, as you asked." if stays else ". It is left out."),
        f"Unless it is known when a lead arrives: --drop {name}"
        if stays
        else f"If it is known when a lead arrives: --keep {name}",
        evidence(audited, signal, verdict, others),
    )


def suspect(audited: AuditInput, signal: Signal, verdict: Verdict, others: float, at_stake: float) -> Finding:
    """Why a column should be looked at; what it is worth is told of all such together."""
    name = shlex.quote(signal.column)
    dropped = audited.drops_doubtful and not audited.is_settled(signal.column)
    return Finding(
        "suspect",
        "excluded" if dropped else "warning",
        signal.column,
        f"{signal.column!r} may be filled in only once sales work the lead: "
        + "; ".join(_reasons(audited, signal, verdict, others))
        + (". It is left out, as you asked." if dropped else ". It stays in."),
        f"If it is known when a lead arrives: --keep {name}"
        if dropped
        else f"If it is not known when a lead arrives: --drop {name}",
        {**evidence(audited, signal, verdict, others), "at_stake": round(at_stake, 4)},
    )


def doubtful(columns: Sequence[str], figures: Mapping[str, float], without: Mapping[str, float]) -> Finding:
    """What all suspects are worth together, which no single one of them shows."""
    called = ""
    if "precision" in figures:
        shares = (f"{100 * each['precision']:.0f} %" for each in (without, figures))
        called = ", {} of those above the line buy instead of {}".format(*shares)
    return Finding(
        "doubtful",
        "warning",
        None,
        f"Without {_all(columns)}: AUC {without['auc']:.3f} instead of {figures['auc']:.3f}{called}.",
        f"To leave {'them all' if len(columns) > 1 else 'it'} out: --drop {DOUBTFUL}",
        {
            "columns": len(columns),
            **{name: round(figure, 4) for name, figure in figures.items()},
            **{f"{name}_without": round(figure, 4) for name, figure in without.items()},
        },
    )


def _all(columns: Sequence[str]) -> str:
    return f"all {len(columns)} doubtful columns" if len(columns) > 1 else f"the doubtful {columns[0]!r}"


def evidence(
    audited: AuditInput, signal: Signal, verdict: Verdict, others: float
) -> dict[str, float | int | str]:
    """The numbers behind a verdict."""
    found: dict[str, float | int | str] = {"kinds": ", ".join(verdict.kinds)}
    if signal.column in audited.parts:
        found |= {"auc": round(signal.strength.auc, 4), "others": round(others, 4)}
    if signal.pure.most:
        found |= {"pure_won": round(signal.pure.won, 4), "pure_lost": round(signal.pure.lost, 4)}
    if signal.gaps.rate_given or signal.gaps.rate_missing:
        found |= {
            "auc_given": round(signal.given.auc, 4),
            "missing": round(signal.gaps.missing, 4),
            "won_given": round(signal.gaps.rate_given, 4),
            "won_missing": round(signal.gaps.rate_missing, 4),
        }
    if signal.only_won:
        found |= {"only": signal.only_won.leads, "only_won": signal.only_won.won}
    if signal.later:
        found["later"] = round(signal.later, 4)
    if signal.filled_late:
        found["filled_late"] = round(signal.filled_late, 4)
    level = purest(audited, signal) if "purity" in verdict.kinds else None
    return found | (dict(zip(("level", "level_leads", "level_won"), level, strict=True)) if level else {})


def _reasons(audited: AuditInput, signal: Signal, verdict: Verdict, others: float) -> Iterator[str]:
    gaps = signal.gaps
    if "outright" in verdict.kinds:
        yield "it alone tells the outcome outright"
    if signal.only_won:
        yield _only_won_told(signal.only_won, audited.won / audited.height)
    if "strength" in verdict.kinds:
        yield _strength_told(signal, others)
    if "purity" in verdict.kinds:
        pure = signal.pure
        side, share = ("won", pure.won) if pure.won else ("lost", pure.lost)
        yield f"{share:.0%} of the {side} leads have values that hardly any other lead has"
    if "gaps" in verdict.kinds:
        yield (
            f"{gaps.rate_given:.0%} of the leads that have a value are won, "
            f"{gaps.rate_missing:.0%} of the {gaps.missing:.0%} that have none"
        )
    if "dates" in verdict.kinds:
        yield f"{signal.later:.0%} of its dates lie after the lead arrived"
    if "history" in verdict.kinds:
        yield f"its history shows that {signal.filled_late:.0%} of its values came over a day after the lead"
    if "blind" in verdict.kinds and signal.one_sided:
        yield "hardly any lead that has a value ended otherwise than the others that have one"
    if "name" in verdict.kinds or ("blind" in verdict.kinds and signal.late_name):
        yield "its name sounds like the work of sales"
    if "scorer" in verdict.kinds:
        yield "its name sounds like the output of another scorer"


def _only_won_told(found: OnlyWon, rate: float) -> str:
    who = "that have a value" if found.given else "that have another value than usual"
    all_of = f"all {found.leads}" if found.won == found.leads else f"{found.won} of the {found.leads}"
    return f"{all_of} leads {who} are won, and {rate:.0%} of all leads: chance cannot do that"


def _strength_told(signal: Signal, others: float) -> str:
    if signal.strength.auc < STRONG:
        return f"among leads that have a value it reaches AUC {signal.given.auc:.2f} by itself"
    return f"by itself it reaches AUC {signal.strength.auc:.2f}, all ordinary columns together {others:.2f}"


def purest(audited: AuditInput, signal: Signal) -> tuple[str, int, float] | None:
    """The level that tells most, if it has support: its label, its leads, its share of won."""
    if not audited.has_levels(signal.column) or signal.column not in audited.typed.columns:
        return None
    levels = (
        pl.DataFrame({"level": audited.typed[signal.column], "won": audited.outcome})
        .drop_nulls()
        .group_by("level")
        .agg(leads=pl.len(), rate=pl.col("won").mean())
        .filter(pl.col("leads") >= SUPPORT)
    )
    if levels.is_empty():
        return None
    base = audited.won / audited.height
    told = ((pl.col("rate") - base).abs() * pl.col("leads")).alias("told")
    level, leads, rate, _ = levels.with_columns(told).sort("told", "level", descending=[True, False]).row(0)
    return audited.schema[signal.column].label(level), int(leads), round(float(rate), 4)
