"""One lead at a time, as fast as a dictionary look-up a column; bit for bit what a batch gives.

The tables are laid out as plain lists once; nothing here decides anything that `Scorer` does not.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from itertools import compress
from operator import eq
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np

from leadlight.data import cells, expressions
from leadlight.data.frame import seconds_of
from leadlight.data.names import fold
from leadlight.data.schema import Column
from leadlight.model.answer import Answer
from leadlight.model.encode import DAY, Feature
from leadlight.model.points import Points
from leadlight.model.probability import probability
from leadlight.model.reasons import LONGEST, REMEMBERED, Reasoner
from leadlight.model.scorer import Scorer

TYPED: Final = ("number", "date")
FEW: Final = 8
"""Up to so many leads are answered one by one, which is faster for few."""
NAMES: Final = 256
"""For so many unknown names the nearest column is looked for; it takes a millisecond each."""


class Input(NamedTuple):
    """The exact input behind a score, and what was noticed on the way to it."""

    codes: list[int]
    missing: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    unknown: Mapping[str, str | None] = MappingProxyType({})


class LeadScorer:
    """A scorer laid out for leads that come as dictionaries."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.reasoner = Reasoner(scorer)
        self.known = KnownNames(scorer)
        features = scorer.encoder.features
        self.readers = [_reader(scorer, feature) for feature in features]
        self.plain = not scorer.encoder.declared
        self.columns = [scorer.columns.index(feature.column) for feature in features]
        self._lay_out_missing(features)
        self.points = scorer.learner if isinstance(scorer.learner, Points) else None
        if self.points is not None:
            self._lay_out(self.points)

    def _lay_out_missing(self, features: Sequence[Feature]) -> None:
        """Of one feature of each column the code that may mean that nothing is known."""
        schema, encoder = self.scorer.schema, self.scorer.encoder
        self.sources = [schema[feature.column] for feature in features]
        seen: set[str] = set()
        self.missing: list[int] = []
        for feature, source in zip(features, self.sources, strict=True):
            looked_at = not source.expression and source.name not in seen
            self.missing.append(feature.missing if looked_at else -1)
            seen.add(source.name)
        aged = any(feature.take == "age" for feature in features)
        self.time = schema[encoder.time] if aged and encoder.time and encoder.time not in seen else None
        self.others = [each for each in schema.needed if each.name not in seen | {encoder.time}]

    def _lay_out(self, points: Points) -> None:
        self.tables = [table.tolist() for table in points.tables]
        self.pairs = [
            (p.first, p.second, self.columns[p.first], self.columns[p.second], (p.full / 2).tolist())
            for p in points.pairs
        ]

    def answer(self, lead: Mapping[str, Any], reasons: int = 0, at: float | None = None) -> Answer:
        """All that is said of a lead; `at` is the moment (in seconds) that ages are counted to."""
        return self.answer_input(lead, self.read(lead, at), reasons)

    def read(self, lead: Mapping[str, Any], at: float | None = None) -> Input:
        """The codes of a lead, and which columns it lacks, writes unreadably, or has beyond the model's."""
        codes = self.codes(lead, at)
        missing: list[str] = []
        unreadable: list[str] = []
        for column in compress(self.sources, map(eq, codes, self.missing)):
            if lead.get(column.name) is None:
                missing.append(column.name)
            else:
                _notice(column, lead, missing, unreadable)
        for column in self.others:
            _notice(column, lead, missing, unreadable)
        if self.time is not None and at is None:
            _notice(self.time, lead, [], unreadable)
        known = self.known
        return Input(codes, missing, unreadable, {} if lead.keys() <= known.names else known.unknown(lead))

    def codes(self, lead: Mapping[str, Any], at: float | None = None) -> list[int]:
        """The exact input behind the score."""
        if not self.plain:
            lead = _with_declared(self.scorer, lead)
        return [read(lead, at) for read in self.readers]

    def answer_input(self, lead: Mapping[str, Any], read: Input, reasons: int = 0) -> Answer:
        """The answer to a lead that was read."""
        if self.points is None:
            learnt, parts = self._learnt(read.codes, reasons)
        else:
            parts = self._parts(read.codes)
            learnt = math.fsum((self.points.base, *parts))
        scorer = self.scorer
        margin = scorer.calibrator.apply(learnt)
        low, high = scorer.interval.apply(margin)
        return Answer(
            probability(margin),
            low,
            high,
            scorer.grades.name(margin),
            margin >= scorer.grades.line,
            self.reasoner.strongest(lead, read.codes, parts, reasons) if reasons else (),
            read.missing,
            read.unreadable,
            read.unknown,
        )

    def answer_inputs(
        self, leads: Sequence[Mapping[str, Any]], read: Sequence[Input], reasons: int = 0
    ) -> list[Answer]:
        """The answers to leads that were read, each as if it were alone."""
        if len(leads) <= FEW:
            return [self.answer_input(lead, each, reasons) for lead, each in zip(leads, read, strict=True)]
        codes = np.array([each.codes for each in read], dtype=np.uint16)
        said = self.scorer.score_codes(codes)
        parts = self.scorer.contributions(codes) if reasons else None
        told = (
            [()] * len(leads)
            if parts is None
            else self.reasoner.strongest_of_many(leads, codes, parts, reasons)
        )
        figures = (each.tolist() for each in (said.probability, said.low, said.high, said.grade, said.call))
        return [
            Answer(share, low, high, said.names[grade], call, why, own.missing, own.unreadable, own.unknown)
            for share, low, high, grade, call, why, own in zip(*figures, told, read, strict=True)
        ]

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


class KnownNames:
    """The columns of a model and, for other names, the column that was probably meant."""

    def __init__(self, scorer: Scorer) -> None:
        schema = scorer.schema
        own = [column.name for column in schema.columns if not column.expression]
        self.names = frozenset({*own, "id"})
        self.by_fold = {fold(column.name): column.name for column in schema.needed}
        self.remembered: dict[str, str | None] = {}

    def unknown(self, lead: Mapping[str, Any]) -> dict[str, str | None]:
        """The names of a lead that no column has; a column that the lead has itself was not meant."""
        found = {name: self._nearest(name) for name in lead if name not in self.names}
        return {name: None if near in lead else near for name, near in found.items()}

    def _nearest(self, name: str) -> str | None:
        """Looked for once a name, and no more for long names or once there were very many."""
        remembered = self.remembered
        if name not in remembered:
            if len(remembered) >= NAMES or len(name) > LONGEST:
                return None
            close = get_close_matches(fold(name), self.by_fold, n=1)
            remembered[name] = self.by_fold[close[0]] if close else None
        return remembered[name]


def _notice(column: Column, lead: Mapping[str, Any], missing: list[str], unreadable: list[str]) -> None:
    """Note whether a column is not there, or holds what cannot be read."""
    value = lead.get(column.name)
    if value is not None:
        if column.read_one(value) is not None:
            return
        if column.kind in TYPED and not _says_missing(column, value):
            unreadable.append(column.name)
            return
    missing.append(column.name)


def _says_missing(column: Column, value: Any) -> bool:
    """No value at all, a placeholder, or one of the numbers that were declared to mean missing."""
    text = cells.text_of(value)
    if text is None:
        return True
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value in column.missing_numbers
    return (
        cells.clean(text) in column.missing_words
        or cells.parse_number(text, column.decimal, column.thousands) in column.missing_numbers
    )


ReadCode = Callable[[Mapping[str, Any], float | None], int]


def _reader(scorer: Scorer, feature: Feature) -> ReadCode:
    """What gives the code of a feature for a lead."""
    column = scorer.schema[feature.column]
    cell = _made if column.expression else column.read_one
    if feature.take == "age":
        return _age_reader(cell, feature, scorer)
    take, edges, missing, code_of = _TAKES[feature.take], feature.edges, feature.missing, feature.code_of
    other = feature.size - 1

    def code(value: Any) -> int:
        typed = cell(value)
        if typed is None:
            return missing
        return bisect_left(edges, take(typed)) + 1 if take else code_of.get(typed, other)

    return _remembering(feature.column, code, missing)


_TAKES: Final[Mapping[str, Callable[[Any], float] | None]] = {
    "level": None,
    "value": float,
    "length": len,
    "weekday": lambda moment: moment.isoweekday(),
    "hour": lambda moment: moment.hour,
}


def _remembering(name: str, code: Callable[[Any], int], missing: int) -> ReadCode:
    """Texts come back again and again, so that their codes are remembered."""
    remembered: dict[str, int] = {}

    def read(lead: Mapping[str, Any], at: float | None) -> int:
        value = lead.get(name)
        if value is None:
            return missing
        if type(value) is not str:
            return code(value)
        found = remembered.get(value)
        if found is None:
            found = code(value)
            if len(value) <= LONGEST and len(remembered) < REMEMBERED:
                remembered[value] = found
        return found

    return read


def _made(value: Any) -> Any:
    """A declared feature is typed already; what it gives is no cell, and no word of it means missing."""
    return value


def _age_reader(cell: Callable[[Any], Any], feature: Feature, scorer: Scorer) -> ReadCode:
    """Days from a date to the given moment, or to the lead's arrival, or to when the model was trained."""
    name, time, reference = feature.column, scorer.encoder.time, scorer.encoder.reference
    arrival = None if time is None else scorer.schema[time]

    def read(lead: Mapping[str, Any], at: float | None) -> int:
        moment, then = reference if at is None else at, cell(lead.get(name))
        if at is None and arrival is not None:
            arrived = arrival.read_one(lead.get(arrival.name))
            moment = None if arrived is None else seconds_of(arrived)
        if then is None or moment is None:
            return feature.missing
        return bisect_left(feature.edges, (moment - seconds_of(then)) / DAY) + 1

    return read


def _with_declared(scorer: Scorer, lead: Mapping[str, Any]) -> Mapping[str, Any]:
    """The lead with its declared features."""
    typed = {column.name: column.read_one(lead.get(column.name)) for column in scorer.schema.needed}
    made = {
        each.name: expressions.evaluate(each.expression, typed, each.fitted)
        for each in scorer.encoder.declared
    }
    return {**lead, **made}
