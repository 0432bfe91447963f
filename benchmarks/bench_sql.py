"""A million leads scored in a database, beside our own batch over the same leads.

python -m benchmarks.bench_sql [--rows 1000000]
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import perf_counter

import polars as pl

import leadlight as ll
from benchmarks.measure import RESULTS, commit, machine
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.sample import generate
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from tools import postgresql

MOST = {"duckdb": 5.0, "sqlite": 10.0, "postgres": 10.0}
"""How many times as long as our own batch a database may take."""
Timed = Callable[[str, pl.DataFrame], float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    model = ll.train(generate(20_000, seed=1).leads, models="glassbox", target="Converted")
    leads = many(model.bundle, rows)
    own = min(ours(model.bundle, leads) for _ in range(3))
    print(f"our own batch: {own:.1f} s for {rows:,} leads")
    told: dict[str, float] = {}
    for name, run in (("duckdb", in_duckdb), ("sqlite", in_sqlite), ("postgres", in_postgres)):
        seconds = run(model.to_sql(name), leads)
        told[name] = seconds / own
        print(f"{name}: {seconds:.1f} s, {told[name]:.1f} times (at most {MOST[name]:.0f})", flush=True)
    write(rows, own, told)
    return int(any(told[name] > most for name, most in MOST.items()))


def many(bundle: Bundle, rows: int) -> pl.DataFrame:
    """So many leads as text, in the columns that the model reads, with ids."""
    base = generate(min(rows, 200_000), seed=2).leads
    identity = bundle.scorer.schema.name_of("id") or "Lead ID"
    names = [column.name for column in bundle.scorer.schema.needed]
    whole = pl.concat([base] * -(-rows // base.height)).head(rows).select(pl.col(names).cast(pl.String))
    return whole.with_columns(pl.int_range(rows).cast(pl.String).alias(identity))


def ours(bundle: Bundle, leads: pl.DataFrame) -> float:
    """In parts of 50,000, as a file is scored."""
    start = perf_counter()
    scorer = BatchScorer(bundle)
    for part in leads.iter_slices(50_000):
        scorer.score(part)
    return perf_counter() - start


def columns(leads: pl.DataFrame) -> str:
    return ", ".join(f'"{name}" text' for name in leads.columns)


def in_duckdb(query: str, leads: pl.DataFrame) -> float:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("given", leads.to_arrow())
        connection.execute("CREATE TABLE leads AS SELECT * FROM given")
        start = perf_counter()
        connection.execute(f"CREATE TABLE scored AS {query}")
        return perf_counter() - start


def in_sqlite(query: str, leads: pl.DataFrame) -> float:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(f"{folder}/leads.db")) as connection,
    ):
        connection.execute(f"CREATE TABLE leads ({columns(leads)})")
        marks = ", ".join("?" * leads.width)
        connection.executemany(f"INSERT INTO leads VALUES ({marks})", leads.iter_rows())
        connection.commit()
        start = perf_counter()
        connection.execute(f"CREATE TABLE scored AS {query}")
        connection.commit()
        return perf_counter() - start


def in_postgres(query: str, leads: pl.DataFrame) -> float:
    import psycopg

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "server"
        place.mkdir()
        with postgresql.running(place) as address, psycopg.connect(f"{address}/postgres") as connection:
            connection.execute(f"CREATE TABLE leads ({columns(leads)})")
            with connection.cursor() as cursor, cursor.copy("COPY leads FROM STDIN") as copy:
                for row in leads.iter_rows():
                    copy.write_row(row)
            connection.commit()
            connection.execute("ANALYZE leads")
            start = perf_counter()
            connection.execute(f"CREATE TABLE scored AS {query}")
            connection.commit()
            return perf_counter() - start


def write(rows: int, own: float, told: dict[str, float]) -> None:
    import json

    content = {
        "commit": commit(),
        "machine": machine(),
        "rows": rows,
        "own_seconds": round(own, 2),
        "times_our_batch": {name: round(times, 2) for name, times in told.items()},
        "at_most": MOST,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    write_bytes_atomically(RESULTS / "sql.json", (json.dumps(content, indent=2) + "\n").encode(), force=True)


if __name__ == "__main__":
    sys.exit(main())
