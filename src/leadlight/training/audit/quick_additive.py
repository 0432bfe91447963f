"""What columns are worth together: a quick additive model on codes, judged out of fold.

It only serves to compare sets of columns. Leaving one out starts from the fitted tables, so that
the price of each column is known in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from leadlight.training.audit.strength import area

FOLDS: Final = 3
SWEEPS: Final = 8
SHRINKAGE: Final = 3.0

Codes = Mapping[str, Sequence[np.ndarray]]
Tables = dict[str, list[np.ndarray]]


@dataclass(frozen=True)
class Worth:
    """The tables learnt without each fold, and the area under the curve on the folds left out."""

    codes: Codes
    outcome: np.ndarray
    fold: np.ndarray
    tables: tuple[Tables, ...]
    bases: tuple[float, ...]
    auc: float

    @staticmethod
    def fit(codes: Codes, outcome: np.ndarray, fold: np.ndarray) -> Worth:
        """Learn a table for each column."""
        return _swept(codes, outcome, fold, tuple({} for _ in range(FOLDS)), SWEEPS)

    def without(self, *columns: str) -> float:
        """The area that is left when these columns are dropped and the others take over what they can."""
        rest = {name: parts for name, parts in self.codes.items() if name not in columns}
        return _swept(rest, self.outcome, self.fold, self.tables, 2).auc

    def adding(self, column: str, parts: Sequence[np.ndarray]) -> float:
        """The area that is reached when a column comes on top."""
        return self.joined_by({column: parts}).auc

    def joined_by(self, more: Codes) -> Worth:
        """What is reached when columns come on top."""
        return _swept({**more, **self.codes}, self.outcome, self.fold, self.tables, 3)

    def margin(self) -> np.ndarray:
        """Of each row what the tables say that were learnt without its fold."""
        margin = np.zeros(len(self.outcome))
        for number, (tables, base) in enumerate(zip(self.tables, self.bases, strict=True)):
            out = self.fold == number
            margin[out] = base + _sum(self.codes, tables, out)
        return margin


def out_of_fold_margin(codes: Codes, outcome: np.ndarray) -> np.ndarray:
    """The log-odds of each row by tables that were learnt without it."""
    margin = np.zeros(len(outcome))
    fold = np.arange(len(outcome)) % FOLDS
    for number in range(FOLDS):
        seen = fold != number
        tables, base = _learnt(codes, outcome, seen, {}, SWEEPS)
        margin[~seen] = base + _sum(codes, tables, ~seen)
    return margin


def _swept(
    codes: Codes, outcome: np.ndarray, fold: np.ndarray, start: Sequence[Tables], sweeps: int
) -> Worth:
    learnt = [_learnt(codes, outcome, fold != number, start[number], sweeps) for number in range(FOLDS)]
    tables, bases = tuple(each for each, _ in learnt), tuple(base for _, base in learnt)
    found = Worth(codes, outcome, fold, tables, bases, 0.5)
    return replace(found, auc=area(outcome, found.margin())) if codes else found


def _learnt(
    codes: Codes, outcome: np.ndarray, seen: np.ndarray, start: Tables, sweeps: int
) -> tuple[Tables, float]:
    """Newton steps for one column after the other."""
    won = outcome[seen]
    share = min(max(float(won.mean()), 1e-3), 1.0 - 1e-3) if len(won) else 0.5
    base = float(np.log(share / (1.0 - share)))
    inputs = [(name, k, part[seen], int(part.max()) + 1) for name, k, part in _flat(codes)]
    tables = {name: [np.zeros(int(part.max()) + 1) for part in parts] for name, parts in codes.items()}
    tables |= {name: [table.copy() for table in parts] for name, parts in start.items() if name in codes}
    margin = base + _sum(codes, tables, seen)
    for _ in range(sweeps):
        for name, k, part, size in inputs:
            step = _step(part, size, won, margin, tables[name][k])
            tables[name][k] += step
            margin += step[part]
    return tables, base


def _step(part: np.ndarray, size: int, won: np.ndarray, margin: np.ndarray, table: np.ndarray) -> np.ndarray:
    chance = 1.0 / (1.0 + np.exp(-np.clip(margin, -30.0, 30.0)))
    slope = np.bincount(part, won - chance, size) - SHRINKAGE * table
    bend = np.bincount(part, chance * (1.0 - chance), size) + SHRINKAGE
    return np.clip(slope / bend, -2.0, 2.0)


def _flat(codes: Codes) -> list[tuple[str, int, np.ndarray]]:
    return [(name, k, part) for name, parts in codes.items() for k, part in enumerate(parts)]


def _sum(codes: Codes, tables: Tables, rows: np.ndarray) -> np.ndarray:
    total = np.zeros(int(rows.sum()))
    for name, k, part in _flat(codes):
        total += tables[name][k][part[rows]]
    return total
