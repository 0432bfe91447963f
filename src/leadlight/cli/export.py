"""`leadlight export`: a model as SQL or as a workbook, which compute the score themselves."""

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
    to: Annotated[
        Literal["sql", "xlsx"],
        typer.Option("--to", help="sql: one SELECT; xlsx: a workbook with live formulas."),
    ] = "sql",
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
    events_table: Annotated[
        str | None,
        typer.Option(
            "--events-table", help="A table of what leads did: lead, type, time, known_at; as of --at or now."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where it goes, instead of the terminal.")
    ] = None,
    force: given.Force = False,
) -> None:
    """Write a model so that a warehouse or a spreadsheet computes the score that Leadlight gives.

    SQL: one SELECT over the raw table gives score, interval, grade, call and reasons; points are whole
    numbers, so that the log-odds are the same bits in every database. A workbook shows every level with
    its points, and the score of whatever lead is typed in.
    """
    if output is not None:
        check_free(output, force=force)
    loaded = ready.load(model)
    if to == "xlsx":
        place = output or Path(f"{model.stem}.xlsx")
        loaded.to_xlsx(place, force=force)
        Page.of().say(
            f"{place}: model {loaded.bundle.name} as a workbook. Type a lead into its yellow cells."
        )
        return
    text = loaded.to_sql(
        dialect,
        table=table,
        carry=carry or (),
        reasons=reasons,
        at=at,
        suppress_table=suppress_table,
        events_table=events_table,
    )
    if output is None:
        sys.stdout.write(text)
        return
    write_bytes_atomically(output, text.encode(), force=force)
    Page.of().say(f"{output}: model {loaded.bundle.name} as {dialect} SQL, over the table {table}.")
