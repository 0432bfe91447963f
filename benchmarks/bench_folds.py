"""Five folds of the X Education leads: how well each model ranks, and whether its probabilities hold.

Each model is trained by `ll.train` on four folds, its own test and refit included, and scores the fifth; the
figures are of the pooled probabilities of all held-out leads.

python -m benchmarks.bench_folds [--ebm] [--only logistic,glassbox]
"""

from __future__ import annotations

import warnings
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks import leads
from benchmarks.contest import Contest, ours, quality, theirs, xeducation
from benchmarks.measure import Figure
from benchmarks.reporting import report

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


def figures(
    title: str, on: Contest, names: Sequence[str], asked: Sequence[str], bars: dict[str, dict[str, float]]
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
    found = list(figures("", xeducation(leads.SALES), names, asked, BARS))
    both = [name for name in names if name in CATBOOST_BARS]
    wider = xeducation(leads.CATBOOST)
    found += figures("CatBoost's columns, ", wider, both, ["lightgbm"], CATBOOST_BARS)
    report("folds", found, keep=given.only == ",".join(AGAINST))


if __name__ == "__main__":
    main()
