"""The X Education leads: where they are, which columns a study uses, and files of as many rows as are wanted.

They are public but have no licence, so they are no part of the project: without them a benchmark is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.measure import ROOT, WORK, skip

TARGET: Final = "Converted"
IDENTITY: Final = "Prospect ID"
NUMBER: Final = "Lead Number"
SCORERS: Final = tuple(
    f"Asymmetrique {of} {what}" for of in ("Activity", "Profile") for what in ("Index", "Score")
)
BY_SALES: Final = ("Tags", "Lead Quality", "Lead Profile")
"""What sales write or assign."""
SALES: Final = (*BY_SALES, "Last Notable Activity", "Last Activity", *SCORERS)
"""What sales or another scorer fill in: left out of the folds of the issue."""
CATBOOST: Final = (*BY_SALES, "Last Notable Activity", "Country", "City", *SCORERS)
"""What the published CatBoost study left out."""
_WIDTH: Final = 6


def path() -> Path:
    """The file, wherever it is; without it the benchmark ends here."""
    given = os.environ.get("LEADLIGHT_XEDUCATION")
    found = Path(given) if given else ROOT.parent / "shared/data/xeducation"
    found = found / "Leads.csv" if found.is_dir() else found
    if not found.is_file():
        skip("the X Education leads are not here; set LEADLIGHT_XEDUCATION to the path of Leads.csv")
    return found


def typed() -> pl.DataFrame:
    """The leads as a dataframe, numbers as numbers."""
    return pl.read_csv(path(), infer_schema_length=None)


def repeated(rows: int, ending: str) -> Path:
    """The leads again and again up to so many rows, each with an id of its own, as .csv or .parquet."""
    WORK.mkdir(parents=True, exist_ok=True)
    made = WORK / f"leads-{rows}{ending}"
    if not made.exists():
        begun = made.with_name(f"begun-{made.name}")
        (_as_csv if ending == ".csv" else _as_parquet)(_copies(rows, ending), begun)
        begun.replace(made)
    return made


def first_id(name: str) -> pl.Expr:
    """The id that a lead had before it was repeated."""
    return pl.col(name).str.head(-_WIDTH - 1)


def _copies(rows: int, ending: str) -> Iterator[pl.DataFrame]:
    """CSV keeps every cell as it stands in the file; Parquet has types."""
    leads = pl.read_csv(path(), infer_schema=False) if ending == ".csv" else typed()
    for copy, start in enumerate(range(0, rows, leads.height)):
        yield leads.head(rows - start).with_columns(
            pl.col(IDENTITY) + f"-{copy:0{_WIDTH}d}",
            (pl.col(NUMBER).cast(pl.Int64) + copy * 1_000_000).cast(leads.schema[NUMBER]),
        )


def _as_csv(copies: Iterator[pl.DataFrame], to: Path) -> None:
    with open(to, "wb") as file:
        for number, copy in enumerate(copies):
            copy.write_csv(file, include_header=not number)


def _as_parquet(copies: Iterator[pl.DataFrame], to: Path) -> None:
    from pyarrow import parquet

    first = next(copies)
    with parquet.ParquetWriter(to, first.to_arrow().schema) as writer:
        waiting = [first]
        for copy in copies:
            waiting.append(copy)
            if len(waiting) == 100:
                writer.write_table(pl.concat(waiting).to_arrow())
                waiting = []
        if waiting:
            writer.write_table(pl.concat(waiting).to_arrow())
