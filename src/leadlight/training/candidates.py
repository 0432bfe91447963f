"""How well each family does on leads it has not learnt from, and which of them is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from leadlight.data.schema import Schema
from leadlight.data.split import Fold, blocks, counted_once, is_mostly_repeated
from leadlight.errors import DependencyError, TrainingError
from leadlight.model.blend import Blend, Learner
from leadlight.model.calibrate import Calibrator
from leadlight.model.encode import SUPPORT, Codes, Encoder
from leadlight.model.training_record import READABLE
from leadlight.model.trees import Trees
from leadlight.training.difference import LOWER_IS_BETTER, Difference, paired_difference
from leadlight.training.learners import BY_HAND, FAMILIES, LIBRARIES, SETS
from leadlight.training.progress import Progress
from leadlight.training.recipe import Recipe
from leadlight.training.select import ColumnSelection, Pick

SIMPLICITY: Final = tuple(FAMILIES)
FAVOURITE: Final = "glassbox"
AT_ONCE: Final = 2
MOST_CELLS: Final = 6_000_000
"""With more of them in a fold one is learnt at a time: what learners lay out beside them fills the memory."""
SILENT: Final = Progress()


@dataclass(frozen=True)
class FoldedLeads:
    """Typed rows with what folds and learners need to know of them."""

    typed: pl.DataFrame
    outcome: np.ndarray
    folds: Sequence[Fold]
    groups: np.ndarray | None = None
    support: int = SUPPORT

    @property
    def blocks(self) -> np.ndarray:
        """What comes and goes together: equal rows, unless most are."""
        return np.arange(len(self.outcome)) if self.groups is None else blocks(self.groups)

    @property
    def firsts(self) -> np.ndarray:
        """One row of each group of equal ones; all rows where most are equal."""
        return np.flatnonzero(self.once(np.arange(len(self.outcome))))

    def once(self, rows: np.ndarray) -> np.ndarray:
        """Which of these rows count, where equal ones count once; all where most are equal."""
        if self.groups is None or is_mostly_repeated(self.groups):
            return np.ones(len(rows), dtype=bool)
        return counted_once(self.groups[rows])


@dataclass(frozen=True)
class CodedFold:
    """The rows of one fold in the codes that its own training rows ask for."""

    encoder: Encoder
    seen: Codes
    outcome: np.ndarray
    unseen: Codes
    selection: ColumnSelection | None = None

    @staticmethod
    def of(part: FoldedLeads, fold: Fold, encoder: Encoder, codes: Codes) -> CodedFold:
        """Of rows that have their codes already."""
        seen, unseen = np.asfortranarray(codes[fold.train]), np.asfortranarray(codes[fold.validation])
        return CodedFold(encoder, seen, part.outcome[fold.train], unseen)

    def margin(self, recipe: Recipe) -> np.ndarray:
        """What a model of the training rows says of the others; nothing where they teach nothing."""
        if not self.encoder.features or self.outcome.all() or not self.outcome.any():
            return np.zeros(len(self.unseen))
        return margin_once(recipe.learn(self.seen, self.outcome, self.encoder), self.unseen)

    def with_columns_of(self, selection: ColumnSelection) -> CodedFold:
        """These rows with the chosen columns only."""
        features = self.encoder.features
        places = [k for k, feature in enumerate(features) if feature.column in selection.kept]
        encoder = replace(self.encoder, features=tuple(features[k] for k in places))
        return CodedFold(encoder, self.seen[:, places], self.outcome, self.unseen[:, places], selection)


@dataclass(frozen=True)
class OutOfFold:
    """Margins of unseen rows: `raw` as learnt, `margin` under the line that the other folds ask for.

    `learnt` is from how many rows each margin was learnt.
    """

    recipe: Recipe
    rows: np.ndarray
    fold: np.ndarray
    raw: np.ndarray
    margin: np.ndarray
    learnt: np.ndarray
    seconds: float

    @property
    def family(self) -> str:
        return self.recipe.family

    def joined_by_test(
        self, learning: np.ndarray, testing: np.ndarray, raw: np.ndarray, margin: np.ndarray
    ) -> OutOfFold:
        """Numbered among all rows, with those of the test, which the whole training part was learnt for."""
        rows = np.concatenate([learning[self.rows], testing])
        order = np.argsort(rows, kind="stable")
        last = np.full(len(testing), self.fold.max() + 1)
        learnt = np.full(len(testing), len(learning))
        return OutOfFold(
            self.recipe,
            rows[order],
            np.concatenate([self.fold, last])[order],
            np.concatenate([self.raw, raw])[order],
            np.concatenate([self.margin, margin])[order],
            np.concatenate([self.learnt, learnt])[order],
            self.seconds,
        )


def margin_once(learner: Learner, codes: Codes) -> np.ndarray:
    """What `learner.margin` gives, bit for bit, of a model that is asked but once: it is not written out."""
    if isinstance(learner, Trees):
        return learner.walk(codes)
    if isinstance(learner, Blend):
        return learner.margin_by(margin_once, codes)
    return learner.margin(codes)


def names_of(models: str | Sequence[str], *, by_hand: bool = False) -> tuple[str, ...]:
    """The families asked for, simplest first; unknown names are refused with what there is.

    A set leaves out what is not installed; what is asked for by its name has to be. Where points were set by
    hand, every set holds the family of them.
    """
    listed = _listed(models)
    unknown = [name for name in listed if name not in FAMILIES and name not in SETS]
    if unknown or not listed:
        raise TrainingError(
            f"There is no model called {unknown[0]!r}." if unknown else "No model was asked for.",
            code="unknown_model",
            hint="The models are: " + ", ".join((*FAMILIES, *SETS)),
        )
    for name in listed:
        LIBRARIES.get(name, _nothing)()
    missing = {each["name"] for each in left_out(models)}
    asked = {name for each in listed for name in SETS.get(each, (each,))} - missing
    if by_hand and any(each in SETS for each in listed):
        asked |= set(BY_HAND)
    return tuple(name for name in SIMPLICITY if name in asked)


def left_out(models: str | Sequence[str]) -> list[dict[str, str]]:
    """The families of the sets asked for whose library is not installed, with what to do."""
    named = dict.fromkeys(name for each in _listed(models) for name in SETS.get(each, ()))
    problems = {name: _problem(name) for name in named}
    return [{"name": name, "hint": each.hint or ""} for name, each in problems.items() if each]


def is_installed(name: str) -> bool:
    return _problem(name) is None


def _problem(name: str) -> DependencyError | None:
    try:
        LIBRARIES.get(name, _nothing)()
    except DependencyError as problem:
        return problem
    return None


def _listed(models: str | Sequence[str]) -> list[str]:
    listed = models.split(",") if isinstance(models, str) else models
    return [each.strip() for each in listed]


def _nothing() -> None:
    """No library to look for."""


def coded(part: FoldedLeads, schema: Schema, pick: Pick | None = None) -> list[CodedFold]:
    """Learn bins and levels, and which columns are needed, on each fold's training rows."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(partial(_coded, part, schema, pick), part.folds))


def _coded(part: FoldedLeads, schema: Schema, pick: Pick | None, fold: Fold) -> CodedFold:
    learning = part.typed[fold.train.tolist()]
    encoder = Encoder.fit(learning, schema, support=part.support)
    unseen = encoder.apply(part.typed[fold.validation.tolist()])
    found = CodedFold(encoder, encoder.apply(learning), part.outcome[fold.train], unseen)
    return found if pick is None else found.with_columns_of(pick(found.seen, found.outcome, encoder))


def out_of_fold(
    recipes: Sequence[Recipe], part: FoldedLeads, folds: Sequence[CodedFold], watch: Progress = SILENT
) -> list[OutOfFold]:
    """Learn by each recipe on each fold's training rows, and look at the others."""
    found = []
    is_large = any(fold.seen.size > MOST_CELLS for fold in folds)
    with ThreadPoolExecutor(1 if is_large else AT_ONCE) as pool:
        for recipe in recipes:
            watch.observe(f"{recipe.family}, {len(folds)} folds")
            start = watch.clock()
            raw = list(pool.map(lambda fold, recipe=recipe: fold.margin(recipe), folds))
            seconds = (watch.clock() - start) / len(folds)
            found.append(calibrated(recipe, part, raw, seconds))
    return found


def parted(fold: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each fold which rows are in it, and which in the others; where it is the only one, its own."""
    for held in np.unique(fold):
        out = fold == held
        yield out, ~out if (~out).any() else out


def calibrated(recipe: Recipe, part: FoldedLeads, margins: Sequence[np.ndarray], seconds: float) -> OutOfFold:
    """Each fold's margins under the line that the other folds ask for."""
    rows = np.concatenate([fold.validation for fold in part.folds])
    sizes = [len(fold.validation) for fold in part.folds]
    fold = np.repeat(np.arange(len(part.folds)), sizes)
    learnt = np.repeat([len(fold.train) for fold in part.folds], sizes)
    raw, outcome = np.concatenate(margins), part.outcome[rows]
    margin = np.empty_like(raw)
    for out, others in parted(fold):
        margin[out] = Calibrator.fit(outcome[others], raw[others]).apply(raw[out])
    order = np.argsort(rows, kind="stable")
    return OutOfFold(recipe, rows[order], fold[order], raw[order], margin[order], learnt[order], seconds)


def paired_gap(one: OutOfFold, other: OutOfFold, part: FoldedLeads, metric: str, seed: int = 0) -> Difference:
    """The first one's figure less the other's, on the rows that both did not learn from.

    Equal leads count once: they lie in one fold together, so three hundred of them are one question, not
    three hundred answers.
    """
    counted = part.once(one.rows)
    seen, fold = part.outcome[one.rows][counted], one.fold[counted]
    return paired_difference(seen, one.margin[counted], other.margin[counted], metric, seed, folds=fold)


def choose(candidates: Sequence[OutOfFold], part: FoldedLeads, metric: str, seed: int) -> OutOfFold:
    """The best of the models that can be read, unless others are more than a standard error ahead of it.

    Of those that cannot be read, the simplest within one standard error of the best.
    """

    def behind(one: OutOfFold, other: OutOfFold) -> tuple[float, float]:
        """How far `one` is behind `other`, and the standard error of that."""
        gap = paired_gap(other, one, part, metric, seed)
        return (-gap.difference if metric in LOWER_IS_BETTER else gap.difference), gap.standard_error

    def best_of(among: Sequence[OutOfFold]) -> OutOfFold:
        best = among[0]
        for other in among[1:]:
            gap = behind(best, other)[0]
            if gap > 0 or (gap == 0 and other.family == FAVOURITE):
                best = other
        return best

    best = best_of(candidates)
    close = [each for each in candidates if each is best or _is_close(*behind(each, best))]
    readable = [each for each in close if each.family in READABLE]
    return best_of(readable) if readable else min(close, key=lambda each: SIMPLICITY.index(each.family))


def _is_close(gap: float, error: float) -> bool:
    return gap <= error
