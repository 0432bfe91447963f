"""Reasons: what each column of a lead does to its odds, in the words of the CRM.

The base odds times all factors are the odds of the probability shown. Which columns are reasons, in which
order and in which words is decided here and nowhere else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame
from leadlight.data.schema import GROUPS, Column
from leadlight.model.answer import DIGITS, POWERS, Reason, written_factor
from leadlight.model.encode import Codes
from leadlight.model.scorer import Scorer

CALIBRATION: Final = "Calibration"
EVERY_LEAD: Final = "all leads with this score"
REMEMBERED: Final = 4096
LONGEST: Final = 200
"""A text with more characters is not remembered."""
_TENS = np.array([10.0 ** (power - 1) for power in POWERS[:-1]])


class Reasoner:
    """The reasons of leads that come as dictionaries, one by one or some at a time."""

    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.others = _others(scorer)
        self.remembered: dict[str, dict[str, str]] = {name: {} for name in scorer.columns}

    def strongest(
        self, lead: Mapping[str, Any], codes: Sequence[int], parts: Sequence[float], count: int
    ) -> tuple[Reason, ...]:
        """The largest parts of one lead; of equal ones that of the first column."""
        strengths = list(map(abs, parts))
        chosen = sorted(range(len(parts)), key=strengths.__getitem__, reverse=True)[:count]
        tell = self.column_and_value
        return tuple(Reason(*tell(lead, codes, k), math.exp(parts[k])) for k in chosen if parts[k])

    def strongest_of_many(
        self, leads: Sequence[Mapping[str, Any]], codes: Codes, parts: np.ndarray, count: int
    ) -> list[tuple[Reason, ...]]:
        """What `strongest` gives of each."""
        chosen = np.argsort(-np.abs(parts), axis=1, kind="stable")[:, :count]
        strengths = np.take_along_axis(parts, chosen, axis=1).tolist()
        tell, exp = self.column_and_value, math.exp
        return [
            tuple(Reason(*tell(lead, row, k), exp(part)) for k, part in zip(places, own, strict=True) if part)
            for lead, row, places, own in zip(leads, codes.tolist(), chosen.tolist(), strengths, strict=True)
        ]

    def column_and_value(self, lead: Mapping[str, Any], codes: Sequence[int], column: int) -> tuple[str, str]:
        """The name of a source column and the lead's own value in it."""
        name = self.scorer.columns[column]
        known = self.scorer.schema[name]
        value = known.expression or self._shown(name, lead.get(name), known.missing_words)
        place, other = self.others.get(column, (0, -1))
        rare = codes[place] == other and value != "missing"
        return name, f"{value} (rare)" if rare else value

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


def shown(value: Any, missing: frozenset[str]) -> str:
    """A lead's own value as a reason shows it."""
    text = cells.text_of(value)
    plain = None if text is None else cells.trim(text)
    return "missing" if plain is None or cells.clean(plain) in missing else plain


def every_reason(scorer: Scorer, lead: Mapping[str, Any], codes: Codes) -> tuple[Reason, ...]:
    """All that moves one lead's odds, the bent part of the calibration last; `codes` is its one row."""
    parts = scorer.contributions(codes)[0].tolist()
    found = Reasoner(scorer).strongest(lead, codes[0].tolist(), parts, len(parts))
    bend = float(scorer.bend(codes)[0])
    return (*found, Reason(CALIBRATION, EVERY_LEAD, math.exp(bend))) if bend else found


def grouped_factors(scorer: Scorer, codes: Codes) -> pl.DataFrame:
    """The factor of each group of columns: fit x engagement x timing x source x base = the odds."""
    parts = scorer.contributions(codes)
    of = [scorer.schema[name].group for name in scorer.columns]
    return pl.DataFrame(
        {
            group: np.exp(parts[:, [k for k, other in enumerate(of) if other == group]].sum(axis=1))
            for group in GROUPS
        }
    )


def _others(scorer: Scorer) -> dict[int, tuple[int, int]]:
    """Of each source column of words: its place among the codes, and the code of all other words."""
    return {
        scorer.columns.index(feature.column): (place, feature.size - 1)
        for place, feature in enumerate(scorer.encoder.features)
        if feature.take == "level"
    }


@dataclass(frozen=True)
class BatchReasons:
    """The reasons of a batch, rank by rank: all first ones, then all second ones."""

    rows: int
    names: Sequence[str]
    chosen: np.ndarray
    beginnings: pl.Series
    part: np.ndarray

    def to_frame(self, count: int) -> pl.DataFrame:
        """reason_1 .. reason_N as texts; empty where a lead has fewer."""
        text = self.beginnings + _endings().gather(_ending(np.exp(self.part)))
        text = text.set(pl.Series(self.part == 0.0), None)
        found = len(self.part) // max(self.rows, 1)
        columns = {f"reason_{k + 1}": text.slice(k * self.rows, self.rows) for k in range(min(found, count))}
        empty = pl.Series([None], dtype=pl.String).new_from_index(0, self.rows)
        return pl.DataFrame(columns | {f"reason_{k + 1}": empty for k in range(len(columns), count)})

    def to_lists(self) -> list[list[Reason]]:
        """The reasons of each lead."""
        lengths = np.array([len(name) + len(_EQUALS) for name in self.names])[self.chosen]
        values = self.beginnings.str.slice(pl.Series(lengths)) if len(lengths) else self.beginnings
        names = [self.names[k] for k in self.chosen.tolist()]
        made = [
            Reason(name, value, math.exp(part)) if part else None
            for name, value, part in zip(names, values.to_list(), self.part.tolist(), strict=True)
        ]
        return [[each for each in made[row :: self.rows] if each] for row in range(self.rows)]


_EQUALS: Final = " = "


class BatchReasoner:
    """Reasons for whole batches, put together without a Python step a lead."""

    def __init__(self, scorer: Scorer, count: int) -> None:
        self.scorer = scorer
        self.count = min(count, len(scorer.columns))
        self.said = {
            name: lru_cache(REMEMBERED)(partial(_said, scorer.schema[name])) for name in scorer.columns
        }
        self.others = _others(scorer)

    def of(self, raw: pl.DataFrame, codes: Codes) -> BatchReasons:
        parts = self.scorer.contributions(codes)
        chosen = _strongest(parts, self.count)
        part = parts.T[chosen, np.arange(len(codes))].ravel()
        flat = chosen.ravel()
        return BatchReasons(len(codes), self.scorer.columns, flat, self._beginnings(raw, codes, flat), part)

    def _beginnings(self, raw: pl.DataFrame, codes: Codes, chosen: np.ndarray) -> pl.Series:
        """Column and own value of each reason, worked out column by column and put back in place."""
        order = np.argsort(chosen, kind="stable")
        ends = np.searchsorted(chosen[order], np.arange(len(self.scorer.columns) - 1), side="right")
        pieces = [
            self._beginning(column, raw, codes, places % max(len(codes), 1))
            for column, places in enumerate(np.split(order, ends))
        ]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pl.concat(pieces).gather(back)

    def _beginning(self, column: int, raw: pl.DataFrame, codes: Codes, rows: np.ndarray) -> pl.Series:
        """Column and own value of these rows, for one column."""
        known = self.scorer.schema[self.scorer.columns[column]]
        if known.expression:
            return _constant(f"{known.name}{_EQUALS}{known.expression}", len(rows))
        missing = f"{known.name}{_EQUALS}missing"
        if known.name not in raw.columns:
            return _constant(missing, len(rows))
        texts = frame.as_text(raw[known.name].gather(rows))
        values = frame.map_distinct(texts, self.said[known.name], pl.String).fill_null(missing)
        if column not in self.others:
            return values
        feature, other = self.others[column]
        rare = np.flatnonzero(codes[rows, feature] == other)
        own = values.gather(rare)
        return values.scatter(rare, (own + " (rare)").set(own == missing, missing))


def _said(column: Column, text: str) -> str:
    return f"{column.name}{_EQUALS}{shown(text, column.missing_words)}"


def _constant(text: str, rows: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, rows)


def _strongest(parts: np.ndarray, count: int) -> np.ndarray:
    """The places of the largest parts of each lead, a line a rank; of equal ones the first comes first."""
    strength = np.abs(parts, order="C")
    starts = np.arange(0, strength.size, strength.shape[1])
    chosen = np.empty((count, len(parts)), dtype=np.uint16)
    for rank in range(count):
        chosen[rank] = strength.argmax(axis=1)
        strength.put(starts + chosen[rank], -1.0)
    return chosen


@cache
def _endings() -> pl.Series:
    """How a reason may end, for `_ending` to choose from."""
    return pl.Series(
        [f": odds x {written_factor(power, digits)}" for power in POWERS for digits in DIGITS],
        dtype=pl.String,
    )


def _ending(odds: np.ndarray) -> np.ndarray:
    """Where the text of a factor stands among the endings (the digits that `factor` writes)."""
    lowest = POWERS[0]
    power = np.clip(np.floor(np.log10(odds)), lowest, POWERS[-2]).astype(np.intp)
    digits = np.rint(odds / _TENS.take(power - lowest))
    over = digits >= 100
    power, digits = np.where(over, power + 1, power), np.where(over, np.rint(digits / 10), digits)
    kept = np.clip(digits, DIGITS[0], DIGITS[-1]).astype(np.intp)
    place: np.ndarray = (power - lowest) * len(DIGITS) + kept - DIGITS[0]
    return place
