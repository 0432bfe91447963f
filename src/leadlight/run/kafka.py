"""`leadlight stream`: leads and events out of Kafka, scores into it; the one file that knows its client.

The store says where to read on: on assignment a partition begins at the position that was written with the
last scores, whatever the broker believes. A step that somebody else has made since is refused by the store;
then everything is taken up again from its positions.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from leadlight.errors import LeadlightError
from leadlight.flows.stream import (
    OTHER_MODEL,
    StreamBatch,
    StreamScorer,
    TakenBatch,
    release_arrived,
    take_batch,
)
from leadlight.flows.stream_messages import StreamMessage
from leadlight.run.outbox import Outbox
from leadlight.run.stream_plan import StreamPlan
from leadlight.run.topics import Topics
from leadlight.store import Store, stream
from leadlight.store.stream import MessagePlace, Move, StreamPosition

IDLE_SECONDS: Final = 0.25
SETTLE_SECONDS: Final = 0.5
NOTE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 10.0
RELEASE_SECONDS: Final = 60.0
PAUSES: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
AWAY: Final = frozenset({"busy", "unreachable", "disk", "disk_full", "broker"})
"""What store and broker may be for a while; the messages stay where they are until it is over."""
PASSING: Final = AWAY | {"overtaken", OTHER_MODEL}
Observe = Callable[..., None]
Partition = tuple[str, int]


class StreamWorker:
    """One worker of a stream."""

    def __init__(
        self,
        store: Store,
        plan: StreamPlan,
        observe: Observe = lambda *_, **__: None,
        ending: threading.Event | None = None,
    ) -> None:
        self.store, self.plan, self.observe = store, plan, observe
        self.scorer = StreamScorer.in_service(store, plan.reasons)
        self.topics = Topics(plan)
        self.outbox = Outbox(plan)
        self.consumer = Consumer({**plan.consumer(), "error_cb": self._note})
        self.positions: dict[Partition, StreamPosition] = {}
        """Where the partitions that are ours stand in the store."""
        self.starts: dict[Partition, int] = {}
        self.failures = 0
        self.stop_reason: LeadlightError | None = None
        self.awaiting: list[Partition] = []
        """Partitions that are ours, and whose positions could not be read yet."""
        self.ending = ending or threading.Event()
        self.settled = self.noted = self.looked = time.monotonic()
        self.released = 0.0

    def run(self) -> None:
        """Take messages in until told to stop; raises where it cannot go on."""
        self.topics.check()
        self.outbox.open()
        self.consumer.subscribe(self.plan.inputs, on_assign=self._assigned, on_revoke=self._revoked)
        try:
            while not self.ending.is_set() and not self._is_done():
                self._step()
            self._settle()
        finally:
            self.outbox.flush(5.0)
            self.consumer.close()

    def stop(self) -> None:
        """End after the batch that is under way."""
        self.ending.set()

    def _step(self) -> None:
        messages = [] if self.awaiting else self._next()
        self.stop_reason = self.stop_reason or self.topics.reason_not_sent(self.outbox.problem)
        if self.stop_reason is not None:
            raise self.stop_reason
        try:
            if self.awaiting:
                self._take_over(self.awaiting)
            if messages:
                self._take(messages)
            self._keep_house(is_idle=not messages)
            self.failures = 0
        except LeadlightError as refused:
            if refused.code not in PASSING:
                raise
            self._take_up_again(refused)

    def _next(self) -> list[Any]:
        """What has come; nothing while too much is still to be sent."""
        self.outbox.serve()
        if self.outbox.is_full:
            self._wait(0.1)
            return []
        first = self.consumer.poll(IDLE_SECONDS)
        if first is None or self.stop_reason is not None:
            return []
        return self._in_order([first, *self.consumer.consume(self.plan.most - 1, 0)])

    def _in_order(self, came: Iterable[Any]) -> list[Any]:
        """The messages from our positions on: one that was fetched before an assignment may come again."""
        following = {place: each.next for place, each in self.positions.items()}
        found = []
        for message in filter(self._is_good, came):
            place = message.topic(), message.partition()
            if message.offset() >= following[place]:
                following[place] = message.offset() + 1
                found.append(message)
        return found

    def _is_good(self, message: Any) -> bool:
        """Whether it is a message; what the client tells in its place is noted, or stops us."""
        problem = message.error()
        if problem is None:
            return (message.topic(), message.partition()) in self.positions
        reason = self.topics.reason_to_stop(problem, message.topic(), message.partition())
        self.stop_reason = self.stop_reason or reason
        if reason is None:
            self._note(problem)
        return False

    def _take(self, messages: Sequence[Any]) -> None:
        batch = StreamBatch(
            [_read(message, self.plan.events) for message in messages],
            self._moves(messages),
            self.outbox.arrived(),
        )
        begun = time.monotonic()
        taken = take_batch(self.store, self.scorer, batch, time.time())
        self.outbox.forget(batch.sent)
        for move in batch.moves:
            self.positions[move.after.topic, move.after.partition] = move.after
        self.outbox.send(taken.outgoing)
        self._store_offsets(move.after for move in batch.moves)
        self._tell(taken, len(messages), time.monotonic() - begun)

    def _moves(self, messages: Iterable[Any]) -> list[Move]:
        """The step of each partition: behind its last message."""
        last = {(each.topic(), each.partition()): each.offset() for each in messages}
        now = time.time()
        return [self._move(place, offset + 1, now) for place, offset in last.items()]

    def _move(self, place: Partition, following: int, at: float) -> Move:
        here = self.positions[place]
        known = here.next if here.at else None
        after = StreamPosition(*place, here.topic_id, following, max(following, self._end(place)), at)
        return Move(known, after)

    def _end(self, place: Partition) -> int:
        """Where a partition ends, as the client heard last."""
        try:
            return int(self.consumer.get_watermark_offsets(TopicPartition(*place), cached=True)[1])
        except KafkaException:
            return 0

    def _store_offsets(self, positions: Iterable[StreamPosition]) -> None:
        """Tell the broker where we are: others look there for the lag; nobody reads on from it."""
        try:
            self.consumer.store_offsets(
                offsets=[TopicPartition(each.topic, each.partition, each.next) for each in positions]
            )
        except KafkaException:
            return

    def _tell(self, taken: TakenBatch, messages: int, seconds: float) -> None:
        self.observe("taken", messages=messages, seconds=round(seconds, 4), **taken.counts)

    def _note(self, problem: KafkaError) -> None:
        self.observe("broker", level="warning", code=problem.name().strip("_").lower())

    def _assigned(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Partitions are ours from now on: what is left of them to send goes out, then they are read on."""
        try:
            ours = [each for each in partitions if each.topic in self.plan.inputs]
            self._take_over([(each.topic, each.partition) for each in ours])
        except LeadlightError as refused:
            consumer.assign([])
            if refused.code in PASSING:
                self.observe("store", level="warning", code=refused.code)
            else:
                self.stop_reason = refused

    def _take_over(self, places: Sequence[Partition]) -> None:
        self.awaiting = list(places)
        with self.store.reading() as connection:
            kept = stream.positions(connection)
        self.positions = self.topics.checked(self.consumer, places, kept)
        self._accept_losses(kept)
        self.starts = {place: position.end for place, position in self.positions.items()}
        for place in places:
            self._send_left_over(*place)
        self._assign()
        self.awaiting = []
        self.observe("assigned", count=len(places))

    def _accept_losses(self, kept: Mapping[Partition, StreamPosition]) -> None:
        """Write down where we go on from after a loss that was accepted."""
        ours = [(kept[place], here) for place, here in self.positions.items() if place in kept]
        moves = [Move(before.next, here) for before, here in ours if here.next != before.next]
        if moves:
            with self.store.writing() as connection:
                stream.move(connection, moves)
            self.observe("loss_accepted", level="warning", count=len(moves))

    def _send_left_over(self, topic: str, partition: int) -> None:
        after = -1
        while True:
            with self.store.reading() as connection:
                page = stream.unsent(connection, topic, partition, after)
            if not page:
                return
            self.outbox.send(page)
            after = page[-1].place.offset

    def _assign(self) -> None:
        self.consumer.assign([TopicPartition(*place, each.next) for place, each in self.positions.items()])

    def _revoked(self, consumer: Any, partitions: Sequence[Any]) -> None:
        """Others go on from the store; what has arrived by now is not to be sent by them again."""
        self.outbox.flush(1.0)
        try:
            self._settle()
        except LeadlightError as refused:
            self.observe("store", level="warning", code=refused.code)
        self.positions, self.awaiting = {}, []
        self.outbox.drop()
        consumer.unassign()

    def _keep_house(self, *, is_idle: bool) -> None:
        now = time.monotonic()
        if is_idle and now - self.settled > SETTLE_SECONDS:
            self._settle()
        if is_idle and now - self.noted > NOTE_SECONDS:
            self._note_ends()
        if is_idle and now - self.released > RELEASE_SECONDS:
            self.released = now
            release_arrived(self.store)
        if now - self.looked > LOOK_SECONDS:
            self.looked = now
            self.topics.check_same(self.positions)

    def _settle(self) -> None:
        """Forget what has arrived, where no batch does it along."""
        self.settled = time.monotonic()
        self.outbox.serve()
        arrived = self.outbox.arrived()
        if arrived:
            with self.store.writing() as connection:
                stream.drop_sent(connection, arrived)
            self.outbox.forget(arrived)

    def _note_ends(self) -> None:
        self.noted = time.monotonic()
        with self.store.writing() as connection:
            for place, position in self.positions.items():
                end = max(position.next, self._end(place))
                stream.note_end(connection, *place, end, time.time())

    def _take_up_again(self, refused: LeadlightError) -> None:
        """Go back to the positions of the store, after a while where it is the store that is not there."""
        self.observe("store", level="warning", code=refused.code)
        if refused.code == OTHER_MODEL:
            self.scorer = StreamScorer.in_service(self.store, self.plan.reasons)
            self.observe("model", model=self.scorer.name)
        elif refused.code != "overtaken":
            self._wait(PAUSES[min(self.failures, len(PAUSES) - 1)])
            self.failures += 1
        try:
            if not self.awaiting:
                self._return_to_positions()
        except LeadlightError as again:
            if again.code not in PASSING:
                raise
            self.observe("store", level="warning", code=again.code)

    def _return_to_positions(self) -> None:
        with self.store.reading() as connection:
            kept = stream.positions(connection)
        self.positions = {place: kept.get(place, here) for place, here in self.positions.items()}
        self._assign()

    def _wait(self, seconds: float) -> None:
        """Read nothing for a while, and stay a member of the group.

        Then all is fetched anew from our positions: what came nevertheless, from partitions that have just
        become ours, must not be passed over.
        """
        ours = [TopicPartition(*place) for place in self.positions]
        until = time.monotonic() + seconds
        self.consumer.pause(ours)
        while time.monotonic() < until and not self.ending.is_set():
            message = self.consumer.poll(0.05)
            if message is not None:
                self._is_good(message)
            self.outbox.serve()
        self.consumer.resume([each for each in ours if (each.topic, each.partition) in self.positions])
        self._assign()

    def _is_done(self) -> bool:
        """Whether all that was there at the start has been taken in and what came of it has arrived."""
        if not self.plan.is_once or not self.positions or not self.outbox.is_empty:
            return False
        return all(each.next >= self.starts[place] for place, each in self.positions.items())


def _read(message: Any, events: str | None) -> StreamMessage:
    _, milliseconds = message.timestamp()
    place = MessagePlace(message.topic(), message.partition(), message.offset())
    key, at = message.key() or b"", milliseconds / 1000
    return StreamMessage(place, key, message.value(), message.topic() == events, at)
