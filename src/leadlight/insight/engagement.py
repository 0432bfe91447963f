"""One score read as several: who leads are, what they did, when, and where they came from.

A sub-score is the score of a lead that is average in all but one group of columns. As odds, the base times
the factor of each group, and the bend of the calibration where there is one, are the odds of the lead.
The grid crosses fit (A to D) with engagement (1 to 4): the cuts are factors on the odds, so that a lead has
the same cell wherever it is scored, and a group that tells little puts nobody into its best or its worst row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import rows
from leadlight.data.schema import GROUPS
from leadlight.insight.population import GroupFigures, Population
from leadlight.insight.wording import counted, listed, with_span
from leadlight.model.encode import Codes
from leadlight.model.grade import rank
from leadlight.model.metrics import Flags, Floats
from leadlight.model.probability import probability
from leadlight.model.reasons import grouped_factors
from leadlight.model.scorer import Scorer

FIT: Final = ("A", "B", "C", "D")
ENGAGEMENT: Final = ("1", "2", "3", "4")
CUTS: Final = (2.0, 1.0, 0.5)
"""The first row at least doubles the odds, the second does not lower them, the last more than halves them."""
CELLS: Final = tuple(fit + engagement for fit in FIT for engagement in ENGAGEMENT)
PARTS: Final[Mapping[str, tuple[str, str]]] = {
    "good fit, little engagement": ("AB", "34"),
    "poor fit, much engagement": ("CD", "12"),
}
"""The two corners that one score hides: whom to wake, and whom to look at twice."""


@dataclass(frozen=True)
class GridCell:
    """The leads of one fit and one engagement."""

    name: str
    figures: GroupFigures

    def to_json(self) -> dict[str, Any]:
        return {"cell": self.name, **self.figures.to_json()}


@dataclass(frozen=True)
class ColumnGroup:
    """The columns of a group, and by which factor it moves the odds of a lead on average, up or down."""

    name: str
    columns: tuple[str, ...]
    factor: float

    def to_json(self) -> dict[str, Any]:
        return {"group": self.name, "columns": list(self.columns), "factor": self.factor}


@dataclass(frozen=True, eq=False)
class Engagement:
    """The grid, its rows and columns as a whole, and the sub-scores of each lead."""

    leads: pl.DataFrame
    groups: tuple[ColumnGroup, ...]
    cells: tuple[GridCell, ...]
    fit: tuple[GridCell, ...]
    engagement: tuple[GridCell, ...]
    parts: tuple[GridCell, ...]
    whole: GroupFigures

    def of(self, name: str) -> GroupFigures:
        """The figures of a cell."""
        return next(cell.figures for cell in self.cells if cell.name == name)

    def waiting(self, known: Population, cell: str) -> NDArray[np.intp]:
        """Where the open leads of a cell stand among those leads, best first."""
        here = np.flatnonzero((self.leads["cell"] == cell).to_numpy() & ~known.decided)
        return here[rank(known.scores.margin[here])]

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the grid says, in words."""
        return (
            *_missing_groups(self.groups),
            *_best_and_worst(self.cells),
            *map(_corner, self.parts),
            *_which_counts_more(self.parts),
        )

    def to_json(self) -> dict[str, Any]:
        """All but the leads."""
        return {
            "groups": [each.to_json() for each in self.groups],
            "cells": [each.to_json() for each in self.cells],
            "fit": [each.to_json() for each in self.fit],
            "engagement": [each.to_json() for each in self.engagement],
            "parts": [each.to_json() for each in self.parts],
            "whole": self.whole.to_json(),
            "sentences": list(self.sentences),
        }


def engagement(known: Population) -> Engagement:
    """The grid of these leads."""
    scorer = known.bundle.scorer
    factors = grouped_factors(scorer, known.codes)
    fit, active = (_rows(factors[name].to_numpy()) for name in ("fit", "engagement"))
    names = np.array(FIT)[fit].astype(object) + np.array(ENGAGEMENT)[active].astype(object)
    groups = tuple(_group(scorer, name, factors[name].to_numpy()) for name in GROUPS)
    return Engagement(
        leads=_identities(known).hstack(sub_scores(scorer, known.codes)).with_columns(cell=pl.Series(names)),
        groups=groups,
        cells=tuple(GridCell(name, known.figures(names == name)) for name in CELLS),
        fit=tuple(GridCell(name, known.figures(fit == k)) for k, name in enumerate(FIT)),
        engagement=tuple(GridCell(name, known.figures(active == k)) for k, name in enumerate(ENGAGEMENT)),
        parts=tuple(
            GridCell(name, known.figures(_among(fit, FIT, upper) & _among(active, ENGAGEMENT, side)))
            for name, (upper, side) in PARTS.items()
            if not _missing_groups(groups)
        ),
        whole=known.figures(np.ones(len(known), dtype=bool)),
    )


def sub_scores(scorer: Scorer, codes: Codes) -> pl.DataFrame:
    """A score from 0 to 100 for each group of columns, the base that they start from, and the calibration.

    With odds(s) = s / (100 - s): odds(base) x (odds(fit) / odds(base)) x ... x calibration = odds(score).
    """
    factors = grouped_factors(scorer, codes)
    told = {
        f"{name}_score": 100.0 * probability(scorer.base + np.log(factors[name].to_numpy()))
        for name in GROUPS
    }
    base = np.full(len(codes), 100.0 * probability(scorer.base))
    whole = 100.0 * probability(scorer.margin(codes))
    return pl.DataFrame(
        told | {"base_score": base, "calibration": np.exp(scorer.bend(codes)), "score": whole}
    )


def _rows(factor: Floats) -> NDArray[np.intp]:
    """0 for the best row, 3 for the last."""
    place: NDArray[np.intp] = np.sum([factor < cut for cut in CUTS], axis=0, dtype=np.intp)
    return place


def _among(place: NDArray[np.intp], names: tuple[str, ...], wanted: str) -> Flags:
    return np.isin(place, [names.index(name) for name in wanted])


def _identities(known: Population) -> pl.DataFrame:
    name = known.bundle.scorer.schema.name_of("id")
    if name is None or name not in known.raw.columns:
        return pl.DataFrame(height=len(known))
    return pl.DataFrame({name: rows.identities(known.raw[name])})


def _group(scorer: Scorer, name: str, factor: Floats) -> ColumnGroup:
    columns = tuple(column for column in scorer.columns if scorer.schema[column].group == name)
    return ColumnGroup(name, columns, float(np.exp(np.abs(np.log(factor)).mean())) if columns else 1.0)


def _missing_groups(groups: tuple[ColumnGroup, ...]) -> list[str]:
    empty = [each.name for each in groups if not each.columns and each.name in ("fit", "engagement")]
    if not empty:
        return []
    return [
        f"The model looks at no column of {listed(empty)}, so that the grid has one row for it. If one of its"
        ' columns belongs there, say group = "engagement" (or "fit") in leadlight.toml and train again.'
    ]


def _best_and_worst(cells: tuple[GridCell, ...]) -> list[str]:
    told = [cell for cell in cells if cell.figures.rate.value is not None]
    if len(told) < 2:
        return ["Too few leads are decided to say how the cells differ."]
    ranked = sorted(told, key=lambda cell: cell.figures.rate.value or 0.0)
    return [f"Of {_told(ranked[-1])}; of {_told(ranked[0])}."]


def _told(cell: GridCell) -> str:
    rate = cell.figures.rate
    return f"{cell.name} {with_span(rate.value, rate.low, rate.high)} bought"


def _corner(cell: GridCell) -> str:
    figures = cell.figures
    upper, side = PARTS[cell.name]
    rate = figures.rate
    bought = (
        with_span(rate.value, rate.low, rate.high) if rate.value is not None else "too few to say how many"
    )
    return (
        f"{cell.name.capitalize()} ({listed(upper)} with {listed(side)}):"
        f" {counted(figures.leads, 'lead')}, {figures.open:,} open; of the {figures.decided:,} decided"
        f" {bought} bought."
    )


def _which_counts_more(parts: tuple[GridCell, ...]) -> list[str]:
    """Said only where the intervals of the two corners do not touch."""
    if not parts:
        return []
    fit, active = (cell.figures.rate for cell in parts)
    if fit.low is None or fit.high is None or active.low is None or active.high is None:
        return []
    if active.low > fit.high:
        return [
            "What leads did tells more here than who they are: call the active ones of poor fit before"
            " the quiet ones of good fit."
        ]
    if fit.low > active.high:
        return [
            "Who leads are tells more here than what they did: wake the quiet ones of good fit before"
            " calling the active ones of poor fit."
        ]
    return []
