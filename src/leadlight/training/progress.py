"""How a training tells the time and says what it is at: both come from outside, and neither has to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
Observe = Callable[[str], None]


def no_clock() -> float:
    return 0.0


def silent(step: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Progress:
    """The clock, whom to tell, and the version of the package that learns."""

    clock: Clock = no_clock
    observe: Observe = silent
    version: str = ""
