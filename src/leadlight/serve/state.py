"""What one serving process knows: the model in service, who may call, how busy it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from leadlight.errors import RequestError
from leadlight.flows.objections import Objections
from leadlight.serve.gate import Gate
from leadlight.serve.journal import Journal
from leadlight.serve.limits import KILOBYTE, Limits, Load
from leadlight.serve.metrics import Metrics
from leadlight.serve.serving import Serving

LARGE: Final = 256 * KILOBYTE
T = TypeVar("T")


@dataclass
class State:
    """The one thing that changes; a request takes what it needs of it once."""

    journal: Journal
    gate: Gate = field(default_factory=Gate)
    limits: Limits = field(default_factory=Limits)
    metrics: Metrics = field(default_factory=Metrics)
    hosts: frozenset[bytes] = frozenset({b"127.0.0.1", b"localhost", b"[::1]"})
    serving: Serving | None = None
    objections: Objections | None = None
    is_stale: bool = False
    """Whether the store has not been heard of for too long."""
    is_store_lost: bool = False
    """Whether the last look at the store failed."""
    store: Any = None
    writer: Any = None
    has_waiting: bool = False
    """Whether leads have come in since they were last scored."""
    is_leaving: bool = False
    """Whether the process is on its way out: clients are told to come back on another connection."""

    def __post_init__(self) -> None:
        self.load = Load(self.limits)
        self._apart = ThreadPoolExecutor(1, "large")

    async def apart(self, size: int, work: Callable[[], T]) -> T:
        """Do the work of a request; that of a large body beside the loop, one body after another."""
        if size <= LARGE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._apart, work)

    def swap(self, serving: Serving | None) -> None:
        """Put another model into service; requests under way end with the one that they began with."""
        self.serving = serving
        self.metrics.swaps.inc()

    def identity(self) -> str | None:
        """The column of ids that the model in service knows."""
        return None if self.serving is None else self.serving.reader.id

    def ready_for_more(self) -> Serving:
        """The model in service, unless others had better be asked: the store was not there just now."""
        if self.is_store_lost:
            raise store_lost()
        return self.ready()

    def ready(self) -> Serving:
        """The model in service."""
        if self.is_stale:
            raise store_lost()
        if self.serving is None:
            raise RequestError(
                503,
                "No model is in service.",
                code="no_model",
                wait=5,
                hint="leadlight promote model.leadlight --home HOME",
            )
        return self.serving


def store_lost() -> RequestError:
    return RequestError(503, "The store cannot be read.", code="store_lost", wait=1, hint="leadlight doctor")
