"""One lead among many, by its id."""

from __future__ import annotations

from typing import Any

import polars as pl

from leadlight.data import cells, rows
from leadlight.data.schema import Schema
from leadlight.data.target import nearest
from leadlight.errors import ColumnError, InputError


def find_one(raw: pl.DataFrame, schema: Schema, wanted: Any) -> pl.DataFrame:
    """The row of one lead: the only one, or that of an id."""
    if wanted is None and raw.height == 1:
        return raw
    column = schema.name_of("id")
    if column is None:
        raise ColumnError(
            "The model knows no column of ids, so that no lead can be named.",
            code="no_id",
            hint="Give it that lead alone and no id: a file, or a list, of one row.",
        )
    if wanted is None:
        raise ColumnError("Which lead? Name its id.", code="which_lead", hint="--id ID; in Python id=ID.")
    if column not in raw.columns:
        raise ColumnError(
            f"There is no column {column!r}.", code="no_column", hint=nearest(column, raw.columns)
        )
    found = raw.filter(rows.identities(raw[column]) == cells.trim(cells.text_of(wanted) or ""))
    if not found.height:
        raise InputError(f"No lead has this id in {column!r}.", code="no_such_lead")
    kept = rows.kept(found, schema.moments(found))
    if kept is None:
        raise InputError(
            f"{found.height:,} rows have this id in {column!r}, and nothing says which of them counts.",
            code="which_row",
            hint="Leave one of them in the leads.",
        )
    return found[kept : kept + 1]
