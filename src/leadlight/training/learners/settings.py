"""What can be set of a family of models, and where tuning looks for something better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Setting = float | int | str
Settings = Mapping[str, Setting]
DEFAULT: Final[Settings] = {}
"""Nothing set: every family has defaults of its own."""


@dataclass(frozen=True)
class Span:
    """Numbers between two, whole ones where both ends are; `log`: as many below their middle as above."""

    low: float
    high: float
    log: bool = False


Space = Mapping[str, Span | tuple[Setting, ...]]
"""For each setting a span, or the values to choose from."""
Grid = tuple[Settings, ...]
"""All there is to try, where that is not much."""
