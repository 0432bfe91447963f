"""Taking leads in, a table at a time."""

from __future__ import annotations

from typing import Final

import polars as pl

from leadlight.store import Store, intake
from leadlight.store.intake import Taken

PAGE: Final = 5_000


def take_leads(store: Store, raw: pl.DataFrame, identity: str, source: str, at: float) -> Taken:
    """Take a table of leads in, durable when it returns."""
    with store.writing() as connection:
        return intake.upsert_frame(store, connection, raw, identity, source, at)
