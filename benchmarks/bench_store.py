"""A home under load: a million leads taken in, scored into the ledger, and looked at again.

Made-up leads are repeated with an id of their own each; `leadlight sync` and `leadlight score` run as whole
processes, on SQLite at full durability and on PostgreSQL where it is installed.

python -m benchmarks.bench_store [--rows 1000000]
"""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Final

import polars as pl

from benchmarks.bench_score import LEADLIGHT
from benchmarks.measure import WORK, Figure, process
from benchmarks.reporting import report
from leadlight.data.sample import generate
from tools import postgresql

ROWS: Final = 1_000_000
MADE: Final = 10_000
BAR: Final = 20_000
GIGABYTE: Final = 1 << 30


def leads(rows: int) -> Path:
    """A file of many leads: a few, written again and again with ids of their own."""
    path = WORK / f"made-{rows}.csv"
    if not path.exists():
        made = generate(MADE, 1).leads
        name = made.columns[0]
        parts = [
            made.with_columns(pl.col(name) + f"-{copy}")[: rows - copy * MADE]
            for copy in range(-(-rows // MADE))
        ]
        pl.concat(parts).write_csv(path)
    return path


def figures(what: str, home: str, source: Path, model: Path, rows: int) -> list[Figure]:
    """How many leads a second come in and are scored; looking again is free."""
    process(LEADLIGHT, "init", "--home", home)
    process(LEADLIGHT, "promote", model, "--home", home)
    taken = process(LEADLIGHT, "sync", source, "--no-score", "--home", home)
    scored = process(LEADLIGHT, "score", "--home", home)
    again = process(LEADLIGHT, "score", "--home", home)
    head = f"{rows:,} leads on {what}"
    return [
        rate(f"{head}: taken in", rows / taken.seconds),
        rate(f"{head}: scored into the ledger, 3 reasons", rows / scored.seconds, BAR),
        Figure(f"{head}: scoring again, nothing changed", "s", again.seconds),
        Figure(f"{head}: peak memory of scoring", "GB", scored.peak_bytes / GIGABYTE),
    ]


def rate(what: str, leads_a_second: float, bar: float | None = None) -> Figure:
    return Figure(what, "leads/s", leads_a_second, bar=bar, lower_is_better=False, advisory=True)


@contextmanager
def homes() -> Iterator[Mapping[str, str]]:
    """An empty home on each database that is here."""
    folder = WORK / "home"
    rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="leadlight-pg-") as place:
        if postgresql.programs() is None:
            yield {"SQLite": str(folder)}
            return
        server = Path(place) / "server"
        server.mkdir()
        with postgresql.running(server, durable=True) as address:
            yield {"SQLite": str(folder), "PostgreSQL": f"{address}/postgres"}
    rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    rows = parser.parse_args().rows
    WORK.mkdir(parents=True, exist_ok=True)
    source, model = leads(rows), WORK / "made.leadlight"
    process(LEADLIGHT, "train", leads(MADE), "--models", "glassbox", "-o", model, "--force")
    with homes() as found:
        told = [each for what, home in found.items() for each in figures(what, home, source, model, rows)]
    report("store", told, keep=rows == ROWS)


if __name__ == "__main__":
    main()
