"""Moments as they are told: in UTC, as the log has them, and not as seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

NAMES: Final = frozenset({"at", "added", "ended", "created", "changed"})


def moment(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as what is written as 2026-03-31T09:00:00Z."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def dated(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of the store with its moments as such."""
    return {name: moment(value) if name in NAMES else value for name, value in row.items()}
