"""`leadlight insight engagement` on leads in a file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from leadlight.insight.engagement import CELLS
from tests.cli.calls import call


def test_the_grid_accounts_for_every_row(stages_model: Path, stages: Path, here: Path) -> None:
    told = call("insight", "engagement", stages_model, stages, "--json", "-o", "cells.csv")
    assert told.code == 0, told.err
    found = json.loads(told.out)
    counts = found["counts"]
    assert (
        counts["in"] == 1_200 == sum(counts[name] for name in ("leads", "duplicates", "rejected", "objected"))
    )
    assert sum(cell["leads"] for cell in found["cells"]) == counts["leads"]
    assert {group["group"] for group in found["groups"]} == {"fit", "engagement", "timing", "source"}
    cells = pl.read_csv(here / "cells.csv")
    assert cells.height == counts["leads"]
    assert set(cells["cell"]) <= {cell["cell"] for cell in found["cells"]}


def test_the_text_says_every_rate_with_its_interval_or_too_few(stages_model: Path, stages: Path) -> None:
    told = call("insight", "engagement", stages_model, stages, "--deal-value", "500")
    assert told.code == 0, told.err
    table = told.out.split("Cell by cell")[1].split("What the groups")[0].splitlines()[2:]
    rows = [line for line in table if line[2:4] in CELLS]
    assert len(rows) > len(CELLS)
    assert all(line.count("(") == line.count(")") and ("(" in line or "too few" in line) for line in rows)
    assert "1,200 in = " in told.out


def test_a_file_that_lacks_columns_is_refused(stages_model: Path, here: Path) -> None:
    (here / "few.csv").write_text("Lead ID,Visits\nL1,3\n")
    told = call("insight", "engagement", stages_model, "few.csv")
    assert told.code == 2
    assert "--allow-missing" in told.err
