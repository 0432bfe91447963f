"""The letter to a person who asks what is held about them: plain words, nothing left out but the raw data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from leadlight.insight.card import plain
from leadlight.insight.wording import counted, listed, percent
from leadlight.model.answer import factor

BLANK: Final = "\\[to be filled in: {}\\]"
SHOWN: Final = 12


def letter(told: Mapping[str, Any]) -> str:
    """Markdown out of an export; what only the company knows is left to be filled in."""
    leads = told["leads"]
    parts = [
        "# What we hold about you",
        f"As of {_day(told['made'])}. {_blank('name and address of the company, data protection officer')}",
        *(_held(leads) if leads else _nothing(told)),
        *(_worked_out(told, leads) if leads else []),
        *_recipients(told["recipients"]),
        "## How long we keep it",
        f"{_blank('how long, or by which rule')}. What we worked out goes then too.",
        *_rights(told),
    ]
    return "\n\n".join(parts) + "\n"


def _blank(what: str) -> str:
    return BLANK.format(what)


def _day(moment: str) -> str:
    return moment.partition("T")[0]


def _items(words: Sequence[str]) -> str:
    return "\n".join(f"- {each}" for each in words)


def _nothing(told: Mapping[str, Any]) -> Iterator[str]:
    yield "We hold nothing about you under what you told us to look for."
    if told["forgotten"]:
        yield (
            "You were erased here. We keep a scrambled mark, from which nobody can read who you are, so that"
            " you do not come back when an old list is read in again."
        )
    yield from _unused(told)


def _held(leads: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## What we hold, and where it is from"
    for lead in leads:
        yield (
            f"Under the reference “{plain(lead['id'])}” since {_day(lead['first_seen'])}, last changed on"
            f" {_day(lead['last_changed'])}. It came from: {plain(lead['source'])}."
        )
        rows = [f"| {plain(name)} | {plain(str(value))} |" for name, value in lead["fields"].items()]
        yield "\n".join(["| what | value |", "| --- | --- |", *rows])
        yield from _happened(lead)
    yield "## Why we hold it"
    yield f"{_blank('purpose and legal ground, such as your enquiry or our legitimate interest in selling')}."


def _happened(lead: Mapping[str, Any]) -> Iterator[str]:
    lines = [f"{_day(each['at'])}: you did “{plain(each['name'])}”" for each in lead["events"]]
    lines += [
        f"{_day(each['at'])}: we contacted you by {plain(each['channel'])}"
        + (f", with the result “{plain(each['result'])}”" if each["result"] else "")
        for each in lead["contacts"]
    ]
    lines += [f"{_day(each['at'])}: it ended as “{plain(each['outcome'])}”" for each in lead["outcomes"]]
    if lines:
        yield "What happened:"
        yield _items(sorted(lines))


def _worked_out(told: Mapping[str, Any], leads: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "## What a program worked out from it"
    if any(lead["objected"] for lead in leads):
        yield "You objected: nothing is worked out about you any more. Below is what was before."
    if not any(lead["scores"] for lead in leads):
        yield "Nothing: no estimate was made about you."
        return
    usual = {model["name"]: model["usual_probability"] for model in told["models"]}
    yield (
        "It is an estimate of how likely people with details like yours become customers. It is learnt from"
        " how earlier enquiries ended: each detail makes the odds larger or smaller by a fixed factor, and"
        " all factors together give the estimate. It is used to decide whom our staff contact first. It says"
        " nothing about your worth, your means or your character."
    )
    for lead in leads:
        scores = _told_apart(lead["scores"])
        for score in scores[:1]:
            yield from _estimate(score, usual.get(score["model"]))
        yield from _earlier(scores[1:])
        yield from _overridden(lead["overrides"])
    yield _blank("who decides with it, and that no decision with legal or similar effect is made by it alone")


def _told_apart(scores: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each with the words for when it was: the day, and the time where that day has several."""
    days = Counter(_day(score["at"]) for score in scores)
    return [{**score, "when": _day(score["at"]) + _time(score["at"], days)} for score in scores]


def _time(moment: str, days: Mapping[str, int]) -> str:
    day, _, clock = moment.partition("T")
    return f" at {clock[:8]} UTC" if days[day] > 1 else ""


def _estimate(score: Mapping[str, Any], usual: float | None) -> Iterator[str]:
    beside = "" if usual is None else f" Of everybody who asks, {percent(usual)} do."
    yield (
        f"The latest estimate, of {score['when']}: of a hundred people with details like yours, about"
        f" {score['score']:.0f} become customers (likely between {100 * score['low']:.0f} and"
        f" {100 * score['high']:.0f}); our word for it is “{plain(score['grade'])}”.{beside}"
    )
    if score["reasons"]:
        yield "What counted most:"
        yield _items([_reason(reason) for reason in score["reasons"]])
    if score["would_change_it"]:
        yield "What would have made it higher:"
        yield _items(
            [
                f"had “{plain(change['column'])}” been “{plain(change['value'])}”: about"
                f" {100 * change['probability']:.0f} of a hundred"
                for change in score["would_change_it"]
            ]
        )


def _reason(reason: Mapping[str, Any]) -> str:
    """In plain words; of a score that an earlier version kept there is the text alone."""
    if "odds" not in reason:
        return plain(reason["text"])
    direction = "more likely" if reason["odds"] > 1 else "less likely"
    what = f"“{plain(reason['column'])} = {plain(reason['value'])}”"
    return f"{what} makes it {direction}: the odds times {factor(reason['odds'])}"


def _earlier(scores: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if scores:
        told = [f"{each['when']}: {each['score']:.0f} of a hundred" for each in scores[:SHOWN]]
        more = f"; and {len(scores) - SHOWN} before" if len(scores) > SHOWN else ""
        yield f"Earlier estimates: {'; '.join(told)}{more}. All are in the data that go with this letter."


def _overridden(overrides: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in overrides:
        ended = f", until {_day(each['ended'])}" if each["ended"] else ""
        yield (
            f"On {_day(each['at'])} one of us set the estimate aside and put {percent(each['probability'])}"
            f" in its place{ended}: “{plain(each['reason'])}”."
        )


def _recipients(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## Who gets it"
    people = [
        f"{counted(count, 'person', 'people')} in the role “{plain(r)}”"
        for r, count in found["people"].items()
    ]
    programs = [f"the program “{plain(name)}”" if name else "a program" for name in found["programs"]]
    yield f"Here it may be seen by {listed([*people, *programs]) or 'those who run this system'}."
    yield f"{_blank('others who get it, such as who runs the CRM, and countries outside the EU')}."


def _unused(told: Mapping[str, Any]) -> Iterator[str]:
    letters = told["dead_letters"]
    if letters:
        told_of = (
            "message that mentions you and could not be used",
            "messages that mention you and could not be used",
        )
        yield f"We also hold {counted(len(letters), *told_of)}; the data that go with this letter have them."


def _rights(told: Mapping[str, Any]) -> Iterator[str]:
    if told["leads"]:
        yield from _unused(told)
    yield "## What you can ask for"
    yield _items(
        [
            "**Correct it**: tell us what is wrong; the estimate is then made anew.",
            "**Object**: tell us, and no estimate is made about you any more. You need give no reason where"
            " it serves direct marketing.",
            "**Erase it**: tell us, and all of this goes, but for a scrambled mark that"
            " keeps you from coming back.",
            "**Take it along**: the data go with this letter in a form that programs read.",
            "**Have a person look at it**: tell us if you think that the estimate is wrong.",
            f"**Complain** to {_blank('the data protection authority')}.",
        ]
    )
    yield f"Write to {_blank('address')}. We answer within a month."
