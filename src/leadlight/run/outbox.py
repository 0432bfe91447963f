"""What a stream sends: in order, at least once, each with a key by which a repeat is known."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any, Final

from confluent_kafka import KafkaError, Producer

from leadlight.run.stream_plan import StreamPlan
from leadlight.store.stream import MessagePlace, Outgoing

MOST_UNDER_WAY: Final = 20_000
KEY: Final = "idempotency-key"


class Outbox:
    """What is under way to the broker, and what has arrived and can be forgotten."""

    def __init__(self, plan: StreamPlan) -> None:
        self.plan = plan
        self.under_way: set[MessagePlace] = set()
        self.done: set[MessagePlace] = set()
        self.producer: Any = None
        self.problem: KafkaError | None = None
        """Why something will not arrive, where the broker refused it for good."""

    def open(self) -> None:
        self.producer = Producer(self.plan.producer())

    @property
    def is_full(self) -> bool:
        return len(self.under_way) >= MOST_UNDER_WAY

    @property
    def is_empty(self) -> bool:
        """Whether everything has arrived and the store knows."""
        return not self.under_way and not self.done

    def send(self, outgoing: Iterable[Outgoing]) -> None:
        """Hand over what is in the store; it is forgotten there once it has arrived."""
        for each in outgoing:
            if each.place in self.under_way or each.place in self.done:
                continue
            topic = self.plan.scores if each.letter is None else self.plan.letters
            if topic is None:
                self.done.add(each.place)
                continue
            self.under_way.add(each.place)
            self._produce(topic, each)

    def _produce(self, topic: str, each: Outgoing, *, is_bare: bool = False) -> None:
        headers = [(KEY, str(each.place).encode())]
        if each.letter is not None:
            headers += [("reason", each.key), ("place", str(each.place).encode())]
        key = each.key if each.letter is None else str(each.place).encode()
        said = partial(self._arrived, topic, each)
        while True:
            try:
                value = None if is_bare else each.body
                self.producer.produce(topic, value, key, headers=headers, on_delivery=said)
            except BufferError:
                self.producer.poll(0.1)
            else:
                return

    def _arrived(self, topic: str, each: Outgoing, problem: KafkaError | None, _: Any) -> None:
        if each.place not in self.under_way:
            return
        if problem is None:
            self.under_way.discard(each.place)
            self.done.add(each.place)
        elif problem.code() == KafkaError.MSG_SIZE_TOO_LARGE and each.letter is not None:
            self._produce(topic, each, is_bare=True)
        else:
            self.problem = problem

    def serve(self) -> None:
        """Hear what has arrived."""
        self.producer.poll(0)

    def arrived(self) -> frozenset[MessagePlace]:
        return frozenset(self.done)

    def forget(self, places: Collection[MessagePlace]) -> None:
        """The store knows that these have arrived."""
        self.done.difference_update(places)

    def drop(self) -> None:
        """Others send what is left."""
        self.under_way.clear()
        self.done.clear()

    def flush(self, seconds: float) -> None:
        """Wait for what is under way, but not for ever."""
        if self.producer is None:
            return
        until = time.monotonic() + seconds
        while self.under_way and time.monotonic() < until:
            self.producer.poll(0.05)
