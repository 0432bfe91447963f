"""The line moves with the world: the cut drawn anew on recent leads, and what that changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from leadlight.errors import PolicyError
from leadlight.model.bundle import Bundle
from leadlight.model.grade import Grades
from leadlight.model.resample import Estimate

FEWEST: Final = 100
LEAST: Final = 0.1
MOST: Final = 0.5
DAYS_BETWEEN: Final = 7.0
"""A lead changes grade at most once a week because of the line."""


@dataclass(frozen=True)
class LineBounds:
    """The change of calls that is not worth a move, and the one beyond which a person decides."""

    least: float = LEAST
    most: float = MOST


@dataclass(frozen=True)
class LineSide:
    """One line on recent leads: the share called, and the precision among the decided ones."""

    line: float
    warm: float
    calls: float
    precision: Estimate


@dataclass(frozen=True)
class LineChange:
    """The line of now beside the one that recent leads ask for; `act` is keep, apply or propose."""

    old: LineSide
    new: LineSide
    regraded: float
    arrivals: int
    decided: int
    act: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class RecentLeads:
    """The margins of leads that came in lately, and of decided ones with how they ended."""

    arrivals: np.ndarray
    margin: np.ndarray
    outcome: np.ndarray


def line_change(bundle: Bundle, recent: RecentLeads, bounds: LineBounds | None = None) -> LineChange:
    """What the company's policy draws on recent leads, held against the line of now."""
    limits = bounds or LineBounds()
    now = bundle.scorer.grades
    found = moved_grades(bundle, recent)
    if found is None:
        same = _side(now, recent)
        why = f"{len(recent.outcome):,} decided leads are too few to draw the line by; {FEWEST} are needed."
        return LineChange(same, same, 0.0, len(recent.arrivals), len(recent.outcome), "keep", why)
    old, new = _side(now, recent), _side(found, recent)
    regraded = (
        float((now.apply(recent.arrivals) != found.apply(recent.arrivals)).mean())
        if len(recent.arrivals)
        else 0.0
    )
    change = abs(new.calls - old.calls) / max(old.calls, 1e-9)
    act, why = _act(change, limits)
    return LineChange(old, new, regraded, len(recent.arrivals), len(recent.outcome), act, why)


def _act(change: float, limits: LineBounds) -> tuple[str, str]:
    if change < limits.least:
        return "keep", f"The calls would change by {change:.0%}, which is less than {limits.least:.0%}."
    if change <= limits.most:
        return "apply", f"The calls change by {change:.0%}, within the bound of {limits.most:.0%}."
    return "propose", f"The calls would change by {change:.0%}, beyond the bound of {limits.most:.0%}."


def moved_grades(bundle: Bundle, recent: RecentLeads) -> Grades | None:
    """The grades that the policy gives on recent leads; none where these are too few."""
    policy = bundle.scorer.grades.policy
    decided = len(recent.outcome)
    if policy.kind == "capacity":
        if len(recent.arrivals) < FEWEST:
            return None
        rate = float(recent.outcome.mean()) if decided >= FEWEST else bundle.reference.rate
        return Grades.fit(policy, None, recent.arrivals, rate)
    if decided < FEWEST or not 0 < recent.outcome.sum() < decided:
        return None
    try:
        return Grades.fit(policy, recent.outcome, recent.margin, float(recent.outcome.mean()))
    except PolicyError:
        return None


def _side(grades: Grades, recent: RecentLeads) -> LineSide:
    called = float(grades.call(recent.arrivals).mean()) if len(recent.arrivals) else 0.0
    return LineSide(grades.line, grades.warm, called, grades.outcome(recent.outcome, recent.margin).precision)


def with_line(bundle: Bundle, change: LineChange) -> Bundle:
    """The model with the line that recent leads ask for; probabilities stay as they are."""
    now = bundle.scorer.grades
    moved = replace(now, hot=change.new.line, line=change.new.line, warm=change.new.warm)
    return bundle.with_scorer(bundle.scorer.with_grades(moved))
