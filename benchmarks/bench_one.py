"""One lead: scored with three reasons in a running process, and from nothing in a new one.

python -m benchmarks.bench_one [--repeats 9]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl

import leadlight as ll
from benchmarks import leads, peers
from benchmarks.bench_score import LEADLIGHT, glassbox
from benchmarks.measure import WORK, Figure, calls, interleaved, process
from benchmarks.reporting import report

REPEATS: Final = 9
OUR_CALLS: Final = 4_000
THEIR_CALLS: Final = 40
DIFFERENT: Final = 1_000
"""Leads that are scored in turn, so that none is scored again and again."""
AS_FAST: Final = 40.0
AS_IMPORTING_POLARS: Final = 0.5
"""At most twice the time of importing polars alone."""
HELP_SECONDS: Final = 0.5
HEAVY: Final = ("sklearn", "lightgbm", "pandas")
FRESH: Final = """
import sys
import leadlight as ll
one = ll.load(sys.argv[1]).score_one({"Lead Source": "Google", "Total Time Spent on Website": 900}, reasons=3)
assert 0 < one.probability < 1 and len(one.reasons) == 3
heavy = [name for name in sys.argv[2:] if name in sys.modules]
assert not heavy, f"imported: {heavy}"
"""


def our_call(model: Path) -> Callable[[], object]:
    """The next lead, as a dictionary of text, with three reasons."""
    loaded = ll.load(model)
    records = cycle(pl.read_csv(leads.path(), infer_schema=False, n_rows=DIFFERENT).to_dicts())
    return lambda: loaded.score_one(next(records), reasons=3)


def their_call() -> Callable[[], object]:
    """The next lead, as a pandas frame of one row, made beforehand; without reasons."""
    import pandas

    kept = WORK / "pipeline.joblib"
    without = (leads.IDENTITY, leads.NUMBER, *leads.SALES)
    fitted, columns = peers.keep_pipeline(leads.path(), without, leads.TARGET, kept)
    frame = pandas.read_csv(leads.path(), nrows=DIFFERENT)[columns]
    rows = cycle([frame.iloc[[row]] for row in range(len(frame))])
    return lambda: fitted.predict_proba(next(rows))


def in_process(model: Path, repeats: int) -> Figure:
    ours, theirs = our_call(model), their_call()
    calls(ours, 100)
    calls(theirs, 5)
    candidates = {"ours": partial(calls, ours, OUR_CALLS), "theirs": partial(calls, theirs, THEIR_CALLS)}
    found = {name: median(each) * 1e6 for name, each in interleaved(candidates, repeats).items()}
    what = "one lead with three reasons, in process"
    return Figure(what, "microseconds", found["ours"], found["theirs"], AS_FAST, of_ratio=True)


def from_nothing(model: Path, repeats: int) -> list[Figure]:
    candidates = {
        "fresh": partial(process, sys.executable, "-c", FRESH, model, *HEAVY),
        "polars": partial(process, sys.executable, "-c", "import polars"),
        "help": partial(process, LEADLIGHT, "--help"),
    }
    runs = interleaved(candidates, repeats)
    seconds = {name: median(run.seconds for run in each) for name, each in runs.items()}
    what = "load a glass box in a new process and score one lead"
    return [
        Figure(
            what,
            "s",
            seconds["fresh"],
            seconds["polars"],
            AS_IMPORTING_POLARS,
            of_ratio=True,
            against="import polars",
        ),
        Figure("leadlight --help", "s", seconds["help"], bar=HELP_SECONDS, advisory=True),
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args().repeats
    leads.path()
    WORK.mkdir(parents=True, exist_ok=True)
    model = glassbox()
    found = [in_process(model, repeats), *from_nothing(model, repeats)]
    report("one", found, keep=repeats == REPEATS)


if __name__ == "__main__":
    main()
