"""How well each family does on leads it has not learnt from, and the simplest one that is good enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import polars as pl

from leadlight.data.schema import Schema
from leadlight.data.split import Fold
from leadlight.errors import TrainingError
from leadlight.model.calibrate import Calibrator
from leadlight.model.difference import LOWER_IS_BETTER, paired_difference
from leadlight.model.encode import Codes, Encoder
from leadlight.model.learners import FAMILIES, SETS

Clock = Callable[[], float]
Observe = Callable[[str], None]
SIMPLICITY: Final = tuple(FAMILIES)
FAVOURITE: Final = "glassbox"
AT_ONCE: Final = 2


@dataclass(frozen=True)
class Part:
    """Typed rows with what folds and learners need to know of them."""

    typed: pl.DataFrame
    outcome: np.ndarray
    folds: Sequence[Fold]


@dataclass(frozen=True)
class OutOfFold:
    """Margins of unseen rows: `raw` as learnt, `margin` under the line that the other folds ask for."""

    family: str
    rows: np.ndarray
    fold: np.ndarray
    raw: np.ndarray
    margin: np.ndarray
    seconds: float


def names_of(models: str | Sequence[str]) -> tuple[str, ...]:
    """The families asked for, simplest first; unknown names are refused with what there is."""
    listed = models.split(",") if isinstance(models, str) else models
    asked = [name for each in listed for name in SETS.get(each.strip(), (each.strip(),))]
    unknown = [name for name in asked if name not in FAMILIES]
    if unknown or not asked:
        raise TrainingError(
            f"There is no model called {unknown[0]!r}." if unknown else "No model was asked for.",
            code="unknown_model",
            hint="The models are: " + ", ".join((*FAMILIES, *SETS)),
        )
    return tuple(name for name in SIMPLICITY if name in asked)


def out_of_fold(
    families: Sequence[str], part: Part, schema: Schema, seed: int, clock: Clock, observe: Observe
) -> list[OutOfFold]:
    """Learn each family on each fold's training rows; bins and levels are learnt there too."""
    rows = np.concatenate([fold.validation for fold in part.folds])
    fold_of = np.repeat(np.arange(len(part.folds)), [len(fold.validation) for fold in part.folds])
    found = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        coded = list(pool.map(lambda fold: _coded(part, fold, schema), part.folds))
        for family in families:
            observe(f"{family}, {len(part.folds)} folds")
            start = clock()
            learn = partial(_held_out, family, part.outcome, seed)
            raw = list(pool.map(learn, part.folds, coded))
            seconds = (clock() - start) / len(part.folds)
            found.append(_calibrated(family, rows, fold_of, np.concatenate(raw), part.outcome[rows], seconds))
    return found


def _held_out(
    family: str, outcome: np.ndarray, seed: int, fold: Fold, coded: tuple[Encoder, Codes, Codes]
) -> np.ndarray:
    encoder, seen, unseen = coded
    return FAMILIES[family](seen, outcome[fold.train], encoder, seed=seed).margin(unseen)


def _coded(part: Part, fold: Fold, schema: Schema) -> tuple[Encoder, Codes, Codes]:
    learning = part.typed[fold.train.tolist()]
    encoder = Encoder.fit(learning, schema)
    return encoder, encoder.apply(learning), encoder.apply(part.typed[fold.validation.tolist()])


def _calibrated(
    family: str, rows: np.ndarray, fold: np.ndarray, raw: np.ndarray, outcome: np.ndarray, seconds: float
) -> OutOfFold:
    """Each fold's margins under the line that the other folds ask for."""
    margin = np.empty_like(raw)
    for held in np.unique(fold):
        out = fold == held
        others = ~out if (~out).any() else out
        margin[out] = Calibrator.fit(outcome[others], raw[others]).apply(raw[out])
    order = np.argsort(rows, kind="stable")
    return OutOfFold(family, rows[order], fold[order], raw[order], margin[order], seconds)


def choose(candidates: Sequence[OutOfFold], outcome: np.ndarray, metric: str, seed: int) -> OutOfFold:
    """The simplest candidate within one standard error of the paired difference to the best."""
    seen, fold = outcome[candidates[0].rows], candidates[0].fold

    def behind(one: OutOfFold, other: OutOfFold) -> tuple[float, float]:
        """How far `one` is behind `other`, and the standard error of that."""
        gap = paired_difference(seen, other.margin, one.margin, metric, seed, folds=fold)
        return (-gap.difference if metric in LOWER_IS_BETTER else gap.difference), gap.standard_error

    best = candidates[0]
    for other in candidates[1:]:
        if behind(best, other)[0] > 0:
            best = other
    close = [each for each in candidates if each is best or _is_close(*behind(each, best))]
    simplest = min(close, key=lambda each: SIMPLICITY.index(each.family))
    tied = [each for each in close if each.family == FAVOURITE and behind(simplest, each)[0] == 0]
    return tied[0] if tied else simplest


def _is_close(gap: float, error: float) -> bool:
    return gap <= error
