"""Scoring files: whole processes from file to file, ours and a scikit-learn pipeline's in turn.

The X Education leads are repeated, with an id of their own each, to a million rows of CSV; the same lead has
to get the same score, bit for bit, as in the small file. Ten million rows of Parquet show that memory does
not grow and that time grows with the rows.

python -m benchmarks.bench_score [--rows 1000000] [--parquet 10000000] [--repeats 3]
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks import leads, peers
from benchmarks.measure import ROOT, WORK, Figure, Run, interleaved, middle, process
from benchmarks.reporting import report

ROWS: Final = 1_000_000
PARQUET_ROWS: Final = 10_000_000
REPEATS: Final = 3
A_QUARTER: Final = 4
GIGABYTE: Final = 1 << 30
MOST_MEMORY: Final = 1.5
BARS: Final = {0: 5.0, 3: 2.5}
"""How many times as fast, by the number of reasons."""
LINEAR: Final = 4.6
"""Four times the rows may take so many times as long."""
LEADLIGHT: Final = Path(sys.executable).with_name("leadlight")
PEER: Final = ROOT / "benchmarks" / "peer_score.py"


def train(name: str, *more: str) -> Path:
    """A model made by the command line."""
    model = WORK / f"{name}.leadlight"
    process(LEADLIGHT, "train", leads.path(), "-o", model, "--force", *more)
    return model


def glassbox() -> Path:
    dropped = [word for name in leads.SALES for word in ("--drop", name)]
    return train("glassbox", "--models", "glassbox", *dropped)


def ours(model: Path, source: Path, to: Path, reasons: int = 0) -> Run:
    words = ("--only-scores", "--reasons", str(reasons), "--force")
    return process(LEADLIGHT, "score", model, source, "-o", to, *words)


def pipeline() -> Path:
    kept = WORK / "pipeline.joblib"
    peers.keep_pipeline(leads.path(), (leads.IDENTITY, leads.NUMBER, *leads.SALES), leads.TARGET, kept)
    return kept


def theirs(kept: Path, source: Path, to: Path) -> Run:
    return process(sys.executable, PEER, kept, source, to, leads.IDENTITY)


def csv_figures(models: Mapping[str, Path], rows: int, repeats: int) -> list[Figure]:
    source, kept = leads.repeated(rows, ".csv"), pipeline()
    candidates: dict[str, Callable[[], Run]] = {
        f"{name}, {reasons} reasons": partial(ours, model, source, output(name, reasons), reasons)
        for name, model in models.items()
        for reasons in BARS
    }
    candidates["peer"] = partial(theirs, kept, source, WORK / "peer.csv")
    runs = {name: middle(each) for name, each in interleaved(candidates, repeats).items()}
    peer = runs.pop("peer")
    found = []
    for (what, run), bar in zip(runs.items(), [*BARS.values()] * len(models), strict=True):
        binding = bar if what.startswith("glassbox") else None
        head = f"{rows:,} rows of CSV, {what}"
        found.append(Figure(f"{head}: time", "s", run.seconds, peer.seconds, binding, of_ratio=True))
        work = (run.processor_seconds, peer.processor_seconds)
        found.append(Figure(f"{head}: processor time", "s", *work))
        found.append(memory(head, run, peer.peak_bytes / GIGABYTE))
    return found


def output(name: str, reasons: int) -> Path:
    return WORK / f"scores-{name}-{reasons}.csv"


def memory(head: str, run: Run, peer: float | None = None) -> Figure:
    return Figure(f"{head}: peak memory", "GB", run.peak_bytes / GIGABYTE, peer, MOST_MEMORY)


def different(models: Mapping[str, Path]) -> Figure:
    """Leads whose line is not the same text, but for the id, as the small file gives."""
    count = 0
    for name, model in models.items():
        for reasons in BARS:
            small = WORK / "scores-small.csv"
            ours(model, leads.path(), small, reasons)
            count += differing(pl.read_csv(small, infer_schema=False), output(name, reasons))
    return Figure("leads that score otherwise than in the small file", "", count, bar=0)


def differing(small: pl.DataFrame, large: Path) -> int:
    """Lines of the large file that the small one has not, joined by the id before it was repeated."""
    lines = pl.read_csv(large, infer_schema=False).with_columns(leads.first_id(leads.IDENTITY))
    return lines.join(small, on=lines.columns, how="anti", nulls_equal=True).height


def parquet_figures(model: Path, rows: int) -> list[Figure]:
    quarter, whole = (
        ours(model, leads.repeated(size, ".parquet"), WORK / "scores.parquet")
        for size in (rows // A_QUARTER, rows)
    )
    head = f"{rows:,} rows of Parquet"
    longer = whole.seconds / quarter.seconds
    return [
        Figure(f"{head}: time", "s", whole.seconds),
        Figure(f"{head}: time against a quarter of them", "times", longer, bar=LINEAR),
        memory(head, whole),
    ]


def asked() -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--parquet", type=int, default=PARQUET_ROWS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    return parser.parse_args()


def main() -> None:
    given = asked()
    leads.path()
    WORK.mkdir(parents=True, exist_ok=True)
    models = {"glassbox": glassbox(), "default": train("default")}
    found = csv_figures(models, given.rows, given.repeats)
    found.append(different(models))
    found += parquet_figures(models["glassbox"], given.parquet)
    full = (given.rows, given.parquet, given.repeats) == (ROWS, PARQUET_ROWS, REPEATS)
    report("score", found, keep=full)


if __name__ == "__main__":
    main()
