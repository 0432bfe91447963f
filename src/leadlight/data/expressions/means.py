"""What a declared feature learns: the mean of a number by level, from the leads that it is fitted on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from leadlight.data.expressions.parse import parse
from leadlight.data.expressions.tree import Call, written
from leadlight.errors import ExpressionError

SUPPORT: Final = 20
"""A level with fewer rows takes the overall mean; one with as many is drawn half way to it."""


@dataclass(frozen=True)
class LevelMeans:
    """The mean of each level (None: of leads without one), and of all."""

    overall: float | None
    levels: Mapping[str | None, float] = field(default_factory=dict)

    @staticmethod
    def fit(values: list[float | None], levels: list[str | None]) -> LevelMeans:
        groups: dict[str | None, list[float]] = {}
        for value, level in zip(values, levels, strict=True):
            if value is not None:
                groups.setdefault(level, []).append(value)
        everything = [value for group in groups.values() for value in group]
        if len(everything) < SUPPORT:
            return LevelMeans(None)
        overall = _mean(everything)
        learnt = {level: _shrunk(group, overall) for level, group in groups.items() if len(group) >= SUPPORT}
        return LevelMeans(
            overall, dict(sorted(learnt.items(), key=lambda item: (item[0] is not None, item[0])))
        )

    def of(self, level: Any) -> float | None:
        return self.levels.get(level, self.overall)


def _mean(values: list[float]) -> float:
    """Exactly rounded, so that the order of the rows does not matter."""
    try:
        return math.fsum(values) / len(values)
    except OverflowError:
        return math.fsum(value / len(values) for value in values)


def _shrunk(values: list[float], overall: float) -> float:
    weight = len(values) / (len(values) + SUPPORT)
    return _mean(values) * weight + overall * (1.0 - weight)


@dataclass(frozen=True)
class Fitted:
    """What was learnt for each mean in an expression; nothing where there is none."""

    means: Mapping[Call, LevelMeans] = field(default_factory=dict)

    def of(self, call: Call) -> LevelMeans:
        if call not in self.means:
            raise ExpressionError(f"{written(call)} has not been fitted.")
        return self.means[call]

    def to_json(self) -> list[dict[str, Any]]:
        return [
            {
                "mean": written(call),
                "overall": means.overall,
                "levels": [list(pair) for pair in means.levels.items()],
            }
            for call, means in self.means.items()
        ]

    @staticmethod
    def from_json(data: Iterable[Mapping[str, Any]]) -> Fitted:
        try:
            return Fitted(dict(_read(item) for item in data))
        except (TypeError, KeyError, ValueError, OverflowError):
            raise _damaged() from None


def _damaged() -> ExpressionError:
    return ExpressionError("What a declared feature had learnt is damaged.")


def _read(item: Mapping[str, Any]) -> tuple[Call, LevelMeans]:
    call = parse(item["mean"]).root
    overall = None if item["overall"] is None else _number(item["overall"])
    levels = {level: _number(value) for level, value in item["levels"]}
    if not isinstance(call, Call) or call.operation != "mean":
        raise _damaged()
    if not all(level is None or isinstance(level, str) for level in levels):
        raise _damaged()
    return call, LevelMeans(overall, levels)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _damaged()
    return float(value)
