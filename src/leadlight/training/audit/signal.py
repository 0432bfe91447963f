"""What one column shows about the outcome: its strength, its pure levels, its gaps, its dates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from leadlight.data import frame, names
from leadlight.training.audit.audit_input import AuditInput
from leadlight.training.audit.strength import (
    FOLDS,
    Strength,
    area,
    bound,
    folds,
    out_of_fold,
    spread,
    strength,
)

SUPPORT: Final = 20
PURE: Final = ((0.94, 20.0), (0.5, 40.0))
USUAL: Final = 0.3
RARE: Final = 0.2
EXCEPTIONS: Final = 1 / 40
CHANCE: Final = -math.log(1_000_000)
HARDLY: Final = -math.log(1_000)
FEW: Final = 8
DAY: Final = 86400.0

Bars = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Purity:
    """The share of the won, and of the lost, that sit where hardly anything else does."""

    won: float = 0.0
    lost: float = 0.0

    @property
    def most(self) -> float:
        return max(self.won, self.lost)


@dataclass(frozen=True)
class Gaps:
    """Leads with and without a value: how many lack it, and how either kind ended."""

    missing: float = 0.0
    rate_given: float = 0.0
    rate_missing: float = 0.0
    odds: float = 0.0
    error: float = math.inf
    only: Purity = field(default_factory=Purity)

    @property
    def surely(self) -> float:
        """The log-odds by which those with a value differ, at the least."""
        return max(0.0, abs(self.odds) - 2.0 * self.error)


@dataclass(frozen=True)
class OnlyWon:
    """The few leads that have a value, or another than the usual one, where hardly any was lost.

    Equal leads count once in `leads` and `won`: chance draws them once.
    """

    leads: int
    won: int
    given: bool


@dataclass(frozen=True)
class Signal:
    """All that is known of one column.

    `strength` and `given` (among leads that have a value) are judged with repeated leads in one fold;
    `alone` takes every lead for itself and says whether the column tells anything at all.
    """

    column: str
    parts: Sequence[np.ndarray] = ()
    strength: Strength = field(default_factory=Strength)
    given: Strength = field(default_factory=Strength)
    alone: Strength = field(default_factory=Strength)
    purity: Purity = field(default_factory=Purity)
    gaps: Gaps = field(default_factory=Gaps)
    later: float = 0.0
    filled_late: float = 0.0
    late_name: bool = False
    scored_name: bool = False
    only_won: OnlyWon | None = None
    one_sided: bool = False

    @property
    def pure(self) -> Purity:
        """The purest that the column shows, by its values or by where it has any."""
        return self.purity if self.purity.most else self.gaps.only


def signal(audited: AuditInput, name: str) -> Signal:
    """Look at one input column."""
    parts = audited.parts[name]
    views = [*parts, *audited.fine(name)]
    judged = [strength(part, audited.outcome, audited.fold) for part in views]
    best = max(range(len(views)), key=lambda k: judged[k].auc)
    known = ~audited.missing(name)
    score = out_of_fold(views[best], audited.outcome, audited.fold)
    return Signal(
        column=name,
        parts=parts,
        strength=judged[best],
        given=_given(score[known], audited.outcome[known]),
        alone=_alone(audited, views[best], known),
        purity=_purity(audited, name, score, known),
        gaps=gaps(known, audited.outcome),
        later=later(audited, name),
        filled_late=audited.late.get(name, 0.0),
        late_name=names.suggests_after(name),
        scored_name=names.suggests_scored(name),
        only_won=only_won(audited, name, known),
        one_sided=audited.is_blind and one_sided(audited, known),
    )


def unread(audited: AuditInput, name: str) -> Signal:
    """Look at a column that the model does not read: all it can show is where it is filled."""
    found = gaps(~audited.missing(name), audited.outcome)
    return Signal(name, gaps=found, purity=found.only, late_name=names.suggests_after(name))


def _purity(audited: AuditInput, name: str, score: np.ndarray, known: np.ndarray) -> Purity:
    if audited.has_levels(name):
        return purity(score, audited.outcome, known)
    return _beside_default(audited, name, known)


def _beside_default(audited: AuditInput, name: str, known: np.ndarray) -> Purity:
    """A number or date that is given, or other than its usual value such as 0, for one outcome only.

    The ends of a smooth effect may be pure as well: they are no evidence.
    """
    given = gaps(known, audited.outcome).only
    if audited.schema[name].kind != "number" or name not in audited.typed.columns:
        return given
    values = audited.typed[name].to_numpy()
    levels, seen = np.unique(values[known], return_counts=True)
    if not len(levels) or seen.max() < USUAL * len(values):
        return given
    other = gaps(known & (values != levels[seen.argmax()]), audited.outcome).only
    return other if other.most > given.most else given


def only_won(audited: AuditInput, name: str, known: np.ndarray) -> OnlyWon | None:
    """Whether hardly any of the few that stand out was lost, beyond a million to one against chance."""
    views = [(known, True)]
    if name in audited.typed.columns:
        values = audited.typed[name]
        usual = values.drop_nulls().mode().sort()
        if len(usual):
            views.append((known & (values != usual[0]).fill_null(False).to_numpy(), False))
    found = (_beyond_chance(audited, rows, given) for rows, given in views if 0 < rows.mean() <= RARE)
    return next((each for each in found if each is not None), None)


def one_sided(audited: AuditInput, known: np.ndarray) -> bool:
    """Whether those with a value, or those without one, ended one way as chance hardly does."""
    rate = audited.won / audited.height
    for rows in (known, ~known):
        leads, won = int(rows.sum()), int(audited.outcome[rows].sum())
        rarer = min(won, leads - won)
        share = rate if won > leads - won else 1.0 - rate
        odds = (leads - rarer) * math.log(share) + math.log(math.comb(leads, rarer))
        if FEW <= leads < audited.height and rarer <= EXCEPTIONS * leads and odds < HARDLY:
            return True
    return False


def _beyond_chance(audited: AuditInput, rows: np.ndarray, given: bool) -> OnlyWon | None:
    first = np.unique(audited.groups[rows], return_index=True)[1]
    leads, won = len(first), int(audited.outcome[rows][first].sum())
    lost, rate = leads - won, audited.won / audited.height
    if leads < SUPPORT or lost > EXCEPTIONS * leads:
        return None
    odds = math.log(math.comb(leads, lost)) + won * math.log(rate) + lost * math.log1p(-rate)
    return OnlyWon(leads, won, given) if odds < CHANCE else None


def _alone(audited: AuditInput, codes: np.ndarray, known: np.ndarray) -> Strength:
    score = out_of_fold(codes, audited.outcome, folds(np.arange(audited.height), FOLDS))
    everyone = np.ones(audited.height, dtype=bool)
    either = [_given(score[rows], audited.outcome[rows]) for rows in (known, everyone)]
    return max(either, key=lambda each: each.auc)


def _given(score: np.ndarray, outcome: np.ndarray) -> Strength:
    """How well the values tell the outcome among those who have one."""
    won, lost = float(outcome.sum()), float(len(outcome) - outcome.sum())
    if min(won, lost) < SUPPORT / 2:
        return Strength()
    auc = area(outcome, score)
    return Strength(auc, spread(auc, won, lost))


def purity(score: np.ndarray, outcome: np.ndarray, among: np.ndarray, bars: Bars = PURE[:1]) -> Purity:
    """How much of each outcome the purest rows hold, purest by what the other folds say."""
    won, lost = float(outcome.sum()), float(len(outcome) - outcome.sum())
    score, outcome = score[among], outcome[among]
    return Purity(_covered(-score, outcome, won, lost, bars), _covered(score, 1.0 - outcome, lost, won, bars))


def _covered(order: np.ndarray, hits: np.ndarray, total: float, others: float, bars: Bars) -> float:
    """The share of all hits in the first rows, as long as these hold hardly anything else.

    A bar is the least share of hits in them, and how much likelier a hit is than another to be there.
    """
    if not len(order) or not total or not others:
        return 0.0
    _, place = np.unique(order, return_inverse=True)
    seen = np.cumsum(np.bincount(place))
    hit = np.cumsum(np.bincount(place, hits))
    least = bound(hit, seen)
    likelier = least / np.maximum(1.0 - least, 1e-9) * others / total
    pure = np.any([(least >= share) & (likelier >= times) for share, times in bars], axis=0)
    pure &= seen >= SUPPORT
    return float(hit[pure].max(initial=0.0) / total)


def gaps(known: np.ndarray, outcome: np.ndarray) -> Gaps:
    """How leads with a value ended, against those without."""
    given, missing = outcome[known], outcome[~known]
    if min(len(given), len(missing)) < SUPPORT:
        return Gaps(missing=float((~known).mean()))
    won, lost = (given.sum(), missing.sum()), (len(given) - given.sum(), len(missing) - missing.sum())
    cells = np.array([won, lost]) + 0.5
    only = purity(np.zeros(len(known)), outcome, known, PURE)
    return Gaps(
        missing=float((~known).mean()),
        rate_given=float(given.mean()),
        rate_missing=float(missing.mean()),
        odds=float(np.log(cells[0, 0] * cells[1, 1] / (cells[0, 1] * cells[1, 0]))),
        error=float(np.sqrt((1.0 / cells).sum())),
        only=only,
    )


def later(audited: AuditInput, name: str) -> float:
    """The share of a column's dates that lie after the lead arrived."""
    if audited.moment is None or name not in audited.typed.columns or audited.schema[name].kind != "date":
        return 0.0
    gap = frame.seconds(audited.typed[name]) - audited.moment
    known = gap[~np.isnan(gap)]
    return float((known > DAY).mean()) if len(known) >= SUPPORT else 0.0
