"""Made-up leads whose true probability is known: how much of it is found, and whether intervals hold.

The truth at a score is the mean true probability of many new leads with nearly the same margin; an interval
covers it where that lies between its ends.

python -m benchmarks.bench_truth [--sizes 3000,10000,30000] [--seeds 4] [--fresh 100000]
"""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

import leadlight as ll
from benchmarks.measure import Figure
from benchmarks.reporting import report
from leadlight.data.sample import generate

TARGET: Final = "Converted"
TIME: Final = "Created"
SIZES: Final = (3_000, 10_000, 30_000)
USUAL: Final = 10_000
"""What `leadlight sample` makes when it is not told how many."""
SEEDS: Final = 4
FRESH: Final = 100_000
A_BAND: Final = 1_000
"""Leads whose margins count as the same: their mean truth is known to within half a hundredth."""
DEFAULT: Final = "fast"
MODELS: Final = ("glassbox", DEFAULT)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fresh:
    """Leads that no model has seen, with what is true of them."""

    leads: pl.DataFrame
    outcome: NDArray[np.int64]
    truth: Floats

    def newest(self) -> Fresh:
        """The last fifth: the made-up company sells better from month to month."""
        late = self.leads[TIME].rank("ordinal") > 0.8 * self.leads.height
        return Fresh(self.leads.filter(late), self.outcome[late.to_numpy()], self.truth[late.to_numpy()])


@dataclass(frozen=True)
class Found:
    """One model: how much AUC it leaves to the truth, and the share of leads whose interval covers.

    `covered` is of leads like those it was calibrated on, `later` of the newest ones, by folds along time.
    """

    models: str
    rows: int
    seed: int
    short: float
    covered: float
    later: float
    width: float


def fresh(rows: int) -> Fresh:
    made = generate(rows, seed=1_000)
    outcome = made.leads[TARGET].to_numpy()
    return Fresh(made.leads.drop(TARGET), outcome, made.truth["Probability"].to_numpy())


def found(models: str, rows: int, seed: int, new: Fresh) -> Found:
    asked, leads = models if models == DEFAULT else [models], generate(rows, seed=seed).leads
    alike = ll.train(leads, target=TARGET, models=asked, seed=seed, test="random").score(new.leads)
    model = ll.train(leads, target=TARGET, models=asked, seed=seed)
    scores, late = model.score(new.leads), new.newest()
    return Found(
        models,
        rows,
        seed,
        short=auc(new.outcome, new.truth) - auc(new.outcome, scores["probability"].to_numpy()),
        covered=coverage(alike, new.truth),
        later=coverage(model.score(late.leads), late.truth),
        width=float((alike["probability_high"] - alike["probability_low"]).to_numpy().mean()),
    )


def coverage(scores: pl.DataFrame, truth: Floats) -> float:
    """The share of leads whose interval holds the true rate at their score."""
    low, high = (scores[f"probability_{end}"].to_numpy() for end in ("low", "high"))
    there = truth_at(scores["probability"].to_numpy(), truth)
    return float(((low <= there) & (there <= high)).mean())


def truth_at(probability: Floats, truth: Floats) -> Floats:
    """E[truth | score] for each lead: the mean truth of the leads nearest in score."""
    order = np.argsort(probability, kind="stable")
    at = np.empty(len(truth))
    for band in np.array_split(order, max(len(order) // A_BAND, 1)):
        at[band] = truth[band].mean()
    return at


def auc(outcome: NDArray[np.int64], score: Floats) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(outcome, score))


def figures(each: list[Found]) -> list[Figure]:
    """The bars are for the worst default model at the usual size, and for the coverage over all.

    One model's interval covers for nearly all leads or for few, as its calibration is a little off or not:
    only the mean over many models says whether nine in ten hold.
    """
    told = [told_of(one) for one in each]
    worst = max((one.short for one in each if (one.rows, one.models) == (USUAL, DEFAULT)), default=np.nan)
    covered, later = (float(np.mean([getattr(one, what) for one in each])) for what in ("covered", "later"))
    return [
        *(figure for pair in told for figure in pair),
        Figure(f"AUC short of the truth's, the worst default of {USUAL:,} leads", "", worst, bar=0.01),
        Figure("leads whose 90 % interval covers, over all", "", covered, bar=0.85, lower_is_better=False),
        Figure("and not too many of them", "", covered, bar=0.95),
        Figure("leads to come, learnt along time: covers, over all", "", later, lower_is_better=False),
    ]


def told_of(one: Found) -> tuple[Figure, ...]:
    what = f"{one.models}, {one.rows:,} leads, seed {one.seed}: "
    return (
        Figure(what + "AUC short of the truth's", "", one.short),
        Figure(what + "leads whose interval covers", "", one.covered, lower_is_better=False),
        Figure(what + "leads to come whose interval covers", "", one.later, lower_is_better=False),
        Figure(what + "mean width of the interval", "", one.width),
    )


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--fresh", type=int, default=FRESH)
    given = parser.parse_args()
    sizes = tuple(map(int, given.sizes.split(",")))
    new = fresh(given.fresh)
    each = [
        found(models, rows, seed, new) for rows in sizes for seed in range(given.seeds) for models in MODELS
    ]
    report("truth", figures(each), keep=(sizes, given.seeds, given.fresh) == (SIZES, SEEDS, FRESH))


if __name__ == "__main__":
    main()
