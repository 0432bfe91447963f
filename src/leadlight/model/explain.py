"""Reasons: what each column of a lead does to its odds, in the words of the CRM.

The base odds times all factors are the odds of the probability shown.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells, frame
from leadlight.data.schema import GROUPS
from leadlight.model.encode import Codes
from leadlight.model.scorer import Scorer

CALIBRATION: Final = "Calibration"
_LOWEST, _HIGHEST = -9, 9


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


def groups(scorer: Scorer, codes: Codes) -> pl.DataFrame:
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
        self.starts = pl.Series([f"{name} = " for name in (*scorer.columns, CALIBRATION)], dtype=pl.String)
        self.endings = pl.Series(
            [
                f": odds x {_written(power, digits)}"
                for power in range(_LOWEST, _HIGHEST + 2)
                for digits in range(10, 100)
            ]
        )

    def of(self, raw: pl.DataFrame, codes: Codes) -> pl.DataFrame:
        """reason_1 .. reason_N; empty where a lead has fewer."""
        parts = self.scorer.contributions(codes)
        strength = np.abs(parts)
        values = self._values(raw, codes)
        columns = {}
        rows = np.arange(len(codes))
        for rank in range(1, self.count + 1):
            chosen = strength.argmax(axis=1)
            columns[f"reason_{rank}"] = self._text(
                parts[rows, chosen], chosen, values, strength[rows, chosen]
            )
            strength[rows, chosen] = -1.0
        empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(codes))
        return pl.DataFrame(columns | {f"reason_{k}": empty for k in range(self.count + 1, self.asked + 1)})

    def _values(self, raw: pl.DataFrame, codes: Codes) -> pl.Series:
        """The own value of each lead in each column, one column after another."""
        blank = pl.Series([None], dtype=pl.String).new_from_index(0, raw.height)
        pieces = []
        for name in self.scorer.columns:
            column = self.scorer.schema[name]
            if column.expression:
                piece = pl.Series([column.expression], dtype=pl.String).new_from_index(0, raw.height)
            else:
                source = frame.as_text(raw[name]) if name in raw.columns else blank
                piece = frame.map_distinct(source, lambda text: shown(text, column.missing_words), pl.String)  # noqa: B023
            pieces.append(self._marked(name, piece.fill_null("missing"), codes).alias("value"))
        pieces.append(pl.Series("value", ["all leads with this score"]).new_from_index(0, raw.height))
        return pl.concat(pieces)

    def _marked(self, name: str, piece: pl.Series, codes: Codes) -> pl.Series:
        for k, feature in enumerate(self.scorer.encoder.features):
            if feature.column == name and feature.take == "level":
                rare = (codes[:, k] == feature.size - 1) & (piece != "missing").to_numpy()
                if rare.any():
                    return piece + pl.Series(["", " (rare)"]).gather(rare.astype(np.uint32))
        return piece

    def _text(
        self, part: np.ndarray, chosen: np.ndarray, values: pl.Series, strength: np.ndarray
    ) -> pl.Series:
        start = self.starts.gather(chosen)
        value = values.gather(chosen * len(part) + np.arange(len(part)))
        text = start + value + self.endings.gather(_ending(np.exp(part)))
        return text.set(pl.Series(strength <= 0.0), None)


def _ending(odds: np.ndarray) -> np.ndarray:
    """Where the text of a factor stands among the endings (the same digits as `factor`)."""
    power = np.clip(np.floor(np.log10(odds)), _LOWEST, _HIGHEST)
    digits = np.rint(odds / 10.0 ** (power - 1))
    over = digits >= 100
    power, digits = np.where(over, power + 1, power), np.where(over, np.rint(digits / 10), digits)
    place: np.ndarray = (power - _LOWEST) * 90 + np.clip(digits, 10, 99) - 10
    return place.astype(np.intp)
