"""What campaigns cost, day by day: in stretches of days, the last ones again, because they are corrected."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from leadlight.connect.connector import PulledPage, ReadPart
from leadlight.data.config.record import SystemConfig
from leadlight.errors import ConfigError

FIRST_DAYS: Final = 365
"""How far back is read at first."""
CORRECTED_DAYS: Final = 14
"""Platforms take clicks back and add others for about two weeks."""
STRETCH: Final = 30
CAMPAIGN: Final = "campaign"
"""The word under `fields` in leadlight.toml that asks for spend by campaign."""
PARTS: Final = (ReadPart("spend", "spend", "what was spent, by day"),)


@dataclass(frozen=True)
class DayCost:
    """What one campaign cost on one day."""

    day: date
    campaign: str
    amount: float
    currency: str


def account_number(said: str, system: str, hint: str) -> str:
    """The number of an advertising account; refused where leadlight.toml names none."""
    if not said.isascii() or not said.isdigit():
        raise ConfigError(
            "It is not said which advertising account is read.",
            code="no_account",
            where=f"leadlight.toml, [connect.{system}]",
            hint=hint,
        )
    return said


ReadDays = Callable[[date, date], Iterable[DayCost]]


def read_spend(
    cursor: str | None, read: ReadDays, channel: str, *, by_campaign: bool, today: date
) -> Iterator[PulledPage]:
    """Whole stretches of days, each durable by itself, up to today."""
    first = _first(cursor, today)
    while first <= today:
        last = min(today, first + timedelta(days=STRETCH - 1))
        rows, odd = _summed(read(first, last), channel, by_campaign=by_campaign)
        if not by_campaign:
            rows = _with_free_days(rows, channel, first, last)
        spend = [
            {"channel": name, "day": day.isoformat(), "amount": round(amount, 6), "currency": currency}
            for (name, day, currency), amount in sorted(rows.items())
        ]
        yield PulledPage(json.dumps({"to": last.isoformat()}), spend=spend, rejected=odd)
        first = last + timedelta(days=1)


def _first(cursor: str | None, today: date) -> date:
    if cursor is None:
        return today - timedelta(days=FIRST_DAYS)
    reached = date.fromisoformat(json.loads(cursor)["to"])
    return min(today, reached) - timedelta(days=CORRECTED_DAYS)


Costs = dict[tuple[str, date, str], float]


def _summed(rows: Iterable[DayCost], channel: str, *, by_campaign: bool) -> tuple[Costs, dict[str, int]]:
    found: Costs = defaultdict(float)
    odd = 0
    for row in rows:
        if not math.isfinite(row.amount):
            odd += 1
            continue
        found[row.campaign if by_campaign else channel, row.day, row.currency] += row.amount
    return dict(found), {"odd_amount": odd} if odd else {}


def _with_free_days(rows: Costs, channel: str, first: date, last: date) -> Costs:
    """A day that cost something once and nothing any more is said to have cost nothing."""
    currencies = {currency for _, _, currency in rows}
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return {(channel, day, currency): 0.0 for day in days for currency in currencies} | rows


def wants_campaigns(asked: SystemConfig) -> bool:
    """Whether leadlight.toml asks for spend by campaign: fields = ["campaign"]."""
    return CAMPAIGN in asked.fields


def today() -> date:
    """Today in UTC; a day that has not ended everywhere is read again anyway."""
    return datetime.now(UTC).date()


def amount_of(said: Any) -> float:
    """A number as platforms write it, in digits or as a text; what is none is not a number."""
    try:
        return float(said)
    except (TypeError, ValueError):
        return math.nan


def day_of(said: Any) -> date | None:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        return None
