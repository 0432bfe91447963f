"""What a list is worth: revenue, the next call, how many calls keep a promise, what a team takes a day.

All of it is told of open leads that may be called, best first; every figure has the interval that holds it
nine times in ten.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.errors import PolicyError
from leadlight.insight.deal_values import DealValues
from leadlight.insight.expected import Chances, Expected, Money, expected_revenue
from leadlight.insight.wording import counted, money, money_with_span, percent, with_span
from leadlight.model.metrics import NINETY
from leadlight.model.scorer import Scorer, Scores

LEAST: Final = 20
GOAL: Final = 0.8
SURELY: Final = 1.2815515655446004
"""A normal variable is above minus so many standard deviations nine times in ten."""
DAYS: Final[Mapping[str, int]] = {"day": 1, "week": 5, "month": 21}
"""Working days."""
_NOTHING: Final = 1e-9


@dataclass(frozen=True)
class PlanTerms:
    """What a call costs, which share of the called should buy, how fast leads come.

    `calls` (else what the list has room for) and `arrivals` are for the time that `per` names; `shares` is
    which part of new leads has each grade.
    """

    call_cost: float = 0.0
    goal: float = GOAL
    per: str = "week"
    arrivals: float | None = None
    calls: float | None = None
    shares: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.goal < 1.0:
            raise PolicyError("The goal is a share between 0 and 1.", code="goal", hint="Such as 0.8.")
        if self.per not in DAYS:
            raise PolicyError("Capacity is for a day, a week or a month.", code="per")
        if not 0.0 <= self.call_cost < 1e12:
            raise PolicyError("What a call costs is a number from 0 on.", code="call_cost")


@dataclass(frozen=True)
class NextCall:
    """The best lead that is not on the list: its chance, what calling it would bring, and the cost of it."""

    probability: float
    low: float
    high: float
    value: float | None
    value_low: float | None
    value_high: float | None
    cost: float

    @property
    def sentence(self) -> str:
        chance = f"One more call: a chance of {with_span(self.probability, self.low, self.high)}"
        if self.value is None:
            return f"{chance}."
        worth = money_with_span(self.value, self.value_low, self.value_high)
        if not self.cost:
            return f"{chance}, worth {worth}."
        pays = "it pays" if self.value > self.cost else "it does not pay"
        return f"{chance}, worth {worth} for a cost of {money(self.cost)}: {pays}."


@dataclass(frozen=True)
class GoalReach:
    """How many of the best leads can be called so that the goal's share of them buys.

    `even` keeps it as often as not, `sure` nine times in ten; none where not even the best twenty do.
    `chance` is how likely the whole list keeps it.
    """

    goal: float
    even: int | None
    sure: int | None
    best: float | None
    chance: float | None

    @property
    def sentence(self) -> str:
        wanted = f"{percent(self.goal)} of the called are to buy"
        if self.best is None:
            return f"If {wanted}: too few leads to say ({LEAST} are needed)."
        if self.even is None:
            return f"If {wanted}: not to be had; of the best {LEAST}, {percent(self.best)} are expected to."
        told = f"If {wanted}: call the best {self.even:,}, and it holds as often as not"
        surely = "no number of calls holds nine times in ten"
        if self.sure is not None:
            surely = f"the best {self.sure:,}, and it holds nine times in ten"
        listed = (
            ""
            if self.chance is None
            else f" The whole list keeps it with a chance of {percent(self.chance)}."
        )
        return f"{told}; {surely}.{listed}"


@dataclass(frozen=True)
class DayShare:
    """What a team takes from one grade: those that wait, from one day to another, and `new` ones every day.

    On such a day `calls` go to it; `expected` and `revenue` are what these bring.
    """

    grade: str
    open: int
    new: float
    first_day: int | None
    last_day: int | None
    calls: float
    expected: Expected | None
    revenue: Money | None


@dataclass(frozen=True)
class TeamDay:
    """A day of the whole team: so many calls, grade by grade, best first."""

    calls: float
    callers: int | None
    needed: int | None
    """So many callers would reach every new lead of the best grade on the day on which it comes."""
    shares: tuple[DayShare, ...]


@dataclass(frozen=True)
class PlanMoney:
    """What the list is worth; revenue is none where nobody knows what a deal is worth."""

    revenue: Money | None
    cost: float
    next_call: NextCall | None
    goal: GoalReach
    day: TeamDay | None = None
    notes: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        told = []
        if self.revenue is not None:
            found = self.revenue
            cost = f", for calls that cost {money(self.cost)}" if self.cost else ""
            told.append(f"Expected revenue: {money_with_span(found.total, found.low, found.high)}{cost}.")
        told += [] if self.next_call is None else [self.next_call.sentence]
        return (*told, self.goal.sentence, *self.notes)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "sentences": list(self.sentences)}


def plan_money(
    chances: Chances,
    values: DealValues,
    listed: int,
    terms: PlanTerms,
    grades: tuple[Sequence[str], NDArray[np.uint8]],
    team: tuple[float | None, int | None] = (None, None),
) -> PlanMoney:
    """Of leads that may be called, best first, of which the first `listed` are on the list.

    `grades` are the names and the place of each lead's own; `team` is how many calls there is
    room for, and how many people make them.
    """
    head = slice(0, listed)
    is_priced = values.are_known
    room, callers = team
    capacity = room if terms.calls is None else terms.calls
    return PlanMoney(
        revenue=expected_revenue(chances.among(head), values.among(head)) if is_priced else None,
        cost=terms.call_cost * listed,
        next_call=_next_call(chances, values, listed, terms.call_cost),
        goal=_reach(chances, listed, terms.goal),
        day=None
        if capacity is None
        else _day(chances, values, terms, grades, capacity / DAYS[terms.per], callers),
        notes=_notes(values),
    )


def _notes(values: DealValues) -> tuple[str, ...]:
    if values.are_known and values.guessed.any():
        leads = counted(int(values.guessed.sum()), "open lead")
        return (f"{leads} without a value: counted as the average won deal.",)
    if values.are_known and (untold := int(np.isnan(values.worth).sum())):
        return (
            f"{counted(untold, 'open lead')} without a value: counted as nothing. --deal-value says one.",
        )
    return ()


def _next_call(chances: Chances, values: DealValues, listed: int, cost: float) -> NextCall | None:
    if listed >= len(chances.margin):
        return None
    shares = [float(each[listed]) for each in (chances.probability, chances.lower, chances.upper)]
    worth = float(values.worth[listed])
    own = [None] * 3 if math.isnan(worth) else [share * worth for share in shares]
    return NextCall(shares[0], shares[1], shares[2], own[0], own[1], own[2], cost)


def _reach(chances: Chances, listed: int, goal: float) -> GoalReach:
    """Luck and unsure rates as for what is expected of a list, but from one side."""
    share = chances.probability
    calls = np.arange(1, len(share) + 1)
    if len(share) < LEAST:
        return GoalReach(goal, None, None, None, None)
    over = np.cumsum(share) - goal * calls
    luck = np.cumsum(share * (1.0 - share))
    doubt = np.cumsum(share - chances.lower) / NINETY
    deviations = over / np.sqrt(np.maximum(luck + doubt**2, 1e-12))
    best = float(share[:LEAST].mean())
    chance = None if listed < LEAST else 0.5 * math.erfc(-float(deviations[listed - 1]) / math.sqrt(2.0))
    return GoalReach(goal, _furthest(over >= 0.0), _furthest(deviations >= SURELY), best, chance)


def _furthest(holds: NDArray[np.bool_]) -> int | None:
    """The largest number of calls for which it holds, of at least twenty."""
    places = np.flatnonzero(holds[LEAST - 1 :])
    return int(places[-1]) + LEAST if len(places) else None


def _day(
    chances: Chances,
    values: DealValues,
    terms: PlanTerms,
    grades: tuple[Sequence[str], NDArray[np.uint8]],
    calls: float,
    callers: int | None,
) -> TeamDay:
    """The best grade first: those that came that day, then those that wait; what is left goes to the next.

    While better ones are called, new leads of the other grades join those that wait.
    """
    names, place = grades
    coming = (terms.arrivals or 0.0) / DAYS[terms.per]
    shares = terms.shares or tuple(0.0 for _ in names)
    made, left, day = [], calls, 1.0
    for number, name in enumerate(names):
        own, new = place == number, coming * shares[number]
        spare = max(left - new, 0.0)
        waiting = float(own.sum()) + (new * (day - 1.0) if math.isfinite(day) else 0.0)
        ends, after = _turn(day, waiting, spare)
        taken = min(left, new + waiting) if math.isfinite(day) else 0.0
        made.append(_share(name, chances.among(own), values.among(own), new, ends, taken))
        left, day = spare, after
    needed = None
    if callers and terms.arrivals and calls:
        needed = math.ceil(coming * shares[0] / (calls / callers) - 1e-9)
    return TeamDay(calls, callers, needed, tuple(made))


def _turn(day: float, waiting: float, spare: float) -> tuple[tuple[int | None, int | None], float]:
    """From which day to which those that wait are called, and when the next grade's turn begins."""
    if not waiting:
        return (None, None), day
    if not math.isfinite(day) or spare <= _NOTHING:
        return (None, None), math.inf
    after = day + waiting / spare
    return (int(day), max(math.ceil(after - _NOTHING) - 1, int(day))), after


def _share(
    name: str,
    chances: Chances,
    values: DealValues,
    new: float,
    ends: tuple[int | None, int | None],
    calls: float,
) -> DayShare:
    """Of a day that goes to this grade."""
    count = len(chances.margin)
    some = count > 0 and calls > 0
    return DayShare(
        grade=name,
        open=count,
        new=new,
        first_day=ends[0],
        last_day=ends[1],
        calls=calls,
        expected=_expected_of_calls(chances, calls) if some else None,
        revenue=_revenue_of_calls(chances, values, calls) if some and values.are_known else None,
    )


def _expected_of_calls(chances: Chances, calls: float) -> Expected:
    """If so many leads like these are called, whichever they are."""
    share = float(chances.probability.mean())
    luck = NINETY**2 * calls * share * (1.0 - share)
    below, above = (calls * (float(end.mean()) - share) for end in (chances.lower, chances.upper))
    total = calls * share
    return Expected(
        round(calls),
        total,
        max(total - math.sqrt(luck + below**2), 0.0),
        min(total + math.sqrt(luck + above**2), calls),
    )


def _revenue_of_calls(chances: Chances, values: DealValues, calls: float) -> Money:
    share, worth = chances.probability, values.or_nothing
    mean = float((share * worth).mean())
    luck = NINETY**2 * calls * (float((share * (values.spread**2 + worth**2)).mean()) - mean**2)
    price = NINETY * values.error * calls * float((share * values.guessed).mean())
    below, above = (calls * float(((end - share) * worth).mean()) for end in (chances.lower, chances.upper))
    total = calls * mean
    return Money(
        total,
        max(total - math.sqrt(luck + price**2 + below**2), 0.0),
        total + math.sqrt(luck + price**2 + above**2),
        int(np.count_nonzero(worth > 0)),
    )


def terms_among(terms: PlanTerms, scorer: Scorer, raw: pl.DataFrame, at: float | None = None) -> PlanTerms:
    """New leads are taken to have the grades of all that are known, decided and open."""
    if terms.arrivals is None or not raw.height:
        return terms
    return terms_by_grade(terms, scorer.score(raw, at))


def terms_by_grade(terms: PlanTerms, scores: Scores) -> PlanTerms:
    """New leads are taken to have the grades of those that have these scores."""
    if terms.arrivals is None or not len(scores.grade):
        return terms
    counts = np.bincount(scores.grade, minlength=len(scores.names))
    return replace(terms, shares=tuple((counts / len(scores.grade)).tolist()))
