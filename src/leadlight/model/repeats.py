"""Leads that equal one another tell less than as many different ones: how much less, for the share of a part.

Equal leads come and go together. What a share is unsure by follows from the blocks that they make: how many
leads of a block are counted, and how many of these bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from leadlight.data import rows, split
from leadlight.data.schema import Schema
from leadlight.model import metrics
from leadlight.model.metrics import Flags, Floats

Blocks = NDArray[np.intp]
"""A number a lead: equal leads have the same."""


@dataclass(frozen=True)
class Repeats:
    """For each lead the size of its block, the block's won leads, and the square of these by its size."""

    size: Floats
    won: Floats
    square: Floats

    @staticmethod
    def of(y: Flags, blocks: ArrayLike | None) -> Repeats:
        """Of leads whose block is numbered; each for itself where nothing is said."""
        won = y.astype(np.float64)
        if blocks is None:
            return Repeats(np.ones(len(y)), won, won)
        _, place = np.unique(np.asarray(blocks), return_inverse=True)
        size, of_block = np.bincount(place), np.bincount(place, won)
        return Repeats(
            size[place].astype(np.float64),
            of_block[place].astype(np.float64),
            (of_block * of_block / np.maximum(size, 1))[place],
        )

    def among(self, rows: Any) -> Repeats:
        return Repeats(self.size[rows], self.won[rows], self.square[rows])

    def rate_interval(self, hits: int) -> tuple[float, float]:
        """Low and high of the share of these leads that bought."""
        count = len(self.size)
        if not count:
            return np.nan, np.nan
        share = hits / count
        spread = float((self.square - 2 * share * self.won + share * share * self.size).sum())
        return _wilson(hits, count, spread, float(self.size.sum()))

    def share_interval(self, called: Flags, hits: int, positives: int) -> tuple[float, float]:
        """Low and high of the share of all who bought that is called; a block is called whole."""
        if not positives:
            return np.nan, np.nan
        bought, found = float(self.square.sum()), float(self.square[called].sum())
        share = hits / positives
        spread = (1 - share) ** 2 * found + share**2 * (bought - found)
        return _wilson(hits, positives, spread, bought)


def equal_leads(raw: pl.DataFrame, *schemas: Schema) -> Blocks:
    """Blocks of leads that are equal in all that these models read; each alone if these are but profiles."""
    needed = {column.name for schema in schemas for column in schema.needed if column.role != "time"}
    return split.blocks(rows.groups(raw, sorted(needed & set(raw.columns))))


def _wilson(hits: int, of: int, spread: float, most: float) -> tuple[float, float]:
    """Wilson's interval of as many leads of their own as would be as unsure; `most` where all are alike."""
    share = hits / of
    effect = max(1.0, spread / (of * share * (1 - share)) if 0 < hits < of else most / of)
    low, high = metrics.wilson(hits / effect, of / effect)
    return float(low), float(high)
