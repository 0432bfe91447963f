"""Grades and the line: what a policy makes of margins, and what it would have given.

A cut is a margin, so that every surface grades alike. The line, from which a lead is called, is where hot
begins. Warm never begins above hot: where half the base rate is above the line (a policy that calls nearly
everyone), warm begins at the line as well, and no lead is warm.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadlight.errors import BundleError, PolicyError
from leadlight.model import metrics
from leadlight.model.metrics import Floats
from leadlight.model.policy import Policy
from leadlight.model.polyline import number
from leadlight.model.probability import FARTHEST, probability
from leadlight.model.repeats import Repeats
from leadlight.model.resample import Estimate

__all__ = ["GradeOutcome", "Grades", "Policy", "PolicyOutcome", "margin_at", "rank"]

LEAST_ROWS = 20
_ALIKE = 1e-12


@dataclass(frozen=True)
class GradeOutcome:
    """What became of the leads of one grade; the rate with Wilson's 90 % interval."""

    name: str
    leads: int
    conversions: int
    share: float
    rate: Estimate


@dataclass(frozen=True)
class PolicyOutcome:
    """What a policy would have given on leads whose outcome is known; intervals are Wilson's, 90 %."""

    leads: int
    conversions: int
    calls: int
    called_conversions: int
    precision: Estimate
    recall: Estimate
    value: float | None
    grades: tuple[GradeOutcome, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data; a grade with fewer than 20 leads tells its name alone."""
        return {**asdict(self), "grades": [_told(grade) for grade in self.grades]}


@dataclass(frozen=True)
class Grades:
    """Cuts on the margin and the policy that they come from."""

    hot: float
    warm: float
    line: float
    policy: Policy

    @classmethod
    def fit(
        cls,
        policy: Policy,
        y: ArrayLike | None,
        margin: ArrayLike,
        base_rate: float | None = None,
    ) -> Grades:
        """From calibrated margins that the model did not learn from (out of fold), and their outcomes.

        Capacity asks for no outcomes: give it the margins of all leads as they arrive.
        """
        outcome = None if y is None else metrics.flags(y)
        place = np.asarray(margin, dtype=np.float64)
        if base_rate is None:
            base_rate = (
                float(np.mean(probability(place) if outcome is None else outcome)) if place.size else 0.0
            )
        line = _line(policy, outcome, place)
        warm = margin_at(policy.numbers.get("warm", base_rate / 2))
        return cls(line, min(warm, line), line, policy)

    @classmethod
    def nearest(cls, policy: Policy, y: ArrayLike, margin: ArrayLike, base_rate: float) -> Grades:
        """For a model that is only compared: where it cannot do what the policy asks, a line of its own."""
        try:
            return cls.fit(policy, y, margin, base_rate)
        except PolicyError:
            return cls.fit(Policy(), y, margin, base_rate)

    @property
    def names(self) -> tuple[str, str, str]:
        return self.policy.names

    def apply(self, margin: Floats) -> NDArray[np.uint8]:
        """0, 1 or 2: the place of each lead's grade in `names`."""
        return (margin < self.hot).astype(np.uint8) + (margin < self.warm)

    def name(self, margin: float) -> str:
        """One lead's grade."""
        return self.names[(margin < self.hot) + (margin < self.warm)]

    def call(self, margin: Floats) -> NDArray[np.bool_]:
        """Whether each lead is on the upper side of the line."""
        return np.asarray(margin >= self.line)

    def outcome(self, y: ArrayLike, margin: ArrayLike, repeats: Repeats | None = None) -> PolicyOutcome:
        """What it would have given on these leads; all differ unless it is said how they repeat."""
        outcome, place = metrics.flags(y), np.asarray(margin, dtype=np.float64)
        doubt = Repeats.of(outcome, None) if repeats is None else repeats
        called, codes = self.call(place), self.apply(place)
        calls, hits, conversions = int(called.sum()), int((called & outcome).sum()), int(outcome.sum())
        return PolicyOutcome(
            leads=len(outcome),
            conversions=conversions,
            calls=calls,
            called_conversions=hits,
            precision=_share(hits, calls, doubt.among(called).rate_interval(hits)),
            recall=_share(hits, conversions, doubt.share_interval(called, hits, conversions)),
            value=self._value(hits, calls),
            grades=tuple(
                _graded(name, outcome[codes == code], len(outcome), doubt.among(codes == code))
                for code, name in enumerate(self.names)
            ),
        )

    def _value(self, hits: int, calls: int) -> float | None:
        if self.policy.kind != "value":
            return None
        return hits * self.policy.numbers["deal_value"] - calls * self.policy.numbers["call_cost"]

    def to_json(self) -> dict[str, Any]:
        return {"hot": self.hot, "warm": self.warm, "line": self.line, "policy": self.policy.to_json()}

    @classmethod
    def from_json(cls, plain: Any) -> Grades:
        """Refuses what `to_json` could not have written."""
        if not isinstance(plain, dict):
            raise BundleError("The grades must be an object.")
        hot, warm, line = (number(plain.get(key), key) for key in ("hot", "warm", "line"))
        if warm > hot:
            raise BundleError("Warm must not begin above hot.")
        return cls(hot, warm, line, Policy.from_json(plain.get("policy")))


def rank(margin: ArrayLike, identities: ArrayLike | None = None) -> NDArray[np.intp]:
    """The rows, best first: by margin, then by id as text, then in the order given."""
    place = np.asarray(margin, dtype=np.float64)
    order = np.argsort(-place, kind="stable")
    ranked = place[order]
    tied = np.append(False, ranked[1:] == ranked[:-1])
    if identities is None or not tied.any():
        return order
    tied[:-1] |= tied[1:]
    among = order[tied]
    names = np.asarray(identities)[among].astype(np.str_)
    order[tied] = among[np.lexsort((names, -place[among]))]
    return order


def margin_at(share: float) -> float:
    """The least margin whose probability is at least this, to the last bit."""
    low, high = -FARTHEST, FARTHEST
    while low < (middle := low + (high - low) / 2) < high:
        if probability(middle) >= share:
            high = middle
        else:
            low = middle
    return high if probability(low) < share else low


def _line(policy: Policy, y: NDArray[np.bool_] | None, margin: Floats) -> float:
    numbers = policy.numbers
    if policy.kind == "cuts":
        return margin_at(numbers["hot"])
    if policy.kind == "value":
        return margin_at(math.nextafter(numbers["call_cost"] / numbers["deal_value"], 1.0))
    if not margin.size:
        raise PolicyError(f"The policy '{policy.kind}' has to be set on leads, and there are none.")
    if policy.kind == "capacity":
        return _capacity_line(margin, numbers["calls"] / numbers["arrivals"])
    if y is None:
        raise PolicyError(f"The policy '{policy.kind}' has to be set on leads whose outcome is known.")
    if policy.kind == "precision":
        return _precision_line(y, margin, numbers["precision"])
    return metrics.meeting_point(y, margin)


def _capacity_line(margin: Floats, share: float) -> float:
    """The lowest cut that calls no larger share; where even the best tie is larger, that tie."""
    if share >= 1.0:
        return -FARTHEST
    places, counts = np.unique(margin, return_counts=True)
    called = np.cumsum(counts[::-1])[::-1]
    fits = np.flatnonzero(called <= share * len(margin) + _ALIKE)
    return metrics.cut_above(places, int(fits[0]) if fits.size else len(places) - 1)


def _precision_line(y: NDArray[np.bool_], margin: Floats, precision: float) -> float:
    """The lowest cut with this precision among at least 20 called, seen and foreseen.

    Foreseen is the precision with 20 leads added that convert as their probabilities say: a lucky top group
    does not set the line, and with many calls it makes no difference.
    """
    places, positive, negative = metrics.steps(y, margin)
    calls, hits = (np.cumsum(each[::-1])[::-1] for each in (positive + negative, positive))
    expected = np.cumsum(((positive + negative) * probability(places))[::-1])[::-1]
    seen = hits / calls
    surely = np.minimum(seen, (hits + LEAST_ROWS * expected / calls) / (calls + LEAST_ROWS))
    surely[calls < LEAST_ROWS] = -1.0
    enough = np.flatnonzero(surely >= precision - _ALIKE)
    if enough.size:
        return metrics.cut_above(places, int(enough[0]))
    raise _out_of_reach(precision, surely, calls)


def _out_of_reach(precision: float, surely: Floats, calls: Floats) -> PolicyError:
    best = int(np.argmax(surely))
    if surely[best] < 0:
        return PolicyError(f"A precision needs at least {LEAST_ROWS} leads whose outcome is known.")
    most = math.floor(surely[best] * 100) / 100
    return PolicyError(
        f"No line gives a precision of {precision:g} among at least {LEAST_ROWS} called: "
        f"the best to be had is {most:.2f}, with {int(calls[best]):,} of {int(calls[0]):,} leads called.",
        code="precision_out_of_reach",
        hint=f"Ask for a precision of {most:.2f} or less.",
    )


def _share(hits: int, rows: int, interval: tuple[float, float]) -> Estimate:
    return Estimate(hits / rows, *interval) if rows else Estimate(None, None, None)


def _graded(name: str, outcome: NDArray[np.bool_], total: int, doubt: Repeats) -> GradeOutcome:
    leads, conversions = len(outcome), int(outcome.sum())
    rate = _share(conversions, leads, doubt.rate_interval(conversions))
    return GradeOutcome(name, leads, conversions, leads / total if total else 0.0, rate)


def _told(grade: GradeOutcome) -> dict[str, Any]:
    plain = asdict(grade)
    if grade.leads >= LEAST_ROWS:
        return plain
    return {
        "name": grade.name,
        "leads": None,
        "conversions": None,
        "share": None,
        "rate": asdict(Estimate(None, None, None)),
    }
