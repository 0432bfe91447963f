"""What is told of events: what became of them, how fast each type fades, how long leads take to buy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leadlight.cli.page import Page
from leadlight.data.event_log import EventAccount
from leadlight.data.rows import RowCounts
from leadlight.insight.sentences import lapsed
from leadlight.insight.wording import counted


def tell(page: Page, told: Mapping[str, Any] | None, counts: RowCounts | None) -> None:
    """The events of a training, where it had any."""
    if told is None or counts is None:
        return
    for sentence in EventAccount.from_json(told["account"]).sentences:
        page.say(sentence)
    page.say(
        f"Each lead is looked at {told['moment']:g} days after it arrived;"
        f" {counted(counts.decided_early, 'lead')} decided before that and"
        f" {counted(counts.immature, 'lead')} too young to know how they end are left out."
    )
    for sentence in filter(None, (_half_lives(told["types"]), _time_to_convert(told), lapsed(counts))):
        page.say(sentence)


def tell_maturity(page: Page, told: Mapping[str, Any] | None, counts: RowCounts | None) -> None:
    """How old leads had to be, where outcomes say when leads were decided and no events came with them."""
    if told is None or counts is None:
        return
    page.say(
        f"{_time_to_convert(told)} {counted(counts.immature, 'decided lead')} younger than that:"
        f" left out, since others of their age are still to be decided. {lapsed(counts)}".rstrip()
    )


def _half_lives(types: list[Mapping[str, Any]]) -> str:
    fading = [f"{each['name']} {each['half_life']:.1f}" for each in types if each["fitted"]]
    silent = [each["name"] for each in types if not each["fitted"]]
    said = f"Days after which an event counts half: {', '.join(fading)}." if fading else ""
    quiet = f"No fading could be told of {', '.join(silent)}." if silent else ""
    return " ".join(part for part in (said, quiet) if part) or "No type of event is frequent enough to count."


def _time_to_convert(told: Mapping[str, Any]) -> str:
    curve = told["time_to_convert"]
    if curve is None:
        return (
            "Nobody says when leads were decided, so that none could be left out for it:"
            " give --outcomes, a file with the columns lead and at."
        )
    days = curve["days_until"]
    return (
        f"Of the leads that buy, half have done so after {days['0.5']:,.0f} days"
        f" and nine in ten after {days['0.9']:,.0f}."
    )
