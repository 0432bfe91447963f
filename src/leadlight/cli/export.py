"""`leadlight export`: a model as SQL, for a warehouse that computes the score itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from leadlight import ready
from leadlight.cli import parameters as given
from leadlight.cli.output import check_free
from leadlight.cli.page import Page
from leadlight.data.atomic import write_bytes_atomically


def export(
    model: given.Model,
    to: Annotated[Literal["sql"], typer.Option("--to", help="What to write: sql, one SELECT.")] = "sql",
    dialect: Annotated[
        str,
        typer.Option(
            "--dialect", help="duckdb, postgres, sqlite or spark (run in the tests), snowflake or bigquery."
        ),
    ] = "postgres",
    table: Annotated[str, typer.Option("--table", help="The table that holds the raw leads.")] = "leads",
    carry: Annotated[
        list[str] | None, typer.Option("--carry", help="A column to show beside the id (repeatable).")
    ] = None,
    reasons: Annotated[int, typer.Option("--reasons", min=0, max=20, help="How many reasons a lead.")] = 0,
    at: Annotated[
        str | None, typer.Option("--at", help="The moment that ages are counted to, instead of the arrival.")
    ] = None,
    suppress_table: Annotated[
        str | None,
        typer.Option("--suppress-table", help="A table with the ids of leads that must be left out."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where it goes, instead of the terminal.")
    ] = None,
    force: given.Force = False,
) -> None:
    """Write a model so that a warehouse computes the score that Leadlight gives.

    One SELECT over the raw table: cleaning, codes, points, score, interval, grade, call, and reasons.
    The points are whole numbers, so that margins are the same bits in every database.
    """
    if output is not None:
        check_free(output, force=force)
    loaded = ready.load(model)
    text = loaded.to_sql(
        dialect, table=table, carry=carry or (), reasons=reasons, at=at, suppress_table=suppress_table
    )
    if output is None:
        sys.stdout.write(text)
        return
    write_bytes_atomically(output, text.encode(), force=force)
    Page.of().say(f"{output}: model {loaded.bundle.name} as {dialect} SQL, over the table {table}.")
