"""Leads of many companies, ours beside others as they come: a public benchmark of lead data without leaks.

A set is a file of leads and a small description of it (`benchmarks/companies/NAME.toml`): target, positive,
time, known leaks, ids, splits. Made-up worlds with drift and clocks take part beside them.

python -m benchmarks.bench_companies [--data FOLDER] [--sets FOLDER] [--only campaign,drift]
                                     [--ours fast,glassbox] [--peers liblinear,lightgbm]
"""

from __future__ import annotations

import os
import warnings
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks import companies
from benchmarks.companies import LeadSet
from benchmarks.contest import Apart, Contest, Held, apart, ours, quality, theirs
from benchmarks.measure import ROOT, Figure, Table
from benchmarks.reporting import report

BESIDE: Final = str(ROOT.parent / "shared/data")
DESCRIBED: Final = str(Path(companies.__file__).parent)
OURS: Final = ("fast", "glassbox")
PEERS: Final = ("liblinear", "lightgbm", "catboost")
HEAD: Final = ("set, split", "model", "AUC", "log loss", "ECE", "precision at a tenth", "s a fold", "against")
BEST: Final = ("liblinear", "lightgbm")
"""Whom the default has to keep up with: the better of the two, set by set."""


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", default=os.environ.get("LEADLIGHT_COMPANIES", str(ROOT.parent / "shared/data"))
    )
    parser.add_argument(
        "--sets", default=str(Path(companies.__file__).parent), help="the folder of descriptions"
    )
    parser.add_argument("--only", default="", help="some sets, parted by commas")
    parser.add_argument("--ours", default=",".join(OURS), help="our models, parted by commas")
    parser.add_argument("--peers", default=",".join(PEERS), help="the others, parted by commas")
    given = parser.parse_args()
    warnings.filterwarnings("ignore", module="sklearn|interpret|lightgbm|catboost")
    found = [each for each in companies.sets(Path(given.sets), Path(given.data)) if wanted(each, given.only)]
    names, others = given.ours.split(","), [name for name in given.peers.split(",") if name]
    rows: list[Sequence[str]] = []
    figures: list[Figure] = []
    for each in found:
        for split in each.splits:
            rows += compared(each.name, split, each.contest(split), names, others, figures)
    whole = not given.only and given.ours == ",".join(OURS) and given.peers == ",".join(PEERS)
    report("companies", figures, keep=whole, tables=[Table("Leads of many companies", HEAD, rows)])


def wanted(each: LeadSet, only: str) -> bool:
    return not only or each.name in only.split(",")


def compared(
    name: str, split: str, on: Contest, names: Sequence[str], others: Sequence[str], figures: list[Figure]
) -> Iterator[Sequence[str]]:
    """A row a model; the default is held against the better of plain logistic regression and LightGBM."""
    held = {other: theirs(other, on) for other in others}
    for other, one in held.items():
        yield row(f"{name}, {split}", other, on, one, "")
    judges = [other for other in BEST if other in held]
    for mine in names:
        one = ours(mine, on)
        best = max(judges, key=lambda other: quality(on, held[other])["AUC"], default=None)
        gap = None if best is None else apart(on, one, held[best])["AUC"]
        yield row(f"{name}, {split}", mine, on, one, "" if gap is None else f"{best} {told(gap)}")
        if gap is not None and mine == names[0]:
            figures.append(
                Figure(
                    f"{name}, {split}: AUC less the better peer's, upper end",
                    "",
                    gap.high,
                    None,
                    0.0,
                    lower_is_better=False,
                )
            )


def row(where: str, model: str, on: Contest, held: Held, against: str) -> Sequence[str]:
    found = quality(on, held)
    return (
        where,
        model,
        f"{found['AUC']:.4f}",
        f"{found['log loss']:.4f}",
        f"{found['ECE']:.4f}",
        f"{precision_at_a_tenth(on, held):.3f}",
        f"{found['s a fold']:.2f}",
        against,
    )


def precision_at_a_tenth(on: Contest, held: Held) -> float:
    """The share that bought of the tenth with the highest probability."""
    outcome, probability = on.outcome[on.held], held.probability[on.held]
    first = np.argsort(-probability, kind="stable")[: max(1, len(outcome) // 10)]
    return float(outcome[first].mean())


def told(gap: Apart) -> str:
    return f"{gap.difference:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"


if __name__ == "__main__":
    main()
