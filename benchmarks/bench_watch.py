"""A day of a million scores, watched: time and memory of the daily look, and of a look when nothing is new.

`leadlight watch --home` runs as a whole process on a home with a million scored leads, on SQLite at full
durability and on PostgreSQL where it is installed.

python -m benchmarks.bench_watch [--rows 1000000]
"""

from __future__ import annotations

import shlex
from argparse import ArgumentParser
from pathlib import Path
from typing import Final

from benchmarks.bench_score import LEADLIGHT
from benchmarks.bench_store import GIGABYTE, MADE, ROWS, homes, leads
from benchmarks.measure import WORK, Figure, Run, process
from benchmarks.reporting import report

SECONDS: Final = 60.0
MOST: Final = 1.0


def figures(what: str, home: str, source: Path, model: Path, rows: int) -> list[Figure]:
    """The first look at all scores, and the next one, which has nothing to read."""
    process(LEADLIGHT, "init", "--home", home)
    process(LEADLIGHT, "promote", model, "--home", home)
    process(LEADLIGHT, "sync", source, "--home", home)
    first, again = (looked(home) for _ in range(2))
    head = f"{rows:,} scores of a day on {what}"
    peak = max(first.peak_bytes, again.peak_bytes) / GIGABYTE
    return [
        Figure(f"{head}: the daily look", "s", first.seconds, bar=SECONDS, advisory=True),
        Figure(f"{head}: a look when nothing is new", "s", again.seconds),
        Figure(f"{head}: peak memory", "GB", peak, bar=MOST),
    ]


def looked(home: str) -> Run:
    """One look as a whole process; an alarm is no failure."""
    line = shlex.join([str(LEADLIGHT), "watch", "--home", home, "--json"])
    return process("bash", "-c", f"{line} > /dev/null || [ $? -eq 1 ]")


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    WORK.mkdir(parents=True, exist_ok=True)
    source, model = leads(rows), WORK / "made.leadlight"
    process(LEADLIGHT, "train", leads(MADE), "--models", "glassbox", "-o", model, "--force")
    with homes() as places:
        found = [each for what, home in places.items() for each in figures(what, home, source, model, rows)]
    report("watch", found, keep=rows == ROWS)


if __name__ == "__main__":
    main()
