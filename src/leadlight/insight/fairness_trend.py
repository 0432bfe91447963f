"""How a model treats the groups of a sensitive column by month: who is called, and who of the called buys."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.data.finding import Finding
from leadlight.insight.explore.counts import LEAST, Grouping, share
from leadlight.insight.share_gap import tail

MONTHS: Final = 12
RECENT: Final = 3
JUDGED: Final = 50
FALSE_ALARMS: Final = 1 / 500
"""How often all groups of a look together give a false alarm."""
MATTERS: Final = {"called": 0.05, "bought": 0.1}
SAID: Final = {"called": "are called", "bought": "buy once called"}


@dataclass(frozen=True)
class MonthShare:
    """A group in one month: how many leads stand behind a share, and the share with its interval.

    The share is none where fewer than 20 do.
    """

    month: str
    leads: int
    value: float | None
    low: float | None
    high: float | None

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class GroupTrend:
    """A group of a sensitive column: the share called of its leads, the share that bought of those called."""

    group: str
    leads: int
    called: tuple[MonthShare, ...]
    bought: tuple[MonthShare, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "leads": self.leads,
            "called": [each.to_json() for each in self.called],
            "bought": [each.to_json() for each in self.bought],
        }


@dataclass(frozen=True)
class FairnessTrend:
    """A sensitive column, its groups of 20 leads or more by month, and what moved between them."""

    column: str
    months: tuple[str, ...]
    groups: tuple[GroupTrend, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "months": list(self.months),
            "groups": [each.to_json() for each in self.groups],
        }


@dataclass(frozen=True, eq=False)
class TreatedLeads:
    """Leads by month of arrival: whether each is above the line, and bought (nan: nobody can say yet)."""

    month: np.ndarray
    call: np.ndarray
    bought: np.ndarray

    def counted(self, measure: str) -> tuple[np.ndarray, np.ndarray]:
        """Which leads a measure counts, and of which of them it is true."""
        if measure == "called":
            return np.ones(len(self.call), dtype=bool), self.call
        return self.call & ~np.isnan(self.bought), self.bought == 1.0


def fairness_trends(leads: TreatedLeads, columns: Mapping[str, Grouping]) -> tuple[FairnessTrend, ...]:
    """Every column that has two groups of 20 leads or more, over the last twelve months that have leads."""
    months = np.unique(leads.month)[-MONTHS:]
    named = {name: list(_among(found)) for name, found in columns.items()}
    named = {name: groups for name, groups in named.items() if len(groups) > 1}
    tests = len(MATTERS) * sum(map(len, named.values()))
    level = FALSE_ALARMS / max(tests, 1)
    return tuple(
        FairnessTrend(
            name,
            tuple(map(str, months)),
            tuple(_trend(leads, label, among, months) for label, among in groups),
            tuple(_moved(leads, name, groups, months, level)),
        )
        for name, groups in named.items()
    )


def _among(found: Grouping) -> Iterator[tuple[str, np.ndarray]]:
    for number, label in enumerate(found.labels):
        among = found.number == number
        if among.sum() >= LEAST:
            yield label, among


def _trend(leads: TreatedLeads, label: str, among: np.ndarray, months: np.ndarray) -> GroupTrend:
    shares = {}
    for measure in MATTERS:
        counts, hits = leads.counted(measure)
        rows = [among & counts & (leads.month == month) for month in months]
        told = [
            (str(month), int(each.sum()), int(hits[each].sum()))
            for month, each in zip(months, rows, strict=True)
        ]
        shares[measure] = tuple(MonthShare(month, count, *share(hit, count)) for month, count, hit in told)
    return GroupTrend(label, int(among.sum()), shares["called"], shares["bought"])


def _moved(
    leads: TreatedLeads,
    column: str,
    groups: Sequence[tuple[str, np.ndarray]],
    months: np.ndarray,
    level: float,
) -> Iterator[Finding]:
    """The groups that stand farther from all others than before: beyond chance, and by enough to matter."""
    for measure, least in MATTERS.items():
        counts, hits = leads.counted(measure)
        for label, among in groups:
            gaps = _gaps(among & counts, ~among & counts, hits, leads.month, months)
            if gaps is None:
                continue
            before, now, spread = gaps
            chance = 2 * tail(abs(now - before) / max(spread, 1e-9))
            if chance < level and abs(now) - abs(before) >= least:
                yield _alarm(column, label, measure, before, now)


def _gaps(
    one: np.ndarray, other: np.ndarray, hits: np.ndarray, month: np.ndarray, months: np.ndarray
) -> tuple[float, float, float] | None:
    """How far a group is from the others: before, of late, and the spread of the change; none if too few.

    Months differ by more than the luck of their leads, so that their own wobble counts as well.
    """
    start = _recent(one, other, month, months)
    if start is None:
        return None
    late = month >= start
    counted = np.isin(month, months)
    before, doubt_before = _gap(one & ~late & counted, other & ~late & counted, hits)
    now, doubt_now = _gap(one & late, other & late, hits)
    earlier = [each for each in months if each < start]
    by_month = [
        _gap(one & (month == each), other & (month == each), hits)
        for each in earlier
        if min((one & (month == each)).sum(), (other & (month == each)).sum()) >= LEAST
    ]
    wobble = 0.0
    if len(by_month) > 1:
        luck = float(np.mean([doubt for _, doubt in by_month]))
        wobble = max(0.0, float(np.var([gap for gap, _ in by_month], ddof=1)) - luck)
    return before, now, math.sqrt(doubt_before + doubt_now + wobble)


def _recent(one: np.ndarray, other: np.ndarray, month: np.ndarray, months: np.ndarray) -> Any:
    """The first of the newest months, at most three, that together hold enough leads of either side."""
    for start in months[::-1][:RECENT]:
        late, early = month >= start, (month < start) & (month >= months[0])
        if min((one & late).sum(), (other & late).sum()) >= JUDGED:
            enough = min((one & early).sum(), (other & early).sum()) >= JUDGED
            return start if enough else None
    return None


def _gap(one: np.ndarray, other: np.ndarray, hits: np.ndarray) -> tuple[float, float]:
    """The difference of two shares, and its variance; a share is never taken for quite sure."""
    total, doubt = 0.0, 0.0
    for rows, sign in ((one, 1.0), (other, -1.0)):
        count, hit = float(rows.sum()), float(hits[rows].sum())
        careful = (hit + 1.0) / (count + 2.0)
        total += sign * hit / count
        doubt += careful * (1.0 - careful) / count
    return total, doubt


def _alarm(column: str, label: str, measure: str, before: float, now: float) -> Finding:
    where = "more" if now > 0 else "less"
    message = (
        f"{column} = {label}: leads {SAID[measure]} {100 * abs(now):.0f} points {where} often than the others"
        f" of late; before it was {100 * before:+.0f} points."
    )
    step = "Look at the page Health: which months, and which columns moved for this group."
    evidence: dict[str, float | int | str] = {
        "group": label,
        "measure": measure,
        "before": round(before, 4),
        "now": round(now, 4),
    }
    return Finding("fairness_moved", "alarm", column, message, step, evidence)
