"""Streams on fresh topics of the broker that the session shares."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.run.streams import NAMES, Stream, made

Make = Callable[..., Stream]


@pytest.fixture
def make(tmp_path: Path, broker: str, topics: Callable[..., list[str]]) -> Make:
    """Makes a stream on fresh topics."""

    def build(partitions: int = 4, settings: dict[str, str] | None = None, **more: Any) -> Stream:
        names = topics(*NAMES, partitions=partitions, **(settings or {}))
        return made(tmp_path / f"home-{names[0]}", broker, names, **more)

    return build
