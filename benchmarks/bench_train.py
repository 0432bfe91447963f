"""Training from a file: `leadlight train Leads.csv` with no flag, the whole process.

python -m benchmarks.bench_train [--repeats 3]
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Final

from benchmarks import leads
from benchmarks.bench_score import LEADLIGHT
from benchmarks.measure import WORK, Figure, interleaved, middle, process, report

REPEATS: Final = 3
SECONDS: Final = 20.0


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    repeats = parser.parse_args().repeats
    source, model = leads.path(), WORK / "trained.leadlight"
    WORK.mkdir(parents=True, exist_ok=True)
    runs = interleaved({"ours": lambda: process(LEADLIGHT, "train", source, "-o", model, "--force")}, repeats)
    run = middle(runs["ours"])
    found = [
        Figure("leadlight train, default", "s", run.seconds, bar=SECONDS, advisory=True),
        Figure("leadlight train, default: peak memory", "GB", run.peak_bytes / (1 << 30)),
    ]
    report("train", found, keep=repeats == REPEATS)


if __name__ == "__main__":
    main()
