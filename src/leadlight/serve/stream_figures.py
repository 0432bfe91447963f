"""What Prometheus may ask of a stream: its lag, as the workers wrote it into the home."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from leadlight.errors import LeadlightError
from leadlight.store import Store, stream
from leadlight.store.stream import StreamState

PLACE: Final = ("topic", "partition")


async def stream_figures(store: Store | None) -> bytes:
    """Figures of the stream; nothing where there is none, or where the store cannot be read just now."""
    if store is None:
        return b""
    try:
        found = await asyncio.to_thread(_state, store)
    except LeadlightError:
        return b""
    return _written(found, time.time()) if found.positions else b""


def _state(store: Store) -> StreamState:
    with store.reading() as connection:
        return stream.state(connection)


def _written(found: StreamState, now: float) -> bytes:
    registry = CollectorRegistry()
    lag = Gauge("leadlight_stream_lag", "Messages not taken in yet.", PLACE, registry=registry)
    following = Gauge("leadlight_stream_position", "The next message to take in.", PLACE, registry=registry)
    silent = Gauge(
        "leadlight_stream_silent_seconds", "Since a worker was heard of.", PLACE, registry=registry
    )
    for each in found.positions:
        place = (each.topic, str(each.partition))
        lag.labels(*place).set(each.lag)
        following.labels(*place).set(each.next)
        silent.labels(*place).set(max(0.0, now - each.at))
    for name, about, count in (
        ("unsent", "Scores and letters that have not arrived yet.", found.unsent),
        ("dead_letters", "Messages that could not be used.", found.refused),
        ("events_waiting", "Events that came before their lead.", found.waiting),
    ):
        Gauge(f"leadlight_stream_{name}", about, registry=registry).set(count)
    return generate_latest(registry)
