"""Five folds of the X Education leads: how well each model ranks, and whether its probabilities hold.

Each model is trained by `ll.train` on four folds, its own test and refit included, and scores the fifth; the
figures are of the pooled probabilities of all held-out leads.

python -m benchmarks.bench_folds [--ebm] [--only logistic,glassbox]
"""

from __future__ import annotations

import time
import warnings
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

import leadlight as ll
from benchmarks import leads, peers
from benchmarks.measure import Figure, report

FOLDS: Final = 5
BINS: Final = 10
AGAINST: Final = {
    "logistic": ("liblinear",),
    "glassbox_main": ("ebm", "liblinear"),
    "glassbox": ("ebm", "lightgbm"),
    "lightgbm": ("lightgbm",),
    "fast": ("lightgbm",),
}
"""Each of our models with its peer, the first of these that is measured."""
BARS: Final = {
    "logistic": {"AUC": 0.872, "log loss": 0.431, "ECE": 0.02},
    "glassbox": {"AUC": 0.877, "log loss": 0.423, "ECE": 0.02},
    "lightgbm": {"AUC": 0.879, "log loss": 0.420, "ECE": 0.02},
    "fast": {"AUC": 0.876, "log loss": 0.424, "ECE": 0.02},
}
CATBOOST_BARS: Final = {"lightgbm": {"AUC": 0.904}, "fast": {"AUC": 0.902}}

Floats = NDArray[np.float64]
Fold = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class Study:
    """Leads with some columns left out, and the folds they are divided into."""

    frame: pl.DataFrame
    outcome: NDArray[np.int64]
    folds: tuple[Fold, ...]


@dataclass(frozen=True)
class Held:
    """What a model says of the leads that it did not see, and the seconds it took to learn, a fold."""

    probability: Floats
    seconds: float


def study(without: Sequence[str]) -> Study:
    from sklearn.model_selection import StratifiedKFold

    frame = leads.typed().drop(without)
    outcome = frame[leads.TARGET].to_numpy()
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(outcome, outcome)
    return Study(frame, outcome, tuple(folds))


def ours(name: str, on: Study) -> Held:
    """As a user trains: the default is asked for by its name, any other as the one candidate."""
    probability, seconds = np.empty(len(on.outcome)), 0.0
    for learn, held in on.folds:
        start = time.perf_counter()
        models = name if name == "fast" else [name]
        model = ll.train(on.frame[learn], target=leads.TARGET, models=models, seed=0)
        seconds += time.perf_counter() - start
        probability[held] = model.score(on.frame[held])["probability"].to_numpy()
    return Held(probability, seconds / FOLDS)


def theirs(name: str, on: Study) -> Held:
    """The peer gets the same columns but the ids, which would only hurt it."""
    frame = on.frame.drop(leads.TARGET, leads.IDENTITY, leads.NUMBER).to_pandas()
    probability, seconds = np.empty(len(on.outcome)), 0.0
    for learn, held in on.folds:
        fitted, took = peers.learnt(name, frame.iloc[learn], on.outcome[learn])
        seconds += took
        probability[held] = fitted.predict_proba(frame.iloc[held])[:, 1]
    return Held(probability, seconds / FOLDS)


def expected_calibration_error(outcome: NDArray[np.int64], probability: Floats) -> float:
    """In ten bins of equal width: how far the mean probability is from the share that bought."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    off = [abs(float((outcome - probability)[bins == k].sum())) for k in range(BINS)]
    return sum(off) / len(outcome)


def quality(on: Study, held: Held) -> dict[str, float]:
    from sklearn.metrics import log_loss, roc_auc_score

    return {
        "AUC": float(roc_auc_score(on.outcome, held.probability)),
        "log loss": float(log_loss(on.outcome, held.probability)),
        "ECE": expected_calibration_error(on.outcome, held.probability),
        "s a fold": held.seconds,
    }


def figures(
    title: str, on: Study, names: Sequence[str], asked: Sequence[str], bars: dict[str, dict[str, float]]
) -> Iterator[Figure]:
    """Every model with its peer, in the same run."""
    found = {name: quality(on, theirs(name, on)) for name in asked}
    for name in names:
        peer = next((other for other in AGAINST[name] if other in found), "")
        for what, value in quality(on, ours(name, on)).items():
            yield Figure(
                f"{title}{name}: {what}",
                "",
                value,
                found[peer][what] if peer else None,
                bars.get(name, {}).get(what),
                lower_is_better=what != "AUC",
                against=peer,
            )


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--ebm", action="store_true", help="measure InterpretML's EBM too: 30 s a fold")
    parser.add_argument("--only", default=",".join(AGAINST), help="our models, parted by commas")
    given = parser.parse_args()
    names, asked = given.only.split(","), ["liblinear", "lightgbm", *(["ebm"] if given.ebm else [])]
    warnings.filterwarnings("ignore", module="sklearn|interpret|lightgbm")
    found = list(figures("", study(leads.SALES), names, asked, BARS))
    both = [name for name in names if name in CATBOOST_BARS]
    wider = study(leads.CATBOOST)
    found += figures("CatBoost's columns, ", wider, both, ["lightgbm"], CATBOOST_BARS)
    report("folds", found, keep=given.only == ",".join(AGAINST))


if __name__ == "__main__":
    main()
