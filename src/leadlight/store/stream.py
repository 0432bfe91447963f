"""What is kept of a stream: where it has got to, what it has still to send, and what it could not use.

A message is known by its topic, partition and offset. Its effects, the position behind it and what it has to
send are written in one transaction, so that each message counts exactly once, however often it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from leadlight.errors import StoreError
from leadlight.store import bulk
from leadlight.store.tables import dead_letters, outbox, stream_positions

SOURCE: Final = "kafka"
UNKNOWN_LEAD: Final = "unknown_lead"
OUTBOX: Final = ("topic", "partition", "offset", "lead", "letter", "key", "body")
PAGE: Final = 5_000
LATEST: Final = 50


@dataclass(frozen=True, order=True)
class MessagePlace:
    """Where a message stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True)
class StreamPosition:
    """How far a partition has been taken in: the next message, and where it ended when that was written."""

    topic: str
    partition: int
    topic_id: str
    next: int
    end: int
    at: float

    @property
    def lag(self) -> int:
        """How many messages are waiting, as far as is known."""
        return max(0, self.end - self.next)


@dataclass(frozen=True)
class Move:
    """A step forward in one partition; `before` is nothing where it was never read."""

    before: int | None
    after: StreamPosition


@dataclass(frozen=True)
class Outgoing:
    """What is to be sent because of the message at this place: a score, or the message itself as a letter."""

    place: MessagePlace
    lead: int | None
    letter: int | None
    key: bytes
    body: bytes


@dataclass(frozen=True)
class DeadLetter:
    """A message that could not be used, why, and the keyed hash of the lead that it waits for, if any."""

    place: MessagePlace
    reason: str
    body: bytes
    waits_for: bytes | None = None


def positions(connection: Connection) -> dict[tuple[str, int], StreamPosition]:
    """Every partition that was ever read."""
    rows = connection.execute(
        select(stream_positions).order_by(stream_positions.c.topic, stream_positions.c.partition)
    )
    return {(row.topic, row.partition): _position(row) for row in rows}


def _position(row: Row[Any]) -> StreamPosition:
    return StreamPosition(row.topic, row.partition, row.topic_id, row.next, row.end, row.at)


def move(connection: Connection, moves: Iterable[Move]) -> None:
    """Step forward, each from where it is thought to be; refused where somebody else has stepped since."""
    for each in moves:
        after = each.after
        if each.before is None:
            names = ("topic", "partition", "topic_id", "next", "end", "at")
            row = tuple(getattr(after, name) for name in names)
            changed = bulk.insert_missing(connection, stream_positions, names, [row])
        else:
            there = _at(after.topic, after.partition) & (stream_positions.c.next == each.before)
            changed = connection.execute(
                update(stream_positions)
                .where(there)
                .values(topic_id=after.topic_id, next=after.next, end=after.end, at=after.at)
            ).rowcount
        if changed != 1:
            raise StoreError(
                "Another worker has taken these messages in.",
                code="overtaken",
                where=f"{after.topic}/{after.partition}",
            )


def note_end(connection: Connection, topic: str, partition: int, end: int, at: float) -> None:
    """Write where a partition ends now, so that its lag is known while nothing is taken in."""
    connection.execute(update(stream_positions).where(_at(topic, partition)).values(end=end, at=at))


def _at(topic: str, partition: int) -> Any:
    return (stream_positions.c.topic == topic) & (stream_positions.c.partition == partition)


def put_outgoing(connection: Connection, outgoing: Sequence[Outgoing]) -> None:
    """Keep what is to be sent until it is known to have arrived."""
    rows = [(each.place.topic, each.place.partition, each.place.offset, *_content(each)) for each in outgoing]
    bulk.insert(connection, outbox, OUTBOX, rows)


def _content(each: Outgoing) -> tuple[int | None, int | None, bytes, bytes]:
    return each.lead, each.letter, each.key, each.body


def unsent(connection: Connection, topic: str, partition: int, after: int = -1) -> list[Outgoing]:
    """The next things to send because of messages of a partition, in their order."""
    here = (outbox.c.topic == topic) & (outbox.c.partition == partition) & (outbox.c.offset > after)
    rows = connection.execute(select(outbox).where(here).order_by(outbox.c.offset).limit(PAGE))
    return [
        Outgoing(
            MessagePlace(row.topic, row.partition, row.offset),
            row.lead,
            row.letter,
            bytes(row.key),
            bytes(row.body),
        )
        for row in rows
    ]


def drop_sent(connection: Connection, places: Collection[MessagePlace]) -> None:
    """Forget what has arrived."""
    if not places:
        return
    if connection.dialect.name == "sqlite":
        statement = 'DELETE FROM "outbox" WHERE "topic" = ? AND "partition" = ? AND "offset" = ?'
        rows = [(each.topic, each.partition, each.offset) for each in places]
        connection.connection.cursor().executemany(statement, rows)
        return
    by_partition: dict[tuple[str, int], list[int]] = {}
    for each in places:
        by_partition.setdefault((each.topic, each.partition), []).append(each.offset)
    for (topic, partition), offsets in by_partition.items():
        here = (outbox.c.topic == topic) & (outbox.c.partition == partition)
        connection.execute(delete(outbox).where(here, bulk.among(connection, outbox.c.offset, offsets)))


def put_letters(connection: Connection, letters: Sequence[DeadLetter], at: float) -> list[int]:
    """Keep messages that could not be used; gives their numbers."""
    add = insert(dead_letters).returning(dead_letters.c.number)
    return [
        connection.execute(
            add,
            {
                "source": SOURCE,
                "place": str(each.place),
                "reason": each.reason,
                "body": each.body,
                "at": at,
                "waits_for": each.waits_for,
            },
        ).scalar_one()
        for each in letters
    ]


def waiting_for(connection: Connection, leads: Sequence[bytes]) -> list[tuple[int, str, bytes]]:
    """Number, place and body of the letters that wait for one of these leads, the oldest first."""
    query = _letters().where(bulk.among(connection, dead_letters.c.waits_for, leads))
    return [(row.number, row.place, bytes(row.body)) for row in connection.execute(query)]


def waiting_bodies(connection: Connection, most: int = PAGE) -> list[bytes]:
    """What waits for its lead, the oldest first."""
    query = select(dead_letters.c.body).where(dead_letters.c.waits_for.is_not(None))
    return [
        bytes(body)
        for body in connection.execute(query.order_by(dead_letters.c.number).limit(most)).scalars()
    ]


def _letters() -> Select[Any]:
    columns = (dead_letters.c.number, dead_letters.c.place, dead_letters.c.body)
    return select(*columns).order_by(dead_letters.c.number)


def drop_letters(connection: Connection, numbers: Sequence[int]) -> None:
    """Take letters away whose turn has come."""
    if numbers:
        connection.execute(delete(dead_letters).where(bulk.among(connection, dead_letters.c.number, numbers)))


def is_any_waiting(connection: Connection) -> bool:
    """Whether any letter waits for its lead."""
    waits = select(dead_letters.c.number).where(dead_letters.c.waits_for.is_not(None)).limit(1)
    return connection.execute(waits).first() is not None


@dataclass(frozen=True)
class StreamState:
    """What is to be seen of a stream from outside."""

    positions: Sequence[StreamPosition]
    unsent: int
    refused: int
    """How many messages could not be used."""
    waiting: int
    """How many events wait for their lead."""

    @property
    def lag(self) -> int:
        return sum(each.lag for each in self.positions)


@dataclass(frozen=True)
class LetterNote:
    """A message that could not be used, without what it held."""

    place: str
    reason: str
    at: float


def state(connection: Connection) -> StreamState:
    """Where the stream is, and what it could not use."""
    unsent = connection.execute(select(func.count()).select_from(outbox)).scalar_one()
    waits = dead_letters.c.waits_for.is_not(None)
    counts = select(waits, func.count()).where(_OURS).group_by(waits)
    letters = {bool(row[0]): int(row[1]) for row in connection.execute(counts)}
    found = tuple(positions(connection).values())
    return StreamState(found, int(unsent), letters.get(False, 0), letters.get(True, 0))


def latest_letters(connection: Connection, most: int = LATEST) -> list[LetterNote]:
    """The newest messages that could not be used."""
    columns = (dead_letters.c.place, dead_letters.c.reason, dead_letters.c.at)
    newest = select(*columns).where(_OURS).order_by(dead_letters.c.number.desc()).limit(most)
    return [LetterNote(*row) for row in connection.execute(newest)]


_OURS: Final = dead_letters.c.source == SOURCE
