"""What to do next: recommendations made of figures that stand elsewhere, ranked by the money to expect.

Nothing is advised that chance could have brought: by luck alone they are wrong one time in a hundred.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from leadlight.data.logs import Log
from leadlight.errors import LeadlightError
from leadlight.insight import channels
from leadlight.insight.adjusted import RateDifference, adjusted
from leadlight.insight.channels import Channels
from leadlight.insight.first_hours import FirstHours
from leadlight.insight.followup import FollowUp, follow_up
from leadlight.insight.history import DAY, History
from leadlight.insight.ratio import Ratio
from leadlight.insight.wording import counted, hours, money, money_with_span, points, quoted, whole

DAYS: Final = 30.0
LATELY: Final = 90.0
WRONG: Final = 0.01
KINDS: Final = 4
"""How many kinds of advice are looked for, each with its part of the chance to be wrong."""
WEEK: Final = 7.0 * 24.0
POWER: Final = 0.8


@dataclass(frozen=True)
class Advice:
    """One thing to do: what it would be expected to bring in thirty days, why, and how to test it.

    `gain` is money where the worth of a deal is known, else customers.
    """

    kind: str
    title: str
    gain: float
    low: float
    high: float
    is_money: bool
    evidence: str
    test: str
    page: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Advised:
    """The advice, the most money first, and what could not be looked at."""

    rows: tuple[Advice, ...]
    unseen: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {"advice": [row.to_json() for row in self.rows], "unseen": list(self.unseen)}


def advise_on(history: History, spend: Log | None, deal_value: float | None = None) -> Advised:
    """The advice that leads and spend allow; what cannot be looked at is left out and told."""
    follow = follow_up(history) if history.contacts.height else None
    return advise(history, _channels(history, spend, deal_value), follow, deal_value)


def _channels(history: History, spend: Log | None, deal_value: float | None) -> Channels | None:
    if spend is None:
        return None
    try:
        column = channels.chosen(history, None, spend)
        return channels.by_value(history, column, spend=spend, deal_value=deal_value)
    except LeadlightError:
        return None


def advise(
    history: History,
    paid: Channels | None,
    follow: FollowUp | None,
    deal_value: float | None = None,
) -> Advised:
    """What the figures say with enough certainty; nothing where they say nothing."""
    worth = _worth(history, deal_value)
    found: list[Advice | None] = []
    if follow is not None:
        found += [contact_sooner(history, follow, worth), call_the_waiting(history, follow, worth)]
    if paid is not None:
        found += [move_money(paid), stop_spending(paid)]
    rows = sorted((each for each in found if each is not None), key=lambda each: (-each.is_money, -each.gain))
    unseen = [] if follow is not None else ["No contacts are known: nothing is said of the follow-up."]
    if paid is None or paid.spending is None:
        unseen.append("No spend is known: nothing is said of what channels cost.")
    if worth is None:
        unseen.append("The worth of a deal is not known: gains are customers, not money.")
    return Advised(tuple(rows), tuple(unseen))


def contact_sooner(history: History, found: FollowUp, worth: float | None) -> Advice | None:
    """Contact new leads within the hours: as many more customers as late leads times the difference."""
    effect = found.effect
    if effect is None or not _is_sure(effect.difference):
        return None
    recent = (history.arrival > history.at - LATELY * DAY) & (history.arrival <= history.at)
    spent = (history.first_contact - history.arrival) / 3_600.0
    old_enough = recent & (history.at - history.arrival > effect.within * 3_600.0)
    span = max(min(LATELY, _days(history)), 1.0)
    late = float((old_enough & ~(spent <= effect.within)).sum()) / span * DAYS
    told, limit = effect.difference, hours(effect.within)
    return _advice(
        "contact_sooner",
        f"Contact new leads within {limit}.",
        told,
        late,
        worth,
        f"{whole(late)} leads in thirty days are contacted later or never. Leads of the same score bought "
        f"{points(told.value, told.low, told.high)} points oftener when they were contacted within {limit} "
        f"({whole(effect.quick)} against {whole(effect.slower)} leads). Adjusted, and no experiment.",
        _trial(
            f"contact every second new lead, within {limit} and the others as now",
            _base_rate(found),
            told.value,
        ),
        "/followup",
    )


def call_the_waiting(history: History, found: FollowUp, worth: float | None) -> Advice | None:
    """Contact the open leads that nobody contacted: as many more as the worth of any contact says."""
    waiting = found.cold.never
    told = worth_of_contact(history) if waiting else None
    if told is None or not _is_sure(told):
        return None
    return _advice(
        "call_the_waiting",
        f"Call the {counted(waiting, 'open lead')} that nobody has contacted.",
        told,
        float(waiting),
        worth,
        f"Leads of the same score bought {points(told.value, told.low, told.high)} points oftener when they "
        "were contacted within a week than later or never. Adjusted, and no experiment.",
        _trial(
            "draw lots, call one half this week and the other later",
            _base_rate(found),
            told.value,
        ),
        "/followup",
    )


def worth_of_contact(history: History) -> RateDifference | None:
    """A contact within a week against a later one or none, all else held equal."""
    watched = FirstHours.of(history, WEEK)
    kept = watched.ripe
    found = adjusted(watched.quick[kept].astype(np.int64), watched.bought[kept], watched.held_equal[kept], 2)
    return None if found is None else found.difference(1, 0)


def move_money(found: Channels) -> Advice | None:
    """A tenth of the spend of the weakest channel to the strongest."""
    shift, days = found.shift, _spent_days(found)
    if shift is None or days is None or shift.chance >= WRONG / KINDS:
        return None
    share = DAYS / days
    return Advice(
        "move_money",
        f"Move {money(shift.amount * share)} a month from {quoted(shift.giver)} to {quoted(shift.taker)}.",
        shift.gain * share,
        shift.low * share,
        shift.high * share,
        True,
        "The interval is wide enough for having looked at all pairs of channels. It takes it that the next "
        "unit of money buys what earlier ones bought; this is no experiment.",
        "Test it: move that much in every second week, for twelve weeks, and compare what the weeks brought.",
        "/channels",
    )


def stop_spending(found: Channels) -> Advice | None:
    """Stop paying for the channel that surely does not bring its cost back, and costs most beyond that."""
    days = _spent_days(found)
    paid = [(row.value, row.money) for row in found.rows if row.money is not None]
    if days is None or not paid:
        return None
    sure = NormalDist().inv_cdf(1.0 - WRONG / KINDS / len(paid))
    losing = [
        (each.cost - each.revenue.value, name, each.revenue, each.cost)
        for name, each in paid
        if each.revenue is not None
        and each.revenue.value * math.exp(sure * each.revenue.deviation) < each.cost
    ]
    if not losing:
        return None
    lost, name, revenue, cost = max(losing, key=lambda each: each[0])
    share = DAYS / days
    return Advice(
        "stop_spending",
        f"Stop spending on {quoted(name)}.",
        lost * share,
        (cost - revenue.high) * share,
        (cost - revenue.low) * share,
        True,
        f"It cost {money(cost)} and brought {money_with_span(revenue.value, revenue.low, revenue.high)}, "
        "open leads counted by their probability.",
        "Test it: stop in every second week, for eight weeks, and see whether other channels suffer.",
        "/channels",
    )


def _at_most(revenue: Ratio, deviations: float) -> float:
    return revenue.value * math.exp(deviations * revenue.deviation)


def _advice(
    kind: str,
    title: str,
    told: RateDifference,
    leads: float,
    worth: float | None,
    evidence: str,
    test: str,
    page: str,
) -> Advice | None:
    each = leads * (1.0 if worth is None else worth)
    if each <= 0.0:
        return None
    gains = (told.value * each, told.low * each, told.high * each)
    return Advice(kind, title, *gains, worth is not None, evidence, test, page)


def _is_sure(told: RateDifference) -> bool:
    return told.value > 0.0 and told.chance < WRONG / KINDS


def _trial(what: str, rate: float, difference: float) -> str:
    """How to find out by lot, and how many leads that takes."""
    certainty = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(POWER)
    spread = rate * (1.0 - rate) + min(rate + difference, 1.0) * max(1.0 - rate - difference, 0.0)
    each = math.ceil(certainty**2 * spread / max(difference, 1e-3) ** 2)
    return f"Test it: {what}; with {each:,} leads in each half such a difference shows in four of five tests."


def _base_rate(found: FollowUp) -> float:
    known = [(band.rate * band.leads, band.leads) for band in found.bands if band.rate is not None]
    leads = sum(count for _, count in known)
    return sum(won for won, _ in known) / leads if leads else 0.5


def _worth(history: History, deal_value: float | None) -> float | None:
    """What a deal is worth on average: as it was given, else as the leads say."""
    if deal_value is not None:
        return deal_value
    known = history.value[np.isfinite(history.value) & (history.value > 0)]
    return float(known.mean()) if len(known) else None


def _days(history: History) -> float:
    known = history.arrival[np.isfinite(history.arrival)]
    return (history.at - float(known.min())) / DAY if len(known) else 0.0


def _spent_days(found: Channels) -> float | None:
    """How many days the spend is of; nothing where nobody said."""
    spent = found.spending
    if spent is None or spent.start is None or spent.end is None:
        return None
    return max((spent.end - spent.start) / DAY, 1.0)
