"""Reasons: what each column of a lead does to its odds, in the words of the CRM.

The base odds times all factors are the odds of the probability shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame
from leadlight.data.schema import GROUPS, Column
from leadlight.model.encode import Codes
from leadlight.model.scorer import Scorer

CALIBRATION: Final = "Calibration"
REMEMBERED: Final = 4096
_LOWEST, _HIGHEST = -9, 9
_TENS = np.array([10.0 ** (power - 1) for power in range(_LOWEST, _HIGHEST + 1)])


@dataclass(frozen=True)
class Reason:
    """One column of one lead: its value as it stands there and the factor on the odds."""

    column: str
    value: str
    odds: float

    @property
    def text(self) -> str:
        return f"{self.column} = {self.value}: odds x {factor(self.odds)}"

    def to_json(self) -> dict[str, Any]:
        return {"column": self.column, "value": self.value, "odds": self.odds, "text": self.text}


def factor(odds: float) -> str:
    """Two digits that count: 3.1, 0.32, 12."""
    power = max(_LOWEST, min(_HIGHEST, math.floor(math.log10(odds)))) if odds > 0 else _LOWEST
    digits = round(odds / 10.0 ** (power - 1))
    if digits >= 100:
        power, digits = power + 1, round(digits / 10)
    return _written(power, digits)


def factors(odds: np.ndarray) -> list[str]:
    """What `factor` writes, of many."""
    written = _factors()
    return [written[place] for place in _ending(odds).tolist()]


@cache
def _factors() -> tuple[str, ...]:
    return tuple(
        _written(power, digits) for power in range(_LOWEST, _HIGHEST + 2) for digits in range(10, 100)
    )


def _written(power: int, digits: int) -> str:
    return f"{digits * 10.0 ** (power - 1):.{max(0, 1 - power)}f}"


def shown(value: Any, missing: frozenset[str]) -> str:
    """A lead's own value as a reason shows it."""
    text = cells.text_of(value)
    plain = None if text is None else cells.trim(text)
    return "missing" if plain is None or cells.clean(plain) in missing else plain


def reasons_of(scorer: Scorer, record: Mapping[str, Any], codes: Codes) -> list[Reason]:
    """All reasons of one lead, strongest first; `codes` is its one row."""
    parts = scorer.contributions(codes)[0]
    reasons = [
        Reason(name, _value(scorer, name, record.get(name), codes[0]), math.exp(part))
        for name, part in zip((*scorer.columns, CALIBRATION), parts.tolist(), strict=True)
        if part
    ]
    return sorted(reasons, key=lambda reason: (-abs(math.log(reason.odds)), reason.column))


def _value(scorer: Scorer, name: str, value: Any, codes: np.ndarray) -> str:
    if name == CALIBRATION:
        return "all leads with this score"
    column = scorer.schema[name]
    text = column.expression or shown(value, column.missing_words)
    return f"{text} (rare)" if text != "missing" and _is_rare(scorer, name, codes) else text


def _is_rare(scorer: Scorer, name: str, codes: np.ndarray) -> bool:
    return any(
        feature.column == name and feature.take == "level" and code == feature.size - 1
        for feature, code in zip(scorer.encoder.features, codes.tolist(), strict=True)
    )


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


class Wording:
    """Reasons for whole batches as text columns, put together without a Python step a lead."""

    def __init__(self, scorer: Scorer, count: int) -> None:
        self.scorer = scorer
        self.count = min(count, len(scorer.columns) + 1)
        self.asked = count
        self.said = {
            name: lru_cache(REMEMBERED)(partial(_said, scorer.schema[name])) for name in scorer.columns
        }
        self.others = {
            feature.column: (k, feature.size - 1)
            for k, feature in enumerate(scorer.encoder.features)
            if feature.take == "level"
        }
        self.endings = pl.Series([f": odds x {written}" for written in _factors()])

    def of(self, raw: pl.DataFrame, codes: Codes) -> pl.DataFrame:
        """reason_1 .. reason_N; empty where a lead has fewer."""
        rows = len(codes)
        parts = self.scorer.contributions(codes)
        chosen = _strongest(parts, self.count)
        part = parts.T[chosen, np.arange(rows)].ravel()
        text = self._beginnings(raw, codes, chosen.ravel()) + self.endings.gather(_ending(np.exp(part)))
        text = text.set(pl.Series(part == 0.0), None)
        columns = {f"reason_{k + 1}": text.slice(k * rows, rows) for k in range(self.count)}
        empty = pl.Series([None], dtype=pl.String).new_from_index(0, rows)
        return pl.DataFrame(columns | {f"reason_{k}": empty for k in range(self.count + 1, self.asked + 1)})

    def _beginnings(self, raw: pl.DataFrame, codes: Codes, chosen: np.ndarray) -> pl.Series:
        """Column and own value of each reason, worked out column by column and put back in place."""
        order = np.argsort(chosen, kind="stable")
        ends = np.searchsorted(chosen[order], np.arange(len(self.scorer.columns)), side="right")
        pieces = [
            self._beginning(column, raw, codes, places % max(len(codes), 1))
            for column, places in enumerate(np.split(order, ends))
        ]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pl.concat(pieces).gather(back)

    def _beginning(self, column: int, raw: pl.DataFrame, codes: Codes, rows: np.ndarray) -> pl.Series:
        """The same of these rows, for one column."""
        if column == len(self.scorer.columns):
            return _constant(f"{CALIBRATION} = all leads with this score", len(rows))
        known = self.scorer.schema[self.scorer.columns[column]]
        if known.expression:
            return _constant(f"{known.name} = {known.expression}", len(rows))
        missing = f"{known.name} = missing"
        if known.name not in raw.columns:
            return _constant(missing, len(rows))
        texts = frame.as_text(raw[known.name].gather(rows))
        values = frame.map_distinct(texts, self.said[known.name], pl.String).fill_null(missing)
        if known.name not in self.others:
            return values
        feature, other = self.others[known.name]
        rare = np.flatnonzero(codes[rows, feature] == other)
        own = values.gather(rare)
        return values.scatter(rare, (own + " (rare)").set(own == missing, missing))


def _said(column: Column, text: str) -> str:
    return f"{column.name} = {shown(text, column.missing_words)}"


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


def _ending(odds: np.ndarray) -> np.ndarray:
    """Where the text of a factor stands among the endings (the same digits as `factor`)."""
    power = np.clip(np.floor(np.log10(odds)), _LOWEST, _HIGHEST).astype(np.intp)
    digits = np.rint(odds / _TENS.take(power - _LOWEST))
    over = digits >= 100
    power, digits = np.where(over, power + 1, power), np.where(over, np.rint(digits / 10), digits)
    place: np.ndarray = (power - _LOWEST) * 90 + np.clip(digits, 10, 99).astype(np.intp) - 10
    return place
