"""Leads as they come in, and what goes back: a path, a dataframe of any library or a list of dictionaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from leadlight.data import frame


def read(leads: Any) -> pl.DataFrame:
    """Leads from a path, a dataframe of any library or a list of dictionaries."""
    if isinstance(leads, str | Path):
        from leadlight.connect import files

        return files.read(leads).frame
    return frame.as_frame(leads)


def read_given(tables: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """Those of several tables that there are."""
    return {name: read(table) for name, table in tables.items() if table is not None}


def same_kind(result: pl.DataFrame, leads: Any) -> Any:
    """Our columns as a dataframe of the library that the leads came in."""
    if isinstance(leads, str | Path | pl.DataFrame | pl.LazyFrame | Sequence):
        return result
    module = type(leads).__module__.split(".")[0]
    if module == "pandas":
        import pandas

        index = leads.index if len(leads) == result.height else None
        return pandas.DataFrame(result.to_dict(as_series=False), index=index)
    return result.to_arrow() if module == "pyarrow" else result
