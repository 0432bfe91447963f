"""What the audit looks at: the training part, raw, typed and coded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from leadlight.data.schema import Schema
from leadlight.training.audit import strength

ROWS: Final = 200_000
BLIND: Final = 50


@dataclass(frozen=True)
class AuditInput:
    """The training part in canonical order; repeated rows share a number in `groups`, leads of one
    person in `persons`.

    `codes` has a column a feature, code 0 for missing; `columns` names the source of each (a date has
    several). `keep` are the columns that the user wants in, `configured` those whose role the user set:
    no verdict overrules either. `drops_doubtful` leaves out suspects as well as leaks. `looks_ahead`
    says that the test leads are newer than all that is learnt from.
    """

    raw: pl.DataFrame
    typed: pl.DataFrame
    schema: Schema
    codes: np.ndarray
    columns: tuple[str, ...]
    sizes: tuple[int, ...]
    outcome: np.ndarray
    groups: np.ndarray
    persons: np.ndarray | None = None
    moment: np.ndarray | None = None
    keep: frozenset[str] = field(default_factory=frozenset)
    drops_doubtful: bool = False
    looks_ahead: bool = False
    configured: frozenset[str] = field(default_factory=frozenset)
    late: Mapping[str, float] = field(default_factory=dict)
    """The share of a column's values that came more than a day after the lead, where its history tells."""

    @property
    def height(self) -> int:
        return len(self.outcome)

    @property
    def won(self) -> int:
        return int(self.outcome.sum())

    @property
    def lost(self) -> int:
        return self.height - self.won

    @property
    def is_blind(self) -> bool:
        """Whether so few ended one way that leaks look like luck."""
        return min(self.won, self.lost) < BLIND

    @cached_property
    def fold(self) -> np.ndarray:
        """A fold for each row, for the strength of single columns."""
        return strength.folds(self.groups, strength.FOLDS)

    @cached_property
    def parts(self) -> dict[str, list[np.ndarray]]:
        """The codes of each source column, those of numbers in fewer bins."""
        bins = strength.bins_for(self.outcome)
        found: dict[str, list[np.ndarray]] = {}
        for k, (name, size) in enumerate(zip(self.columns, self.sizes, strict=True)):
            codes = self.codes[:, k].astype(np.int64)
            part = codes if self.has_levels(name) else strength.coarse(codes, size, bins)
            found.setdefault(name, []).append(part)
        return found

    def fine(self, name: str) -> list[np.ndarray]:
        """The codes of a number in all bins: it may be a code that has no order."""
        if self.schema[name].kind != "number":
            return []
        return [self.codes[:, k].astype(np.int64) for k, column in enumerate(self.columns) if column == name]

    def has_levels(self, name: str) -> bool:
        return self.schema[name].kind in ("category", "flag")

    def is_settled(self, name: str) -> bool:
        """Whether the user has already said what becomes of a column."""
        return name in self.keep or name in self.configured

    def missing(self, name: str) -> np.ndarray:
        """Which rows have no value in a column."""
        if name in self.typed.columns:
            return self.typed[name].is_null().to_numpy()
        if name in self.raw.columns:
            return self.schema[name].read(self.raw[name]).is_null().to_numpy()
        gone: np.ndarray = self.codes[:, self.columns.index(name)] == 0
        return gone

    def thinned(self, rows: int = ROWS) -> AuditInput:
        """Every so many rows, so that the time of an audit has a bound."""
        stride = -(-self.height // rows)
        if stride <= 1:
            return self
        return replace(
            self,
            raw=self.raw.gather_every(stride),
            typed=self.typed.gather_every(stride),
            codes=self.codes[::stride],
            outcome=self.outcome[::stride],
            groups=self.groups[::stride],
            persons=None if self.persons is None else self.persons[::stride],
            moment=None if self.moment is None else self.moment[::stride],
        )
