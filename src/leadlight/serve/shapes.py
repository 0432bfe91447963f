"""What bodies have to look like; a member that is missing, unknown or of the wrong type is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from leadlight.data import cells
from leadlight.data.frame import seconds_of
from leadlight.errors import RequestError
from leadlight.serve.problem import pointer

MOST: Final = 10_000
LONGEST_NAME: Final = 200

NO_NUL: Final = "^[^\\u0000]*$"
DATE: Final = r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$"
"""Days of which each is one, for the description; more can be read."""

Id = Annotated[
    str, Meta(min_length=1, max_length=1_000, pattern=NO_NUL, description="The lead's id, as exact text.")
]
Word = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
Moment = Annotated[
    str,
    Meta(
        description="Such as 2026-03-31T09:00Z; now where it is absent.", extra_json_schema={"pattern": DATE}
    ),
]
Key = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=NO_NUL, description="Sent again, it counts once.")
]
Note = Annotated[str, Meta(max_length=200, pattern=NO_NUL)]
Scalar = str | int | float | bool | None
Fields = dict[Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)], Scalar]


class Shape(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A body."""


class LeadsBody(Shape):
    """Leads as the CRM has them: an id each, under the model's id column or `id`."""

    leads: Annotated[list[Fields], Meta(min_length=1, max_length=MOST)]
    source: Word = "http"


class Event(Shape):
    """What a lead did; `known_at` where it came to be known only later."""

    id: Id
    name: Word
    at: Moment | None = None
    known_at: Moment | None = None
    properties: Fields = {}
    key: Key | None = None


class Events(Shape):
    """What leads did."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=MOST)]


class Contact(Shape):
    """A call or a mail to a lead."""

    id: Id
    channel: Word
    at: Moment | None = None
    who: Note = ""
    result: Note = ""
    key: Key | None = None


class Contacts(Shape):
    """Calls and mails to leads."""

    contacts: Annotated[list[Contact], Meta(min_length=1, max_length=MOST)]


class Outcome(Shape):
    """How a lead ended."""

    id: Id
    outcome: Word
    value: Annotated[float, Meta(ge=-1e15, le=1e15)] | None = None
    at: Moment | None = None


class Outcomes(Shape):
    """How leads ended."""

    outcomes: Annotated[list[Outcome], Meta(min_length=1, max_length=MOST)]


class Spent(Shape):
    """What a channel cost on a day."""

    channel: Word
    day: Annotated[str, Meta(extra_json_schema={"pattern": DATE})]
    amount: Annotated[float, Meta(ge=0, le=1e15)]
    currency: Annotated[str, Meta(max_length=10, pattern=NO_NUL)] = ""


class Spend(Shape):
    """What channels cost; said again, a day is replaced."""

    spend: Annotated[list[Spent], Meta(min_length=1, max_length=MOST)]


class Promotion(Shape):
    """A model that is kept, by the beginning of its hash."""

    model: Annotated[str, Meta(pattern=r"^[0-9a-f]{6,64}$")]
    override: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=NO_NUL)] | None = None
    """Why it goes in service although the gate speaks against it."""


class DisputeBody(Shape):
    """What is wrong with the score of a lead; without a kind its words say where it goes."""

    id: Id
    note: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=NO_NUL)]
    kind: Literal["rule", "label", "data", "model"] | None = None
    column: Annotated[str, Meta(max_length=200, pattern=NO_NUL)] = ""


class ViewBody(Shape):
    """A list under a name: what is filtered, how it is sorted, which columns stand beside the score."""

    name: Annotated[
        str,
        Meta(min_length=1, max_length=60, extra_json_schema={"pattern": "^[A-Za-z0-9]([A-Za-z0-9 ]*)$"}),
    ]
    grade: Note = ""
    status: Literal["open", "won", "lost", "all"] = "open"
    search: Note = ""
    call: bool = False
    source: Note = ""
    sort: Annotated[str, Meta(pattern="^(score|id|created|changed|name|company)-(up|down)$")] = "score-down"
    columns: Annotated[list[Word], Meta(max_length=6)] = []


class PlanBody(Shape):
    """How many calls there is time for, for how many callers, what they cost and deals are worth."""

    capacity: Annotated[int, Meta(ge=1, le=MOST)] | None = None
    callers: Annotated[int, Meta(ge=1, le=1_000)] = 1
    per: Literal["day", "week", "month"] = "week"
    arrivals: Annotated[float, Meta(gt=0, le=1e9)] | None = None
    deal_value: Annotated[float, Meta(gt=0, le=1e12)] | None = None
    call_cost: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    goal: Annotated[float, Meta(gt=0, lt=1)] = 0.8


class PersonBody(Shape):
    """Somebody, by any of these."""

    id: Id | None = None
    email: Annotated[str, Meta(max_length=1_000, pattern=NO_NUL)] | None = None
    phone: Annotated[str, Meta(max_length=100, pattern=NO_NUL)] | None = None


class Objection(PersonBody):
    """Somebody who is not to be scored any more, and why, without personal data."""

    reason: Word = "objected"


T = TypeVar("T", bound=Shape)
_PLACE: Final = re.compile(r" - at `\$(.*)`$")
_STEP: Final = re.compile(r"\.([A-Za-z_]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")
_NAMES: Final = re.compile(r"(?<!field )`([a-z]+(?: \| [a-z]+)*)`")
_WORDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
}
_OURS: Final = ("Expected `", "Object missing required field")


def shaped(document: Any, shape: type[T]) -> T:
    """The body as this shape, and no text in it that a database cannot hold."""
    try:
        found = msgspec.convert(_whole(document), shape)
    except msgspec.ValidationError as problem:
        raise _refused(str(problem), shape) from None
    _check_texts(document, ())
    return found


def _whole(document: Any) -> Any:
    """The members with whole numbers as integers: in JSON 3.0 is one."""
    if not isinstance(document, dict):
        return document
    return {name: _integer(value) if type(value) is float else value for name, value in document.items()}


def _integer(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _refused(problem: str, shape: type[Shape]) -> RequestError:
    match = _PLACE.search(problem)
    told = problem[: match.start()] if match else problem
    steps: list[str | int] = []
    for name, number in _STEP.findall(match[1] if match else ""):
        if not name and not number:
            break
        steps.append(name or int(number))
    if unknown := _UNKNOWN.match(told):
        return _unknown_member(unknown[1], steps, shape)
    too_many = "length <= " in told and "array" in told
    return RequestError(
        413 if too_many else 422,
        f"{_NAMES.sub(_in_words, told)}." if told.startswith(_OURS) else "A member is not what it has to be.",
        code="too_many" if too_many else "shape",
        where=pointer(*steps),
        hint="GET /openapi.json says what the body looks like.",
    )


def _unknown_member(name: str, steps: Sequence[str | int], shape: type[Shape]) -> RequestError:
    """Which one, and what there is instead; of the records in a list the description tells."""
    known = () if steps else shape.__struct_fields__
    close = get_close_matches(name[:LONGEST_NAME], known, n=1)
    there = f"There are: {', '.join(known)}." if known else "GET /openapi.json says what the body looks like."
    return RequestError(
        422,
        "The body has a member that means nothing here.",
        code="unknown_member",
        where=pointer(*steps, name),
        hint=f"Did you mean {close[0]!r}? {there}" if close else there,
    )


def _in_words(types: re.Match[str]) -> str:
    """What the types of JSON are called by people."""
    return " or ".join(_WORDS.get(each, each) for each in types[1].split(" | "))


def _check_texts(value: Any, path: tuple[str | int, ...]) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise RequestError(
                422,
                "A text holds a NUL.",
                code="text",
                where=pointer(*path),
                hint="Leave such texts out.",
            )
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_texts(name, path)
            _check_texts(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _check_texts(inner, (*path, place))


def seconds(moment: str | None, now: float, *path: str | int) -> float:
    """A moment as seconds since 1970."""
    if moment is None:
        return now
    found = cells.parse_date(moment)
    if found is None:
        raise RequestError(
            422,
            "The moment cannot be read.",
            code="moment",
            where=pointer(*path),
            hint="Write it as 2026-03-31T09:00Z.",
        )
    return seconds_of(found)


def day(text: str, *path: str | int) -> str:
    """A day of the calendar."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise RequestError(
            422, "There is no such day.", code="day", where=pointer(*path), hint="Write it as 2026-03-31."
        ) from None
