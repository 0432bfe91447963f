"""One batch of a stream: taken in, scored and recorded in one transaction with the positions behind it.

So each message counts exactly once, whoever dies when. What is to be sent because of it is written along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from leadlight.data import handles
from leadlight.errors import InputError, LeadlightError, StoreError
from leadlight.flows.score import StoredLeadScorer, stored_lead_scorer
from leadlight.flows.stream_messages import (
    EventMessage,
    LeadMessage,
    ReadMessages,
    StreamMessage,
    read_event,
    read_messages,
)
from leadlight.store import Store, handle_keys, intake, leads, models, records, scores, stream
from leadlight.store.erasure import body_as_text
from leadlight.store.ranking import score_as_json
from leadlight.store.scores import SCORED
from leadlight.store.store import translating_errors
from leadlight.store.stream import DeadLetter, MessagePlace, Move, Outgoing
from leadlight.store.tables import tombstones

if TYPE_CHECKING:
    from sqlalchemy import Connection

REASONS: Final = 3
OTHER_MODEL: Final = "other_model"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class StreamScorer:
    """The model in service, laid out for stored leads."""

    number: int
    name: str
    identity: str | None
    score: StoredLeadScorer
    looks_at_events: bool = False

    @staticmethod
    def in_service(store: Store, reasons: int = REASONS) -> StreamScorer:
        """The model that scores now, once its own test has passed."""
        with store.reading() as connection:
            kept, bundle = models.in_service(connection), models.serving(connection)
        assert kept is not None
        bundle.check()
        score = stored_lead_scorer(store, kept.number, bundle, reasons)
        identity = bundle.scorer.schema.name_of("id")
        return StreamScorer(kept.number, bundle.name, identity, score, bundle.events is not None)


@dataclass(frozen=True)
class StreamBatch:
    """What came, the steps that it makes, and what has been sent since the batch before."""

    messages: Sequence[StreamMessage]
    moves: Sequence[Move]
    sent: Collection[MessagePlace] = ()


@dataclass
class TakenBatch:
    """What became of a batch, and what is to be sent now that it is on the disk."""

    counts: Counter[str] = field(default_factory=Counter)
    outgoing: list[Outgoing] = field(default_factory=list)


def take_batch(store: Store, scorer: StreamScorer, batch: StreamBatch, at: float) -> TakenBatch:
    """Take a batch in, durable when it returns; a message that the store refuses becomes a letter."""
    read = read_messages(batch.messages, scorer.identity)
    try:
        return _Transaction(store, scorer, batch, at).run(read, [read])
    except LeadlightError as refused:
        if not _blames_message(refused):
            raise
    return _Transaction(store, scorer, batch, at).run(read, read.alone())


def _blames_message(refused: LeadlightError) -> bool:
    """Whether a refusal is about what came, and not about the state of things."""
    return isinstance(refused, InputError) or refused.code == "database"


class _Transaction:
    """A batch in one transaction."""

    def __init__(self, store: Store, scorer: StreamScorer, batch: StreamBatch, at: float) -> None:
        self.store, self.scorer, self.batch, self.at = store, scorer, batch, at
        self.taken = TakenBatch()

    def run(self, read: ReadMessages, parts: Sequence[ReadMessages]) -> TakenBatch:
        with self.store.writing() as connection:
            stream.move(connection, self.batch.moves)
            self._check_model(connection)
            stream.drop_sent(connection, self.batch.sent)
            self._put_letters(connection, read.letters)
            for part in parts:
                self._part(connection, part, is_alone=len(parts) > 1)
            stream.put_outgoing(connection, self.taken.outgoing)
        return self.taken

    def _check_model(self, connection: Connection) -> None:
        now = models.in_service(connection)
        if now is None or now.number != self.scorer.number:
            raise StoreError("Another model is in service by now.", code=OTHER_MODEL)

    def _part(self, connection: Connection, part: ReadMessages, *, is_alone: bool) -> None:
        if not is_alone:
            self._take(connection, part)
            return
        savepoint = connection.begin_nested()
        try:
            with translating_errors(self.store.home):
                self._take(connection, part)
        except LeadlightError as refused:
            savepoint.rollback()
            if not _blames_message(refused):
                raise
            blamed = [(each.place, each.value) for each in part.leads]
            blamed += [(each.place, each.value) for each in part.events]
            letters = [DeadLetter(place, refused.code, value) for place, value in blamed]
            self._put_letters(connection, letters)
        else:
            savepoint.commit()

    def _take(self, connection: Connection, part: ReadMessages) -> None:
        for turn in turns(part.leads):
            self._take_leads(connection, turn)
        self._take_events(connection, part.events)

    def _take_leads(self, connection: Connection, messages: Sequence[LeadMessage]) -> None:
        """Leads of whom each comes once."""
        ids, fields = [each.id for each in messages], [each.fields for each in messages]
        source = f"{stream.SOURCE}:{messages[0].place.topic}"
        taken = intake.upsert(self.store, connection, ids, fields, source, self.at)
        self.taken.counts.update(vars(taken))
        if stream.is_any_waiting(connection):
            self.taken.counts["events"] += release(self.store, connection, ids)
        self._score(connection, messages)

    def _score(self, connection: Connection, messages: Sequence[LeadMessage | EventMessage]) -> None:
        """The leads of these messages, as of now; of a lead with several the last one asked for it."""
        page = scores.page_of(connection, [message.id for message in messages])
        if page is None:
            return
        scored = self.scorer.score(page, self.at, connection)
        scores.record(connection, scored)
        self.taken.counts["scored"] += len(scored)
        places = {message.id: message.place for message in messages}
        for identity, row in zip(page.ids, scored.rows, strict=True):
            place = places[identity]
            body = _encode(self._told(identity, place, dict(zip(SCORED, row, strict=True))))
            self.taken.outgoing.append(Outgoing(place, row[0], None, identity.encode(), body))

    def _told(self, identity: str, place: MessagePlace, row: dict[str, Any]) -> dict[str, Any]:
        """A score as it is told elsewhere, with the lead and the message that asked for it."""
        row |= {"model": self.scorer.name, "at": datetime.fromtimestamp(self.at, UTC)}
        return {"id": identity, **score_as_json(row), "message": str(place)}

    def _take_events(self, connection: Connection, messages: Sequence[EventMessage]) -> None:
        """What leads did; an event that came before its lead waits for it.

        Where the model looks at events, those who did something new are scored again.
        """
        if not messages:
            return
        known = leads.known_ids(connection, [message.id for message in messages])
        there = [message for message in messages if message.id in known]
        written = records.add_events(connection, [message.row for message in there]) if there else 0
        self.taken.counts.update(events=written, events_again=len(there) - written)
        if written and self.scorer.looks_at_events:
            self._score(connection, there)
        gone = self._forgotten(connection, [message for message in messages if message.id not in known])
        waiting = [
            DeadLetter(each.place, stream.UNKNOWN_LEAD, dated(each), waits_for(self.store, each.id))
            for each in messages
            if each.id not in known and each.id not in gone
        ]
        stream.put_letters(connection, waiting, self.at)
        self.taken.counts.update(events_waiting=len(waiting))

    def _forgotten(self, connection: Connection, messages: Sequence[EventMessage]) -> set[str]:
        """The ids of those who were forgotten: nothing of them is kept."""
        keys = {
            message.id: handle_keys.lookup_keys(self.store, handles.in_cell("id", message.id))
            for message in messages
        }
        every = [key for each in keys.values() for key in each]
        gone = handle_keys.keys_present(connection, tombstones, every) if every else set()
        return {identity for identity, each in keys.items() if not gone.isdisjoint(each)}

    def _put_letters(self, connection: Connection, letters: Sequence[DeadLetter]) -> None:
        """Keep what could not be used; of somebody who was forgotten the place and the reason alone."""
        kept = [self._without_forgotten(connection, each) for each in letters]
        numbers = stream.put_letters(connection, kept, self.at)
        for number, each in zip(numbers, kept, strict=True):
            body = each.reason.encode()
            self.taken.outgoing.append(Outgoing(each.place, None, number, body, each.body))
        self.taken.counts.update(letters=len(kept))

    def _without_forgotten(self, connection: Connection, letter: DeadLetter) -> DeadLetter:
        named = handle_keys.lookup_keys(self.store, handles.mentioned(body_as_text(letter.body)))
        if not handle_keys.keys_present(connection, tombstones, named):
            return letter
        return DeadLetter(letter.place, letter.reason, b"")


def turns(messages: Sequence[LeadMessage]) -> list[list[LeadMessage]]:
    """The messages in groups in which each lead stands once; of one lead the first comes first."""
    found: list[list[LeadMessage]] = []
    seen: Counter[str] = Counter()
    for message in messages:
        turn = seen[message.id]
        seen[message.id] += 1
        if turn == len(found):
            found.append([])
        found[turn].append(message)
    return found


def release_arrived(store: Store) -> int:
    """Take in the events whose lead has come by another way than the stream; gives how many."""
    with store.reading() as connection:
        waiting = {str(msgspec.json.decode(body)["id"]) for body in stream.waiting_bodies(connection)}
        there = leads.known_ids(connection, sorted(waiting)) if waiting else set()
    if not there:
        return 0
    with store.writing() as connection:
        return release(store, connection, sorted(there))


def release(store: Store, connection: Connection, ids: Sequence[str]) -> int:
    """Take in the events that waited for these leads, as far as the leads were kept; gives how many."""
    known = leads.known_ids(connection, ids)
    letters = stream.waiting_for(connection, [waits_for(store, each) for each in known])
    if not letters:
        return 0
    written = records.add_events(connection, [_released(place, body) for _, place, body in letters])
    stream.drop_letters(connection, [number for number, _, _ in letters])
    return written


def waits_for(store: Store, identity: str) -> bytes:
    """The lead that an event waits for, as a keyed hash."""
    return store.keyed("waits", identity.encode("utf-8", "surrogatepass"))


def dated(message: EventMessage) -> bytes:
    """An event with its moment, which was that of the message where it told none."""
    body = msgspec.json.decode(message.value)
    if body.get("at") is not None:
        return message.value
    return _encode(body | {"at": datetime.fromtimestamp(message.row["at"], UTC)})


def _released(place: str, body: bytes) -> dict[str, Any]:
    """An event that waited, read as it was when it came."""
    topic, partition, offset = place.rsplit("/", 2)
    found = MessagePlace(topic, int(partition), int(offset))
    return read_event(StreamMessage(found, b"", body, is_event=True, at=0.0)).row
