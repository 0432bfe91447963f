"""Ours and theirs on the same folds of the same leads, and by how much one is ahead of the other.

What is compared are the pooled probabilities of all held-out leads. The interval of a difference comes from
drawing the leads again and again, the same for both; it uses nothing of ours, for a referee does not play.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

import leadlight as ll
from benchmarks import leads, peers

FOLDS: Final = 5
BINS: Final = 10
DRAWS: Final = 1_000
AT_ONCE: Final = 2_000_000
SETS: Final = ("fast", "all")
"""Names of several candidates at once; any other is the one candidate."""

Floats = NDArray[np.float64]
Outcomes = NDArray[np.int64]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class Contest:
    """Leads, how they ended, and the folds they are divided into; `aside` are ids, which peers do not get."""

    frame: pl.DataFrame
    target: str
    folds: Sequence[Fold]
    aside: Sequence[str] = ()
    keep: Sequence[str] = ()
    truth: Floats | None = None

    @property
    def outcome(self) -> Outcomes:
        return self.frame[self.target].to_numpy()

    @property
    def held(self) -> NDArray[np.intp]:
        """The rows that are looked at, fold by fold."""
        return np.concatenate([held for _, held in self.folds])


@dataclass(frozen=True)
class Held:
    """What a model says of the leads that it did not see, and the seconds it took to learn, a fold."""

    probability: Floats
    seconds: float


class Apart(NamedTuple):
    """The first figure less the second, and where it lies nine times in ten."""

    difference: float
    low: float
    high: float


def xeducation(without: Sequence[str], keep: Sequence[str] = ()) -> Contest:
    """The folds of the real leads."""
    frame = leads.typed().drop(without)
    aside = (leads.IDENTITY, leads.NUMBER)
    return Contest(frame, leads.TARGET, stratified(frame[leads.TARGET].to_numpy()), aside, keep)


def stratified(outcome: Outcomes) -> tuple[Fold, ...]:
    from sklearn.model_selection import StratifiedKFold

    return tuple(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(outcome, outcome))


def ours(name: str, on: Contest) -> Held:
    """As a user trains: a set is asked for by its name, any other as the one candidate."""
    probability, seconds = np.full(on.frame.height, np.nan), 0.0
    models = name if name in SETS else [name]
    for learn, held in on.folds:
        start = time.perf_counter()
        model = ll.train(on.frame[learn], target=on.target, models=models, keep=list(on.keep), seed=0)
        seconds += time.perf_counter() - start
        probability[held] = model.score(on.frame[held])["probability"].to_numpy()
    return Held(probability, seconds / len(on.folds))


def theirs(name: str, on: Contest) -> Held:
    """The peer gets the same columns but the ids, which would only hurt it."""
    frame = on.frame.drop(on.target, *on.aside).to_pandas()
    probability, seconds = np.full(on.frame.height, np.nan), 0.0
    for learn, held in on.folds:
        fitted, took = peers.learnt(name, frame.iloc[learn], on.outcome[learn])
        seconds += took
        probability[held] = fitted.predict_proba(frame.iloc[held])[:, 1]
    return Held(probability, seconds / len(on.folds))


def quality(on: Contest, held: Held) -> dict[str, float]:
    """Of the leads that are looked at."""
    from sklearn.metrics import log_loss, roc_auc_score

    outcome, probability = on.outcome[on.held], held.probability[on.held]
    return {
        "AUC": float(roc_auc_score(outcome, probability)),
        "log loss": float(log_loss(outcome, probability)),
        "ECE": expected_calibration_error(outcome, probability),
        "s a fold": held.seconds,
    }


def expected_calibration_error(outcome: Outcomes, probability: Floats) -> float:
    """In ten bins of equal width: how far the mean probability is from the share that bought."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    off = [abs(float((outcome - probability)[bins == k].sum())) for k in range(BINS)]
    return sum(off) / len(outcome)


def apart(on: Contest, one: Held, other: Held, draws: int = DRAWS) -> dict[str, Apart]:
    """AUC and log loss of one less those of the other, on leads drawn anew each time."""
    outcome = on.outcome[on.held]
    pair = [held.probability[on.held] for held in (one, other)]
    found: dict[str, list[Floats]] = {"AUC": [], "log loss": []}
    for counts in drawn(len(outcome), draws):
        areas = [areas_under(outcome, probability, counts) for probability in pair]
        found["AUC"].append(areas[0] - areas[1])
        loss = losses(outcome, pair[0]) - losses(outcome, pair[1])
        found["log loss"].append(counts @ loss / len(outcome))
    whole = [quality(on, held) for held in (one, other)]
    return {what: _between(whole[0][what] - whole[1][what], parts) for what, parts in found.items()}


def _between(difference: float, parts: Sequence[Floats]) -> Apart:
    low, high = np.quantile(np.concatenate(parts), [0.05, 0.95])
    return Apart(difference, float(low), float(high))


def drawn(rows: int, draws: int) -> Iterator[Floats]:
    """How often each lead is in each of the samples, some samples at a time."""
    dice = np.random.Generator(np.random.PCG64(0))
    size = max(1, AT_ONCE // rows)
    for start in range(0, draws, size):
        several = dice.integers(0, rows, (min(size, draws - start), rows))
        yield np.stack([np.bincount(one, minlength=rows) for one in several]).astype(np.float64)


def areas_under(outcome: Outcomes, score: Floats, counts: Floats) -> Floats:
    """The AUC of every sample, ties as halves."""
    order = np.argsort(score, kind="stable")
    ranked, won = score[order], outcome[order].astype(bool)
    starts = np.append(0, np.flatnonzero(ranked[1:] > ranked[:-1]) + 1)
    taken = counts[:, order]
    positive = np.add.reduceat(np.where(won, taken, 0.0), starts, axis=1)
    negative = np.add.reduceat(np.where(won, 0.0, taken), starts, axis=1)
    beaten = np.cumsum(negative, axis=1) - negative / 2
    area: Floats = (positive * beaten).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return area


def losses(outcome: Outcomes, probability: Floats) -> Floats:
    """The log loss lead by lead, of probabilities as far from 0 and 1 as scikit-learn keeps them."""
    least = np.finfo(np.float64).eps
    share = np.clip(probability, least, 1.0 - least)
    return -np.log(np.where(outcome == 1, share, 1.0 - share))
