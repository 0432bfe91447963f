"""Moments as other systems write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def seconds_of(said: Any) -> float | None:
    """Seconds since 1970 of an ISO moment, or of milliseconds; nothing where it is neither."""
    if isinstance(said, int | float) and not isinstance(said, bool):
        return said / 1000
    if not isinstance(said, str) or not said:
        return None
    if said.isascii() and said.isdigit():
        return int(said[:16]) / 1000
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def milliseconds(said: Any) -> int | None:
    """Whole milliseconds since 1970."""
    found = seconds_of(said)
    return None if found is None else round(found * 1000)


def iso(at: float) -> str:
    """A moment in UTC, such as 2026-03-31T09:00:00Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
