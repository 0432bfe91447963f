"""Events of the leads of a request: those that it carries, else those that the home holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from leadlight.data import cells
from leadlight.data.event_features import EventFeatures
from leadlight.data.event_line import Happened, columns_of
from leadlight.data.frame import seconds_of
from leadlight.errors import RequestError
from leadlight.serve.problem import pointer
from leadlight.serve.serving import Serving
from leadlight.store import Store, event_rows

EVENTS: Final = "events"
MOST: Final = 10_000
_NAMES: Final = ("type", "name", "time", "at", "known_at", "properties", "key")


def with_events(serving: Serving, leads: Sequence[Any], store: Store | None, at: float) -> list[Any]:
    """The leads with the columns that the model takes from events; a lead may carry its events.

    Of a lead that carries none the home is asked, where there is one. Events are looked at as of `at`.
    """
    asked = serving.bundle.events
    if asked is None:
        return list(leads)
    silent = [_identity(serving, lead) for lead in leads if isinstance(lead, dict) and EVENTS not in lead]
    held = _held(store, [each for each in silent if each is not None])
    return [_with_columns(serving, asked, lead, place, held, at) for place, lead in enumerate(leads)]


def _identity(serving: Serving, lead: Mapping[str, Any]) -> str | None:
    value = serving.reader.identity(lead)
    return None if value is None or "\0" in value else value


def _held(store: Store | None, ids: Sequence[str]) -> Mapping[str, list[Happened]]:
    if store is None or not ids:
        return {}
    with store.reading() as connection:
        rows = event_rows.of_ids(connection, ids)
    found: dict[str, list[Happened]] = {}
    for identity, name, at, known in rows:
        found.setdefault(identity, []).append(Happened(name, at, known))
    return found


def _with_columns(
    serving: Serving,
    asked: EventFeatures,
    lead: Any,
    place: int,
    held: Mapping[str, list[Happened]],
    at: float,
) -> Any:
    if not isinstance(lead, dict) or set(asked.columns) & lead.keys():
        return lead
    if EVENTS in lead:
        events = read_events(lead[EVENTS], place)
    else:
        events = held.get(_identity(serving, lead) or "", [])
    plain = {name: value for name, value in lead.items() if name != EVENTS}
    own = columns_of(asked, [each for each in events if each.time >= _arrival(serving, lead)], at)
    return plain | {name: value for name, value in own.items() if value is not None}


def _arrival(serving: Serving, lead: Mapping[str, Any]) -> float:
    """Nothing counts that happened before the lead arrived, where it says when that was."""
    name = serving.bundle.scorer.schema.name_of("time")
    if name is None:
        return float("-inf")
    moment = serving.bundle.scorer.schema[name].read_one(lead.get(name))
    return float("-inf") if moment is None else seconds_of(moment)


def read_events(given: Any, place: int) -> list[Happened]:
    """The events that a lead carries; what cannot be one is refused."""
    if not isinstance(given, list) or len(given) > MOST:
        raise _refused("a list of at most 10,000 events", place)
    return [_event(each, place, number) for number, each in enumerate(given)]


def _event(given: Any, place: int, number: int) -> Happened:
    if not isinstance(given, dict) or set(given) - set(_NAMES):
        raise _refused("an object with type and time, perhaps known_at", place, number)
    name = given.get("type", given.get("name"))
    if not isinstance(name, str) or not name.strip(cells.BLANKS):
        raise _refused("one with a type", place, number)
    time = _moment(given.get("time", given.get("at")), place, number)
    known = given.get("known_at")
    since = time if known is None else max(time, _moment(known, place, number))
    return Happened(name.strip(cells.BLANKS), time, since)


def _moment(value: Any, place: int, number: int) -> float:
    found = cells.parse_date(value) if isinstance(value, str) else None
    if found is None:
        raise _refused("one with a time such as 2026-03-31T09:00Z", place, number)
    return seconds_of(found)


def _refused(what: str, place: int, number: int | None = None) -> RequestError:
    path = ("leads", place, EVENTS) if number is None else ("leads", place, EVENTS, number)
    return RequestError(
        422,
        f"This is no event that can be read; it has to be {what}.",
        code="event",
        where=pointer(*path),
        hint='Send {"events": [{"type": "visit", "time": "2026-03-31T09:00Z"}]} with the lead.',
    )
