"""The topics of a stream: that they are there, are still the same ones, and have lost nothing unread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from leadlight.errors import ConfigError, StreamError
from leadlight.run.stream_plan import StreamPlan
from leadlight.store.stream import StreamPosition

SECONDS: Final = 10.0
Partition = tuple[str, int]


class Topics:
    """What the broker says of them."""

    def __init__(self, plan: StreamPlan) -> None:
        self.plan = plan
        self.client = AdminClient(plan.admin())

    def check(self) -> None:
        """Refuse to begin where the broker does not answer or a topic is not there."""
        try:
            there = self.client.list_topics(timeout=SECONDS).topics
        except KafkaException as problem:
            raise _unreachable(self.plan, problem) from None
        lacking = [topic for topic in self.plan.topics if topic not in there or there[topic].error]
        if lacking:
            raise ConfigError(
                f"There is no topic {lacking[0]!r}.",
                code="no_topic",
                where=self.plan.brokers,
                hint="Make it with the tools of the broker; Leadlight makes none by itself.",
            )

    def ids(self) -> dict[str, str]:
        """What the broker knows each topic by; a topic that is made anew has another."""
        asked = self.client.describe_topics(TopicCollection(self.plan.inputs), request_timeout=SECONDS)
        found = {}
        for topic, answer in asked.items():
            try:
                found[topic] = str(answer.result().topic_id)
            except KafkaException:
                continue
        return found

    def checked(
        self, consumer: Any, places: Iterable[Partition], kept: Mapping[Partition, StreamPosition]
    ) -> dict[Partition, StreamPosition]:
        """Where each partition is to be read from; refused where messages are gone that nobody read."""
        ids = self.ids()
        return {
            place: self._checked(consumer, place, ids.get(place[0], ""), kept.get(place)) for place in places
        }

    def _checked(
        self, consumer: Any, place: Partition, topic_id: str, kept: StreamPosition | None
    ) -> StreamPosition:
        try:
            first, end = consumer.get_watermark_offsets(TopicPartition(*place), timeout=SECONDS)
        except KafkaException as problem:
            raise _unreachable(self.plan, problem) from None
        if kept is None:
            begin = first if self.plan.start == "earliest" else end
            return StreamPosition(*place, topic_id, begin, end, 0.0)
        lost = _what_was_lost(kept, topic_id, first, end)
        if lost is None:
            return StreamPosition(*place, topic_id or kept.topic_id, kept.next, end, kept.at)
        if not self.plan.accepts_loss:
            raise stopped(lost, *place, first - kept.next if lost == "gap" else None)
        return StreamPosition(*place, topic_id, first if lost != "shorter" else end, end, kept.at)

    def check_same(self, positions: Mapping[Partition, StreamPosition]) -> None:
        """Refuse to go on where a topic was made anew under our hands."""
        ids = self.ids()
        for (topic, partition), position in positions.items():
            if topic in ids and position.topic_id and ids[topic] != position.topic_id:
                raise stopped("recreated", topic, partition)

    def reason_to_stop(self, problem: KafkaError, topic: str | None, partition: int) -> StreamError | None:
        """Whether what the client says means that we cannot go on."""
        code = problem.code()
        if code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            return stopped("gap", topic or "", partition)
        if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return stopped("topic_gone", topic or "", partition)
        if code in (KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED):
            return stopped("fenced", self.plan.group, self.plan.member)
        return stopped("refused", topic or "", partition) if problem.fatal() else None

    def reason_not_sent(self, problem: KafkaError | None) -> StreamError | None:
        """Whether something that was to be sent never will be."""
        return None if problem is None else stopped("not_sent", self.plan.scores, problem.name())


def _what_was_lost(kept: StreamPosition, topic_id: str, first: int, end: int) -> str | None:
    if kept.topic_id and topic_id and kept.topic_id != topic_id:
        return "recreated"
    if kept.next > end:
        return "shorter"
    return "gap" if kept.next < first else None


def _unreachable(plan: StreamPlan, problem: KafkaException) -> StreamError:
    code = problem.args[0].name().strip("_").lower() if problem.args else "unknown"
    return StreamError(
        f"The broker does not answer as it should: {code}.",
        code="broker",
        where=plan.brokers,
        hint="Check that it runs, that this machine may reach it, and the settings of the client.",
    )


_STOPPED: Final = {
    "gap": (
        "Messages are gone that were never read: the broker deleted them first.",
        "Give the topic a longer retention. To go on without them: leadlight stream ... --accept-loss",
    ),
    "recreated": (
        "The topic was made anew: what stands in it now is not what was being read.",
        "To read the new one from its beginning: leadlight stream ... --accept-loss",
    ),
    "shorter": (
        "The topic ends before what was already read: messages of it were lost, or it is another one.",
        "Check the brokers. To go on with what it holds now: leadlight stream ... --accept-loss",
    ),
    "topic_gone": ("The topic is gone.", "Make it again, or name the one that took its place."),
    "fenced": (
        "Another worker has come with the name of this one.",
        "Give each worker of a group a name of its own: --member 2",
    ),
    "not_sent": (
        "The broker refuses what is sent. It stays in the outbox of the home.",
        "Check the rights on the topics of scores and letters, and the size that they allow.",
    ),
    "refused": ("The broker refuses this client for good.", "Look at the log of the broker."),
}


def stopped(code: str, topic: str, partition: int | str, lost: int | None = None) -> StreamError:
    """Why a stream stops."""
    message, hint = _STOPPED[code]
    if lost is not None:
        message = f"{lost:,} messages are gone that were never read: the broker deleted them first."
    return StreamError(message, code=code, where=f"{topic}/{partition}", hint=hint)
