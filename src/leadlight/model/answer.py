"""What is said of one lead: its figures, the reasons behind them, and what of it could not be used.

Every surface renders an `Answer`; nothing else builds reasons or rounds scores.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

_LOWEST, _HIGHEST = -9, 9
POWERS: Final = range(_LOWEST, _HIGHEST + 2)
DIGITS: Final = range(10, 100)


class Reason(NamedTuple):
    """One column of one lead: its value as it stands there and the factor on the odds."""

    column: str
    value: str
    odds: float

    @property
    def text(self) -> str:
        return f"{self.column} = {self.value}: odds x {factor(self.odds)}"

    @property
    def is_raising(self) -> bool:
        return self.odds > 1.0

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "value": self.value, "odds": self.odds, "text": self.text}

    def to_stored(self) -> list[Any]:
        """As short as a ledger of scores wants it."""
        return [self.column, self.value, self.odds]

    @staticmethod
    def from_stored(stored: Any) -> Reason | str:
        """The reason, or the text alone where that is all that an earlier version kept."""
        return stored if isinstance(stored, str) else Reason(*stored)


class Answer(NamedTuple):
    """One lead's score. Columns that it lacks, that could not be read, or that no model knows are named."""

    probability: float
    low: float
    high: float
    grade: str
    call: bool
    reasons: tuple[Reason, ...] = ()
    missing: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    unknown: Mapping[str, str | None] = MappingProxyType({})
    """Fields that are no columns of the model, each with the column that was probably meant, if any."""

    @property
    def score(self) -> float:
        """A hundred times the probability, one decimal, for display."""
        return displayed(self.probability)

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """What of the lead was not used, as plain values; empty where all was."""
        told: list[dict[str, Any]] = [
            {"code": f"{what}_fields", "columns": [*names]}
            for what, names in (("unreadable", self.unreadable), ("missing", self.missing))
            if names
        ]
        if self.unknown:
            near = {name: meant for name, meant in self.unknown.items() if meant}
            told.append(
                {"code": "unknown_fields", "columns": [*self.unknown]} | ({"nearest": near} if near else {})
            )
        return told

    def to_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "probability": self.probability,
            "low": self.low,
            "high": self.high,
            "grade": self.grade,
            "call": self.call,
            "reasons": [reason.to_json() for reason in self.reasons],
            "warnings": self.warnings,
        }


@lru_cache(4096)
def factor(odds: float) -> str:
    """Two digits that count: 3.1, 0.32, 12."""
    power = max(_LOWEST, min(_HIGHEST, math.floor(math.log10(odds)))) if odds > 0 else _LOWEST
    digits = round(odds / 10.0 ** (power - 1))
    if digits >= 100:
        power, digits = power + 1, round(digits / 10)
    return written_factor(power, digits)


def written_factor(power: int, digits: int) -> str:
    """Two digits at their place."""
    return f"{digits * 10.0 ** (power - 1):.{max(0, 1 - power)}f}"


@overload
def displayed(share: float) -> float: ...
@overload
def displayed(share: NDArray[np.float64]) -> NDArray[np.float64]: ...
def displayed(share: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """A score as people see it, everywhere: a hundred times the probability, one decimal, halves to even."""
    if isinstance(share, np.ndarray):
        return np.rint(share * 100 * 10) / 10
    return round(share * 100 * 10) / 10
