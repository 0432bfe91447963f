"""What went wrong with a column that moved: another unit, a number for missing, two swapped, frozen.

Each explanation is tried: the column is read as if it held, and it counts where that brings the values back
to what they were in training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.data.finding import Finding
from leadlight.insight.drift import Checks
from leadlight.model.encode import Codes, Feature

UNITS: Final = (1e3, 1e-3, 100.0, 0.01, 10.0, 0.1, 1e6, 1e-6, 60.0, 1 / 60, 24.0, 3_600.0, 1 / 3_600)
BETTER: Final = 0.25
SENTINEL: Final = 0.02
MOST: Final = 24
COMMON: Final = 8
RUN: Final = 50
SHARE_OF_RUN: Final = 0.1
SURE: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Faults:
    """The typed leads of a batch with the tests that their counts were put to."""

    checks: Checks
    typed: pl.DataFrame
    raw: pl.DataFrame
    codes: Codes
    order: np.ndarray | None
    moved: frozenset[str]
    judged: Sequence[int]
    """The features that are looked at, by place."""

    def found(self) -> Iterator[Finding]:
        """Every explanation that holds; a column is explained once."""
        explained: set[str] = set()
        for finding in (*self._renamed(), *self._swapped(), *self._units(), *self._sentinels()):
            if finding.column not in explained:
                yield finding
                explained |= {str(name) for name in (finding.column, finding.evidence.get("other")) if name}
        yield from self._frozen()

    def _features(self, *takes: str) -> list[tuple[int, Feature]]:
        features = [(k, self.checks.bundle.scorer.encoder.features[k]) for k in self.judged]
        return [(k, each) for k, each in features if each.take in takes and each.column in self.moved]

    def _counts(self, k: int, codes: np.ndarray) -> np.ndarray:
        return np.bincount(codes, minlength=self.checks.bundle.scorer.encoder.sizes[k])

    def _explains(self, k: int, codes: np.ndarray) -> bool:
        """Whether a feature read like this is as it was, or at least far nearer."""
        before = self.checks.gap_of(k, self.checks.counts.columns[k])
        after = self.checks.gap_of(k, self._counts(k, codes))
        return after.apart < BETTER * before.apart and (
            after.chance > self.checks.level or after.psi < before.psi * BETTER
        )

    def _units(self) -> Iterator[Finding]:
        for k, feature in self._features("value"):
            values = self.typed[feature.column].to_numpy()
            tried = [(self._apart(k, feature.code_numbers(values / unit)), unit) for unit in UNITS]
            _, unit = min(tried)
            if self._explains(k, feature.code_numbers(values / unit)):
                yield Finding(
                    "unit_changed",
                    "alarm",
                    feature.column,
                    f"{feature.column!r} holds numbers about {unit:g} times what they were in training.",
                    "Ask in which unit it is sent now, and have it sent as before.",
                    {"factor": unit},
                )

    def _apart(self, k: int, codes: np.ndarray) -> float:
        return self.checks.gap_of(k, self._counts(k, codes)).apart

    def _sentinels(self) -> Iterator[Finding]:
        """One number that is suddenly common, and without which all is as before."""
        for k, feature in self._features("value"):
            values = self.typed[feature.column].to_numpy()
            for number, rows in _most_common(values[~np.isnan(values)]):
                if rows >= SENTINEL * len(values) and self._stands_for_missing(k, feature, values, number):
                    yield _sentinel(feature.column, rows, len(values))
                    break

    def _stands_for_missing(self, k: int, feature: Feature, values: np.ndarray, number: float) -> bool:
        if _looks_like_code(number, feature):
            return True
        code = int(feature.code_numbers(np.array([number]))[0])
        before = self.checks.bundle.reference.features[k][code]
        if self.checks.counts.columns[k][code] / len(values) - before < SENTINEL:
            return False
        return self._explains(k, feature.code_numbers(np.where(values == number, np.nan, values)))

    def _swapped(self) -> Iterator[Finding]:
        """Two columns whose values belong to one another."""
        moved = self._features("value", "level")[:MOST]
        for (k, one), (other_k, other) in combinations(moved, 2):
            there = {one.column, other.column} <= set(self.raw.columns)
            if there and self._reads(k, one, other.column) and self._reads(other_k, other, one.column):
                yield Finding(
                    "columns_swapped",
                    "alarm",
                    one.column,
                    f"{one.column!r} and {other.column!r} hold each other's values.",
                    "Have the export name its columns right.",
                    {"other": other.column},
                )

    def _reads(self, k: int, feature: Feature, other: str) -> bool:
        column = self.checks.bundle.scorer.schema[feature.column]
        if column.expression:
            return False
        read = column.read(self.raw[other])
        codes = (
            feature.code_levels(read) if feature.take == "level" else feature.code_numbers(read.to_numpy())
        )
        return self._explains(k, codes)

    def _renamed(self) -> Iterator[Finding]:
        """A level that is gone where about as many leads hold one that nobody knows."""
        for k, feature in self._features("level"):
            if not feature.levels:
                continue
            counts, shares = self.checks.counts.columns[k], np.array(self.checks.bundle.reference.features[k])
            total = max(1, self.checks.counts.leads)
            lost = shares[1:-1] - counts[1:-1] / total
            place = int(np.argmax(lost)) + 1
            known = self.typed[feature.column]
            strange = known.filter((self.codes[:, k] == feature.size - 1) & known.is_not_null().to_numpy())
            word, rows = _most_common_word(strange)
            if counts[place] > 0.1 * shares[place] * total or rows < max(5, 0.02 * total):
                continue
            if self._explains(k, np.where(known.to_numpy() == word, place, self.codes[:, k])):
                level = self.checks.bundle.scorer.schema[feature.column].label(feature.levels[place - 1])
                yield Finding(
                    "level_renamed",
                    "alarm",
                    feature.column,
                    f"{feature.column!r} does not say {level!r} any more; {rows / total:.0%} of the leads"
                    " hold a value that the model never saw.",
                    "If it is a new name for the old, list it as an alias of the column in leadlight.toml.",
                    {"level": level, "rows": rows},
                )

    def _frozen(self) -> Iterator[Finding]:
        """One value from some lead on to the newest, where chance would have brought others."""
        if self.order is None or len(self.order) < RUN:
            return
        counts = self.checks.counts
        seen = {
            each.column
            for k, each in self._features("level", "value")
            if counts.columns[k].max() >= counts.leads
        }
        for k in self.judged:
            feature, codes = self.checks.bundle.scorer.encoder.features[k], self.codes[self.order, k]
            differs = np.flatnonzero(codes != codes[-1])
            run = len(codes) - 1 - int(differs[-1]) if len(differs) else len(codes)
            shares = self.checks.bundle.reference.features[k]
            usual = max(shares[codes[-1]], 1 / max(1, self.checks.bundle.reference.rows))
            needed = max(RUN, SHARE_OF_RUN * len(codes))
            if run >= needed and usual**run * len(codes) < SURE and feature.column not in seen:
                seen.add(feature.column)
                yield Finding(
                    "column_frozen",
                    "alarm",
                    feature.column,
                    f"{feature.column!r} says the same in all of the newest {run:,} leads.",
                    "Look whether what fills it still runs.",
                    {"leads": run},
                )


def _sentinel(column: str, rows: int, leads: int) -> Finding:
    return Finding(
        "number_for_missing",
        "alarm",
        column,
        f"{column!r} holds one number in {rows / leads:.0%} of the leads that was rare in training: it may"
        " stand for missing.",
        "Look at it; if it means missing, list it as a placeholder of the column in leadlight.toml, or have"
        " it sent as blank.",
        {"rows": rows},
    )


def _most_common(values: np.ndarray) -> list[tuple[float, int]]:
    """The numbers that most leads have, with how many have them."""
    distinct, counts = np.unique(values, return_counts=True)
    places = np.argsort(-counts, kind="stable")[:COMMON]
    return list(zip(distinct[places].tolist(), counts[places].tolist(), strict=True))


def _most_common_word(values: pl.Series) -> tuple[str, int]:
    counted = frame.counted(values)
    return (str(counted[0][0]), counted[0][1]) if counted else ("", 0)


def _looks_like_code(value: float, feature: Feature) -> bool:
    """A number such as -1 or 9999 that lies outside of all that the column had."""
    digits = Counter(f"{abs(value):g}")
    is_odd = value < 0 or (len(digits) == 1 and "9" in digits)
    low, high = (feature.edges[0], feature.edges[-1]) if feature.edges else (0.0, 0.0)
    return is_odd and bool(feature.edges) and (value < min(0.0, low) or value > high)
