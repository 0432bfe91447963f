"""What a deal with each lead is worth: what the lead says, else what was given, else what past deals were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import frame
from leadlight.data.schema import Schema
from leadlight.model.bundle import Bundle
from leadlight.model.metrics import Flags, Floats
from leadlight.model.outcome import known_outcomes

LEAST: Final = 20
"""So many won deals with a value say what a deal is worth on average; fewer do not."""

REALISED: Final = "realised value"
"""The column of a home's leads that says what the deals which were made came to."""


@dataclass(frozen=True)
class DealValues:
    """The worth of the deal with each lead, not a number where nobody knows it.

    `guessed` marks those that past deals stand for: a single one of these is off by `spread`, their mean by
    `error`, as standard deviations.
    """

    worth: Floats
    spread: Floats
    guessed: NDArray[np.bool_]
    error: float = 0.0

    @staticmethod
    def of(own: Floats, won: Flags, deal_value: float | None = None) -> DealValues:
        """`own` is what leads say, not a number where they say nothing; `won` marks deals that were made."""
        untold = np.isnan(own)
        worth, spread = own.copy(), np.zeros(len(own))
        past = own[won & (own > 0)]
        if deal_value is not None or len(past) < LEAST:
            worth[untold] = np.nan if deal_value is None else deal_value
            return DealValues(worth, spread, np.zeros(len(own), dtype=bool))
        worth[untold], spread[untold] = past.mean(), past.std(ddof=1)
        return DealValues(worth, spread, untold, float(past.std(ddof=1) / np.sqrt(len(past))))

    @staticmethod
    def each(worth: Floats) -> DealValues:
        """Of deals whose worth is known for sure, where it is known."""
        return DealValues(worth, np.zeros(len(worth)), np.zeros(len(worth), dtype=bool))

    def among(self, rows: Any) -> DealValues:
        """Those of some of the leads, in the order in which they are named."""
        return DealValues(self.worth[rows], self.spread[rows], self.guessed[rows], self.error)

    def filled(self, deal_value: float | None) -> DealValues:
        """With the value that was given, where no lead says another: a guess gives way to it."""
        if deal_value is None:
            return self
        untold = self.guessed | np.isnan(self.worth)
        return DealValues.each(np.where(untold, deal_value, self.worth))

    @property
    def or_nothing(self) -> Floats:
        """The worth of each, nothing where nobody knows it."""
        return np.nan_to_num(self.worth)

    @property
    def are_known(self) -> bool:
        """Whether anything is known of what a deal is worth."""
        return bool((self.worth > 0).any())


def values_of(bundle: Bundle, leads: pl.DataFrame, deal_value: float | None = None) -> DealValues:
    """Of leads as they came, decided and open: past deals stand for those that say nothing."""
    return DealValues.of(
        said_values(bundle.scorer.schema, leads), known_outcomes(bundle, leads) == 1.0, deal_value
    )


def said_values(schema: Schema, leads: pl.DataFrame) -> Floats:
    """What the leads say that a deal is worth, and what it came to where that is known.

    Not a number where they say nothing that can be read.
    """
    said = _said(schema, leads)
    if REALISED not in leads.columns or leads.schema[REALISED] != pl.Float64:
        return said
    came_to = leads[REALISED].fill_null(np.nan).to_numpy()
    return np.where(np.isfinite(came_to), came_to, said)


def _said(schema: Schema, leads: pl.DataFrame) -> Floats:
    name = schema.name_of("value")
    if name is None or name not in leads.columns:
        return np.full(leads.height, np.nan)
    column = schema[name]
    read: Floats = frame.numbers(leads[name], column.decimal, column.thousands).fill_null(np.nan).to_numpy()
    return read
