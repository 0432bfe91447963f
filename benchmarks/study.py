"""One published study: its columns, splits of the leads as it made them and honest ones, and a model on each.

A split is learnt from without a look at its other part: where the line is drawn comes from leads that a model
had not seen, within the part that is learnt from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks import leads
from leadlight.data import infer, rows, split
from leadlight.data.schema import Schema
from leadlight.model import calibrate, metrics
from leadlight.model.encode import Encoder
from leadlight.training import candidates, stack
from leadlight.training.candidates import FoldedLeads, OutOfFold
from leadlight.training.learners import ENSEMBLE
from leadlight.training.recipe import Recipe

SHARE: Final = 0.3
INNER: Final = 3

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Parts:
    """Margins with their outcomes: of the rows learnt from, of the same unseen, of those held out."""

    train: tuple[Floats, Floats]
    validation: tuple[Floats, Floats]
    test: tuple[Floats, Floats]


@dataclass(frozen=True)
class Columns:
    """The leads with the columns of a study, all of them used: no audit, as the study made none."""

    without: Sequence[str]

    @cached_property
    def raw(self) -> pl.DataFrame:
        leads_as_text = pl.read_csv(leads.path(), infer_schema=False)
        return leads_as_text.drop(leads.IDENTITY, leads.NUMBER, *self.without)

    @cached_property
    def outcome(self) -> Floats:
        return self.raw[leads.TARGET].cast(pl.Float64).to_numpy()

    @cached_property
    def schema(self) -> Schema:
        return Schema(
            tuple(
                replace(column, role="ignore" if column.name == leads.TARGET else "feature")
                for column in infer.columns(self.raw)
            )
        )

    @cached_property
    def typed(self) -> pl.DataFrame:
        return self.schema.apply(self.raw)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """Rows that are equal in every column have one number."""
        return rows.groups(self.raw, [name for name in self.raw.columns if name != leads.TARGET])

    @property
    def repeated(self) -> float:
        """The share of the rows that equal another one."""
        counts = np.unique(self.groups, return_counts=True)[1]
        return float(counts[counts > 1].sum() / counts.sum())


def at_random(columns: Columns, count: int) -> Iterator[Flags]:
    """Which rows are held out, as the studies do it: each row by itself."""
    size = len(columns.outcome)
    for seed in range(count):
        held = np.zeros(size, dtype=bool)
        held[np.random.Generator(np.random.PCG64(seed)).permutation(size)[: round(SHARE * size)]] = True
        yield held


def grouped(columns: Columns, count: int) -> Iterator[Flags]:
    """Equal rows stay together; each group has one draw, so that large ones are not held out more often."""
    groups, index = np.unique(columns.groups, return_inverse=True)
    for seed in range(count):
        draws = np.random.Generator(np.random.PCG64(seed)).random(len(groups))
        yield split.hold_out(columns.groups, draws[index], SHARE)


SPLITS: Final[Mapping[str, Callable[[Columns, int], Iterator[Flags]]]] = {
    "random": at_random,
    "grouped": grouped,
}


def learnt(family: str, columns: Columns, held: Flags) -> Parts:
    """A model of the rows that are not held out, calibrated on what it says of them unseen."""
    typed, outcome = columns.typed.filter(~held), columns.outcome[~held]
    draws = np.random.Generator(np.random.PCG64(0)).random(len(outcome))
    part = FoldedLeads(typed, outcome, split.stratified(columns.groups[~held], outcome, draws, INNER))
    unseen = out_of_fold(family, part, columns.schema)
    calibrator = calibrate.choose(outcome[unseen.rows], unseen.raw, unseen.fold)
    encoder = Encoder.fit(typed, columns.schema)
    codes = encoder.apply(typed)
    learner = unseen.recipe.learn(codes, outcome, encoder)
    new = learner.margin(encoder.apply(columns.typed.filter(held)))
    return Parts(
        (outcome, calibrator.apply(learner.margin(codes))),
        (outcome[unseen.rows], unseen.margin),
        (columns.outcome[held], calibrator.apply(new)),
    )


def out_of_fold(family: str, part: FoldedLeads, schema: Schema) -> OutOfFold:
    """What a family says of each row from the others; an ensemble first needs its members."""
    recipes = [Recipe(name) for name in stack.learnt([family])]
    coded = candidates.coded(part, schema)
    found = candidates.out_of_fold(recipes, part, coded)
    return stack.stacked(found, part.outcome) if family == ENSEMBLE else found[0]


def figures(outcome: Floats, margin: Floats, cut: float = 0.0) -> Mapping[str, float]:
    """Accuracy, precision, recall and F1 of both outcomes at a cut, and what depends on none."""
    confusion = metrics.Confusion.of(outcome, margin >= cut)
    return {**confusion.rates, "gini": metrics.gini(outcome, margin)}


def best_cut(outcome: Floats, margin: Floats, precision: float) -> float:
    """The lowest cut above which so many in a hundred convert; above all leads where there is none."""
    places, positive, negative = metrics.steps(outcome, margin)
    hits, calls = (np.cumsum(each[::-1])[::-1] for each in (positive, positive + negative))
    sure = np.flatnonzero(hits >= precision * calls)
    return float(places[sure[0]]) if len(sure) else np.inf


def recall_at(outcome: Floats, margin: Floats, precision: float) -> float:
    """The largest share of those who convert that can be called at so high a precision."""
    cut = best_cut(outcome, margin, precision)
    return float((margin[outcome > 0] >= cut).mean())


@dataclass(frozen=True)
class Spread:
    """A figure over the splits, and in what share of them the study's is reached."""

    mean: float
    low: float
    high: float
    reached: float | None

    @staticmethod
    def of(values: Sequence[float], theirs: float | None) -> Spread:
        found = np.asarray(values, dtype=np.float64)
        low, high = np.quantile(found, [0.05, 0.95])
        share = None if theirs is None else float((found >= theirs).mean())
        return Spread(float(found.mean()), float(low), float(high), share)
