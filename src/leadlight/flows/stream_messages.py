"""Messages of a stream, read strictly: a lead or an event as JSON, else a letter that says why not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from leadlight.data import cells
from leadlight.data.frame import seconds_of
from leadlight.errors import InputError
from leadlight.flows.take import LONGEST_ID, lead_id
from leadlight.store.event_rows import KNOWN
from leadlight.store.stream import DeadLetter, MessagePlace

LONGEST_TEXT: Final = 32_768
LONGEST_NAME: Final = 200
MOST_FIELDS: Final = 5_000
LARGEST_INTEGER: Final = 2**63 - 1

_BEFORE_VALUES: Final = (b'":', b" :", b"\t:", b"\n:", b"\r:")
"""What stands between a name and its value; as often as there are names, or more."""

_Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
_Word = Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME)]
_Fields = dict[_Word, _Text | int | float | bool | None]


class _EventBody(msgspec.Struct, forbid_unknown_fields=True):
    id: Annotated[str, Meta(min_length=1, max_length=LONGEST_ID)]
    name: _Word
    at: str | None = None
    properties: _Fields = {}
    key: _Word | None = None
    known_at: str | None = None


_lead = msgspec.json.Decoder(_Fields).decode
_event = msgspec.json.Decoder(_EventBody).decode


@dataclass(frozen=True)
class StreamMessage:
    """A message as the broker gave it."""

    place: MessagePlace
    key: bytes
    value: bytes | None
    is_event: bool
    at: float
    """When it was sent."""


@dataclass(frozen=True)
class LeadMessage:
    """A lead as it was told."""

    place: MessagePlace
    id: str
    fields: dict[str, Any]
    value: bytes


@dataclass(frozen=True)
class EventMessage:
    """What a lead did, as the store takes it."""

    place: MessagePlace
    id: str
    row: dict[str, Any]
    value: bytes


@dataclass(frozen=True)
class ReadMessages:
    """The messages of a batch by what they are, each in the order in which they came."""

    leads: list[LeadMessage] = field(default_factory=list)
    events: list[EventMessage] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)

    def alone(self) -> Sequence[ReadMessages]:
        """Each message by itself, leads before events."""
        return [
            *(ReadMessages(leads=[each]) for each in self.leads),
            *(ReadMessages(events=[each]) for each in self.events),
        ]


def read_messages(messages: Sequence[StreamMessage], identity: str | None) -> ReadMessages:
    """Read what came; what cannot be read stands among the letters."""
    found = ReadMessages()
    for message in messages:
        try:
            if message.is_event:
                found.events.append(read_event(message))
            else:
                found.leads.append(read_lead(message, identity))
        except InputError as refused:
            found.letters.append(DeadLetter(message.place, refused.code, message.value or b""))
    return found


def read_lead(message: StreamMessage, identity: str | None) -> LeadMessage:
    """A lead: an object of plain values; the key of the message is its id where the object has none."""
    value = _value(message)
    fields = _decoded(_lead, value)
    _check_fields(fields, value)
    if message.key and fields.get("id") is None and (identity is None or fields.get(identity) is None):
        known = lead_id({"id": _key(message.key)}, None)
    else:
        known = lead_id(fields, identity)
    fields.pop("id", None)
    return LeadMessage(message.place, known, fields, value)


def read_event(message: StreamMessage) -> EventMessage:
    """What a lead did; an event without a key of its own is known by its place."""
    value = _value(message)
    body = _decoded(_event, value)
    _check_fields(body.properties, value)
    if any("\0" in text for text in (body.id, body.name, body.key or "")):
        raise InputError("A text holds a NUL.", code="text")
    if body.known_at is not None:
        _seconds(body.known_at, message.at)
    row = {
        "id": cells.trim(body.id),
        "name": body.name,
        "at": _seconds(body.at, message.at),
        "properties": body.properties | ({} if body.known_at is None else {KNOWN: body.known_at}),
        "key": body.key or f"kafka:{message.place}",
    }
    return EventMessage(message.place, row["id"], row, value)


def _value(message: StreamMessage) -> bytes:
    if not message.value:
        raise InputError("The message is empty.", code="empty")
    return message.value


def _decoded(decode: Any, value: bytes) -> Any:
    try:
        return decode(value)
    except msgspec.ValidationError:
        raise InputError("The message does not have the shape of one.", code="shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError("The message is not JSON in UTF-8.", code="malformed") from None


def _check_fields(fields: dict[str, Any], value: bytes) -> None:
    """Refuse what a database cannot hold and what could mean two things."""
    if len(fields) > MOST_FIELDS:
        raise InputError(f"A lead has more than {MOST_FIELDS} fields.", code="too_many_fields")
    if b"\\u0000" in value and any(
        "\0" in text for pair in fields.items() for text in pair if _is_text(text)
    ):
        raise InputError("A text holds a NUL.", code="text")
    if any(type(each) is int and abs(each) > LARGEST_INTEGER for each in fields.values()):
        raise InputError("An integer has more than 64 bits.", code="integer_too_large")
    if sum(map(value.count, _BEFORE_VALUES)) > len(fields):
        _check_names(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _check_names(value: bytes) -> None:
    """Refuse an object that has a name twice."""

    def once(pairs: list[tuple[str, Any]]) -> None:
        if len({name for name, _ in pairs}) < len(pairs):
            raise InputError("An object has a name more than once.", code="doubled_name")

    json.loads(value, object_pairs_hook=once)


def _key(key: bytes) -> str:
    try:
        text = key.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    return "" if "\0" in text else text


def _seconds(moment: str | None, now: float) -> float:
    if moment is None:
        return now
    found = cells.parse_date(moment)
    if found is None:
        raise InputError("The moment cannot be read.", code="moment")
    return seconds_of(found)
