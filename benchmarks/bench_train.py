"""Training from a file: `leadlight train Leads.csv` with no flag and with `--models all`, the whole process.

python -m benchmarks.bench_train [--repeats 3]
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from benchmarks import leads
from benchmarks.bench_score import LEADLIGHT
from benchmarks.measure import WORK, Figure, interleaved, middle, process
from benchmarks.reporting import report

REPEATS: Final = 3
SECONDS: Final = 20.0
SECONDS_OF_ALL: Final = 180.0


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args().repeats
    source, model = leads.path(), WORK / "trained.leadlight"
    WORK.mkdir(parents=True, exist_ok=True)
    command = (LEADLIGHT, "train", source, "-o", model, "--force")
    run = middle(interleaved({"ours": lambda: process(*command)}, repeats)["ours"])
    everything = process(*command, "--models", "all")
    found = [
        Figure("leadlight train, default", "s", run.seconds, bar=SECONDS, advisory=True),
        Figure("leadlight train, default: peak memory", "GB", run.peak_bytes / (1 << 30)),
        Figure("leadlight train --models all", "s", everything.seconds, bar=SECONDS_OF_ALL, advisory=True),
        Figure("leadlight train --models all: peak memory", "GB", everything.peak_bytes / (1 << 30)),
    ]
    report("train", found, keep=repeats == REPEATS)


if __name__ == "__main__":
    main()
