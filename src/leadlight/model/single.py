"""One lead at a time, as fast as a dictionary look-up a column; bit for bit what a batch gives.

The tables are laid out as plain lists once; nothing here decides anything that `Scorer` does not.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.data import expressions
from leadlight.data.frame import seconds_of
from leadlight.model.encode import DAY, Encoder, Feature
from leadlight.model.points import Points
from leadlight.model.probability import probability
from leadlight.model.reasons import CALIBRATION, Reason, shown
from leadlight.model.scorer import Scorer

REMEMBERED: Final = 4096
LONGEST: Final = 200
"""A text with more characters is not remembered."""


@dataclass(frozen=True)
class One:
    """One lead's score."""

    probability: float
    low: float
    high: float
    grade: str
    call: bool
    reasons: tuple[Reason, ...] = ()

    @property
    def score(self) -> float:
        return round(self.probability * 100 * 10) / 10  # the steps of numpy's rounding

    def to_json(self) -> dict[str, Any]:
        return {
            "score": self.score,
            "probability": self.probability,
            "low": self.low,
            "high": self.high,
            "grade": self.grade,
            "call": self.call,
            "reasons": [reason.to_json() for reason in self.reasons],
        }


class Single:
    """A scorer laid out for one lead at a time."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        features = scorer.encoder.features
        self.readers = [_reader(scorer, feature) for feature in features]
        self.plain = not scorer.encoder.declared
        self.columns = [scorer.columns.index(feature.column) for feature in features]
        self.others = {
            column: (place, feature.size - 1)
            for place, (column, feature) in enumerate(zip(self.columns, features, strict=True))
            if feature.take == "level"
        }
        self.remembered: dict[str, dict[str, str]] = {name: {} for name in scorer.columns}
        self.points = scorer.learner if isinstance(scorer.learner, Points) else None
        if self.points is not None:
            self._lay_out(self.points)

    def _lay_out(self, points: Points) -> None:
        self.tables = [table.tolist() for table in points.tables]
        self.pairs = [
            (p.first, p.second, self.columns[p.first], self.columns[p.second], (p.full / 2).tolist())
            for p in points.pairs
        ]

    def codes(self, lead: Mapping[str, Any], at: float | None = None) -> list[int]:
        """The exact input behind the score."""
        if not self.plain:
            lead = _with_declared(self.scorer, lead)
        return [read(lead, at) for read in self.readers]

    def score(self, lead: Mapping[str, Any], reasons: int = 0, at: float | None = None) -> One:
        return self.score_codes(lead, self.codes(lead, at), reasons)

    def score_codes(self, lead: Mapping[str, Any], codes: list[int], reasons: int = 0) -> One:
        """The score of a lead whose input is at hand."""
        if self.points is None:
            learnt, parts = self._learnt(codes, reasons)
        else:
            parts = self._parts(codes)
            learnt = math.fsum((self.points.base, *parts))
        calibrator = self.scorer.calibrator
        parts.append(0.0 if calibrator.lift is None else calibrator.lift.apply(learnt))
        return self._one(lead, codes, calibrator.apply(learnt), parts, reasons)

    def _parts(self, codes: list[int]) -> list[float]:
        """What each source column adds; sums of multiples of 2**-40 are exact in any order."""
        parts = [0.0] * len(self.scorer.columns)
        for column, table, code in zip(self.columns, self.tables, codes, strict=True):
            parts[column] += table[code]
        for first, second, left, right, table in self.pairs:
            half = table[codes[first]][codes[second]]
            parts[left] += half
            parts[right] += half
        return parts

    def _learnt(self, codes: list[int], reasons: int) -> tuple[float, list[float]]:
        """The margin of a model without tables and, where reasons are asked for, what each column adds."""
        learner, slope = self.scorer.learner, self.scorer.calibrator.slope
        row = np.array([codes], dtype=np.uint16)
        parts = [0.0] * len(self.scorer.columns)
        if reasons:
            for column, part in zip(self.columns, learner.contributions(row)[0].tolist(), strict=True):
                parts[column] += part * slope
        return float(learner.margin(row)[0]), parts

    def _one(
        self, lead: Mapping[str, Any], codes: list[int], margin: float, parts: list[float], count: int
    ) -> One:
        scorer = self.scorer
        low, high = scorer.interval.apply(margin)
        chosen: list[int] = []
        if count:
            strengths = list(map(abs, parts))
            chosen = sorted(range(len(parts)), key=strengths.__getitem__, reverse=True)[:count]
        return One(
            probability=probability(margin),
            low=low,
            high=high,
            grade=scorer.grades.name(margin),
            call=margin >= scorer.grades.line,
            reasons=tuple(self._reason(lead, codes, k, parts[k]) for k in chosen if parts[k]),
        )

    def _reason(self, lead: Mapping[str, Any], codes: Sequence[int], column: int, part: float) -> Reason:
        return Reason(*self.told(lead, codes, column), math.exp(part))

    def _shown(self, name: str, value: Any, missing: frozenset[str]) -> str:
        if type(value) is not str or len(value) > LONGEST:
            return shown(value, missing)
        remembered = self.remembered[name]
        text = remembered.get(value)
        if text is None:
            text = shown(value, missing)
            if len(remembered) < REMEMBERED:
                remembered[value] = text
        return text

    def told(self, lead: Mapping[str, Any], codes: Sequence[int], column: int) -> tuple[str, str]:
        """The name of a source column and a lead's value in it, as a reason tells them."""
        names = self.scorer.columns
        if column == len(names):
            return CALIBRATION, "all leads with this score"
        name = names[column]
        known = self.scorer.schema[name]
        value = known.expression or self._shown(name, lead.get(name), known.missing_words)
        place, other = self.others.get(column, (0, -1))
        rare = codes[place] == other and value != "missing"
        return name, f"{value} (rare)" if rare else value


Read = Callable[[Mapping[str, Any], float | None], int]
Cell = Callable[[Any], Any]


def _reader(scorer: Scorer, feature: Feature) -> Read:
    column = scorer.schema[feature.column]
    cell = _made if column.expression else column.read_one
    if feature.take == "level":
        return _level_reader(cell, feature)
    if feature.take == "value":
        return _number_reader(cell, feature)
    return _derived_reader(cell, feature, scorer.encoder, scorer.schema)


def _made(value: Any) -> Any:
    """A declared feature is typed already; what it gives is no cell, and no word of it means missing."""
    return value


def _level_reader(cell: Cell, feature: Feature) -> Read:
    name, code_of, missing = feature.column, feature.code_of, feature.missing
    other = feature.size - 1
    remembered: dict[str, int] = {}

    def read(lead: Mapping[str, Any], at: float | None) -> int:
        value = lead.get(name)
        code = remembered.get(value) if type(value) is str else None
        if code is None:
            level = cell(value)
            code = missing if level is None else code_of.get(level, other)
            if type(value) is str and len(value) <= LONGEST and len(remembered) < REMEMBERED:
                remembered[value] = code
        return code

    return read


def _number_reader(cell: Cell, feature: Feature) -> Read:
    name, edges, missing = feature.column, feature.edges, feature.missing

    def read(lead: Mapping[str, Any], at: float | None) -> int:
        number = cell(lead.get(name))
        return missing if number is None else bisect_left(edges, number) + 1

    return read


def _derived_reader(cell: Cell, feature: Feature, encoder: Encoder, schema: Any) -> Read:
    name, edges, missing, take = feature.column, feature.edges, feature.missing, feature.take

    def read(lead: Mapping[str, Any], at: float | None) -> int:
        value = cell(lead.get(name))
        number = None if value is None else _taken_one(take, value, lead, at, encoder, schema)
        return missing if number is None else bisect_left(edges, number) + 1

    return read


def _taken_one(
    take: str, value: Any, lead: Mapping[str, Any], at: float | None, encoder: Encoder, schema: Any
) -> float | None:
    if take == "length":
        return float(len(value))
    if take == "weekday":
        return float(value.isoweekday())
    if take == "hour":
        return float(value.hour)
    moment = at
    if moment is None:
        arrived = None if encoder.time is None else schema[encoder.time].read_one(lead.get(encoder.time))
        if arrived is None:
            return None
        moment = seconds_of(arrived)
    return (moment - seconds_of(value)) / DAY


def _with_declared(scorer: Scorer, lead: Mapping[str, Any]) -> Mapping[str, Any]:
    """The lead with its declared features."""
    typed = {column.name: column.read_one(lead.get(column.name)) for column in scorer.schema.needed}
    made = {
        each.name: expressions.evaluate(each.expression, typed, each.fitted)
        for each in scorer.encoder.declared
    }
    return {**lead, **made}
