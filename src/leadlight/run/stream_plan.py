"""What a stream is told: where the broker is, which topics, and who this worker is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from leadlight.errors import ConfigError

OURS: Final = frozenset(
    {
        *("bootstrap.servers", "group.id", "group.instance.id", "group.protocol", "enable.auto.commit"),
        *("enable.auto.offset.store", "auto.offset.reset", "enable.idempotence", "acks", "isolation.level"),
        *("partition.assignment.strategy", "message.timeout.ms", "allow.auto.create.topics"),
    }
)
"""What exactly-once and the order of messages rest on."""
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_LINE: Final = re.compile(r"\s*([a-z0-9.]+)\s*[=:]\s*(.*?)\s*")


@dataclass(frozen=True)
class StreamPlan:
    """Leads and events in, scores out; letters are what could not be used."""

    brokers: str
    leads: str
    scores: str
    events: str | None = None
    letters: str | None = None
    group: str = "leadlight"
    member: str = "1"
    start: str = "earliest"
    most: int = 1_000
    """Messages in one transaction."""
    reasons: int = 3
    is_once: bool = False
    """Whether to end when all that was there at the start has been taken in."""
    accepts_loss: bool = False
    """Whether to go on where messages were lost or a topic was made anew."""
    properties: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        topics = [self.leads, self.scores, *filter(None, (self.events, self.letters))]
        for topic in topics:
            if not _TOPIC.fullmatch(topic):
                raise ConfigError(
                    f"{topic!r} is no name of a topic.",
                    code="topic",
                    hint="Letters, digits, '.', '_' and '-'.",
                )
        if len(set(topics)) < len(topics):
            raise ConfigError(
                "Two of the topics are the same one.", code="topic", hint="Give each a topic of its own."
            )
        for name in (self.group, self.member):
            if not _NAME.fullmatch(name):
                raise ConfigError(f"{name!r} cannot be the name of a group or a worker.", code="member")

    @property
    def inputs(self) -> list[str]:
        return [topic for topic in (self.leads, self.events) if topic is not None]

    @property
    def topics(self) -> list[str]:
        return [*self.inputs, *filter(None, (self.scores, self.letters))]

    @property
    def instance(self) -> str:
        """What this worker is known by in the group: the broker would give one that comes back with other
        topics the partitions of those that it had before."""
        mark = sha256("\n".join(self.inputs).encode()).hexdigest()[:8]
        return f"{self.group}-{self.member}-{mark}"

    def consumer(self) -> dict[str, Any]:
        """How messages are read: from where the store says, and nothing is committed by itself."""
        return {
            **self._client(),
            "group.id": self.group,
            "group.instance.id": self.instance,
            "partition.assignment.strategy": "range",
            "enable.auto.commit": True,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 50,
            "queued.max.messages.kbytes": 16_384,
            "session.timeout.ms": 10_000,
            **self.properties,
        }

    def producer(self) -> dict[str, Any]:
        """How scores are sent: in order, once a session, and until they have arrived."""
        return {
            **self._client(),
            "enable.idempotence": True,
            "message.timeout.ms": 0,
            "linger.ms": 5,
            "compression.type": "lz4",
            **self.properties,
        }

    def _client(self) -> dict[str, Any]:
        return {
            "bootstrap.servers": self.brokers,
            "client.id": f"{self.group}-{self.member}",
            "allow.auto.create.topics": False,
            "reconnect.backoff.max.ms": 1_000,
            "log_level": 2,
        }

    def admin(self) -> dict[str, Any]:
        return {**self._client(), **self.properties}


def read_properties(path: Path) -> dict[str, str]:
    """Settings of the client, such as those of TLS and login, a line each; what we rely on is ours."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError("The settings of the client cannot be read.", where=str(path)) from None
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith(("#", "!")):
            continue
        match = _LINE.fullmatch(line)
        if match is None or match[1] in OURS:
            raise ConfigError(
                "The line is no setting of the client."
                if match is None
                else f"{match[1]} is set by Leadlight.",
                code="client_setting",
                where=f"{path}:{number}",
                hint="Write lines such as security.protocol=SASL_SSL, and leave this one out.",
            )
        found[match[1]] = match[2]
    return found
