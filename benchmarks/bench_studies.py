"""Three published studies of the X Education leads on their own columns: our figure, and how often theirs.

Random splits 70/30 as the studies made them, in which many held-out rows equal one that was learnt from, and
honest ones that keep equal rows together. Every figure is of the held-out rows unless it says otherwise;
nothing is tuned on them.

python -m benchmarks.bench_studies [--splits 100] [--grouped 20] [--slow 3] [--only logistic,catboost]
"""

from __future__ import annotations

import math
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from benchmarks import leads
from benchmarks.measure import Figure, Table
from benchmarks.reporting import report
from benchmarks.study import SPLITS, Columns, Flags, Parts, Spread, best_cut, figures, learnt, recall_at
from leadlight.training.learners import ENSEMBLE

COUNTS: Final = {"random": 100, "grouped": 20}
SLOW: Final = 3
QUICK: Final = "lightgbm"
"""What is held against the bars, on every random split."""
AT_ONCE: Final = 2
AT_35: Final = math.log(0.35 / 0.65)
HEAD: Final = ("model", "splits", "figure", "ours", "9 in 10 splits", "theirs", "reached in")

Told = Mapping[str, float]


def logistic(parts: Parts) -> Told:
    """The line where the study had it: at its precision, read off the held-out rows, or drawn beforehand."""
    ahead = figures(*parts.test, best_cut(*parts.validation, 0.725))
    return {
        "accuracy": figures(*parts.test)["accuracy"],
        "recall at precision 0.725": recall_at(*parts.test, 0.725),
        "precision, line drawn beforehand": ahead["precision"],
        "recall, line drawn beforehand": ahead["recall"],
    }


def precise(parts: Parts) -> Told:
    ahead, low = (figures(*parts.test, cut) for cut in (best_cut(*parts.validation, 0.94), AT_35))
    return {
        "recall at precision 0.94": recall_at(*parts.test, 0.94),
        **{f"{name}, line drawn beforehand": ahead[name] for name in ("precision", "recall", "accuracy")},
        **{f"{name}, line at 0.35": low[name] for name in ("precision", "recall", "accuracy")},
    }


def boosted(parts: Parts) -> Told:
    found = figures(*parts.test)
    return {
        "accuracy, rows learnt from": figures(*parts.train)["accuracy"],
        "accuracy, the same out of fold": figures(*parts.validation)["accuracy"],
        "accuracy": found["accuracy"],
        "F1 of those who did not convert": found["f1_negative"],
        "F1 of those who did": found["f1"],
        "Gini": found["gini"],
    }


@dataclass(frozen=True)
class Study:
    """What it left out, what it told, what is asked of us; models for all splits and for the first few."""

    without: Sequence[str]
    measure: Callable[[Parts], Told]
    theirs: Mapping[str, float]
    bars: Mapping[str, float] = field(default_factory=dict)
    quick: Sequence[str] = (QUICK,)
    slow: Sequence[str] = ()
    theirs_of: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def told_of(self, family: str) -> Mapping[str, float]:
        """What the study told of this kind of model, else of its own."""
        return self.theirs_of.get(family, self.theirs)


STUDIES: Final[Mapping[str, Study]] = {
    "logistic": Study(
        (*leads.BY_SALES, *leads.SCORERS, "City", "How did you hear about X Education"),
        logistic,
        {
            "accuracy": 0.809,
            "recall at precision 0.725": 0.753,
            "precision, line drawn beforehand": 0.725,
            "recall, line drawn beforehand": 0.753,
        },
        {"accuracy": 0.833, "recall at precision 0.725": 0.85},
    ),
    "precision first": Study(
        ("Tags", "Lead Quality", *leads.SCORERS, "Country", "What matters most to you in choosing a course"),
        precise,
        {
            "recall at precision 0.94": 0.27,
            "precision, line drawn beforehand": 0.94,
            "recall, line drawn beforehand": 0.27,
            "accuracy, line drawn beforehand": 0.71,
            "precision, line at 0.35": 0.94,
            "recall, line at 0.35": 0.27,
            "accuracy, line at 0.35": 0.71,
        },
        {"recall at precision 0.94": 0.40},
    ),
    "catboost": Study(
        leads.CATBOOST,
        boosted,
        {
            "accuracy": 0.837,
            "F1 of those who did not convert": 0.866,
            "F1 of those who did": 0.793,
            "Gini": 0.816,
        },
        quick=(QUICK, "catboost"),
        slow=(ENSEMBLE,),
        theirs_of={
            "lightgbm": {
                "accuracy": 0.836,
                "F1 of those who did not convert": 0.865,
                "F1 of those who did": 0.789,
                "Gini": 0.817,
            }
        },
    ),
}


def measured(study: Study, columns: Columns, family: str, kind: str, count: int) -> list[Told]:
    """One model on some splits of a kind."""

    def one(held: Flags) -> Told:
        return study.measure(learnt(family, columns, held))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, islice(SPLITS[kind](columns, count), count)))


def spreads(found: Sequence[Told], theirs: Mapping[str, float]) -> dict[str, Spread]:
    return {name: Spread.of([each[name] for each in found], theirs.get(name)) for name in found[0]}


def lines(
    family: str, kind: str, count: int, found: Mapping[str, Spread], theirs: Mapping[str, float]
) -> Iterator[tuple[str, ...]]:
    for name, spread in found.items():
        yield (
            family,
            f"{count} {kind}",
            name,
            f"{spread.mean:.3f}",
            f"{spread.low:.3f} to {spread.high:.3f}",
            f"{theirs[name]:.3f}" if name in theirs else "",
            "" if spread.reached is None else f"{spread.reached:.0%}",
        )


def told(name: str, study: Study, counts: Mapping[str, int], slow: int) -> tuple[Table, list[Figure]]:
    """The table of a study, and what is held against a bar: the quick model on random splits."""
    columns = Columns(study.without)
    rows: list[tuple[str, ...]] = []
    bars: list[Figure] = []
    for family in (*study.quick, *study.slow):
        theirs = study.told_of(family)
        for kind, all_of_them in counts.items():
            count = min(slow, all_of_them) if family in study.slow else all_of_them
            found = spreads(measured(study, columns, family, kind, count), theirs)
            rows += lines(family, kind, count, found, theirs)
            print(f"{name}, {family}, {count} {kind} splits: done", flush=True)
            if (family, kind) == (QUICK, "random"):
                bars = barred(f"{name}, {family}, {count} random splits", found, theirs, study.bars)
    size = f"{len(columns.schema.inputs)} columns, {columns.repeated:.0%} of the rows equal another one"
    return Table(f"{name}: {size}", HEAD, rows), bars


def barred(
    title: str, found: Mapping[str, Spread], theirs: Mapping[str, float], bars: Mapping[str, float]
) -> list[Figure]:
    return [
        Figure(
            f"{title}: {name}",
            "",
            found[name].mean,
            theirs[name],
            bar,
            lower_is_better=False,
            against="the study",
        )
        for name, bar in bars.items()
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--splits", type=int, default=COUNTS["random"], help="random ones")
    parser.add_argument("--grouped", type=int, default=COUNTS["grouped"], help="honest ones")
    parser.add_argument("--slow", type=int, default=SLOW, help="of each kind for slow models")
    parser.add_argument("--only", default=",".join(STUDIES), help="the studies, parted by commas")
    given = parser.parse_args()
    counts = {"random": given.splits, "grouped": given.grouped}
    tables, bars = [], []
    for name in given.only.split(","):
        table, figures_of_it = told(name, STUDIES[name], counts, given.slow)
        tables.append(table)
        bars += figures_of_it
    whole = (counts, given.slow, given.only) == (COUNTS, SLOW, ",".join(STUDIES))
    report("studies", bars, keep=whole, tables=tables)


if __name__ == "__main__":
    main()
