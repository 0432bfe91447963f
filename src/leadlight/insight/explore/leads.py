"""The leads as exploring sees them: every column typed, the outcome where it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from leadlight.data import frame, rows
from leadlight.data.schema import Column

if TYPE_CHECKING:
    from leadlight.training.inspection import InspectedLeads

ROWS: Final = 200_000
HIDDEN: Final = ("id", "target", "personal", "owner", "contacted_at", "ignore")


@dataclass(frozen=True)
class ExploredLeads:
    """Typed columns and outcomes (1, 0, missing where open); of many leads, one in `every` is looked at."""

    raw: pl.DataFrame
    typed: pl.DataFrame
    outcome: np.ndarray
    columns: tuple[Column, ...]
    moment: np.ndarray | None
    every: int = 1

    @staticmethod
    def of(raw: pl.DataFrame, inspection: InspectedLeads) -> ExploredLeads:
        raw, outcome = _rows(raw, inspection)
        every = max(1, -(-raw.height // ROWS))
        raw, outcome = raw.gather_every(every), outcome[::every]
        columns = tuple(
            view.column
            for view in inspection.columns
            if view.column.name in raw.columns and view.column.name != inspection.target
        )
        typed = pl.DataFrame([column.read(raw[column.name]).alias(column.name) for column in columns])
        time = inspection.schema.name_of("time")
        moment = frame.seconds(typed[time]) if time in typed.columns else None
        return ExploredLeads(raw, typed, outcome, columns, moment, every)

    @property
    def height(self) -> int:
        return len(self.outcome)

    @property
    def decided(self) -> np.ndarray:
        """Which leads have an outcome."""
        known: np.ndarray = ~np.isnan(self.outcome)
        return known

    @property
    def rate(self) -> float | None:
        """The share of the decided leads that were won."""
        known = self.outcome[self.decided]
        return float(known.mean()) if len(known) else None

    @property
    def shown(self) -> tuple[Column, ...]:
        """The columns whose values may be shown: no ids, no people."""
        return tuple(column for column in self.columns if column.role not in HIDDEN)


def _rows(raw: pl.DataFrame, inspection: InspectedLeads) -> tuple[pl.DataFrame, np.ndarray]:
    """Decided leads, then open ones; rows of one id are made one, as in training."""
    target = inspection.meanings
    if target is None:
        return raw, np.full(raw.height, np.nan)
    schema = inspection.schema
    time = schema.name_of("time")
    moment = None if time is None else frame.seconds(schema[time].read(raw[time]))
    known = rows.prepare(raw, target, schema.name_of("id"), moment)
    outcome = np.concatenate([known.outcome, np.full(known.open.height, np.nan)])
    return pl.concat([known.frame, known.open]), outcome
