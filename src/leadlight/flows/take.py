"""Taking leads in, a table at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from leadlight.data import cells
from leadlight.errors import InputError
from leadlight.store import Store, intake
from leadlight.store.intake import Taken

PAGE: Final = 5_000
ID: Final = "id"
LONGEST_ID: Final = 1_000


def take_leads(store: Store, raw: pl.DataFrame, identity: str, source: str, at: float) -> Taken:
    """Take a table of leads in, durable when it returns."""
    with store.writing() as connection:
        return intake.upsert_frame(store, connection, raw, identity, source, at)


def lead_id(lead: Mapping[str, Any], name: str | None) -> str:
    """The id of a lead that comes alone, as exact text: under the model's name for it, or as `id`."""
    told = [lead[key] for key in dict.fromkeys((name or ID, ID)) if lead.get(key) is not None]
    ids = {cells.trim(cells.text_of(value) or "") for value in told if _is_id(value)} - {""}
    hint = f"Send it as {name or ID!r}."
    if len(ids) > 1:
        raise InputError("A lead has two ids.", code="two_ids", hint=hint)
    known = "".join(ids)
    if not known or len(known) > LONGEST_ID:
        message = f"A lead has no id, or one of more than {LONGEST_ID} characters."
        raise InputError(message, code="lead_id", hint=hint)
    return known


def _is_id(value: Any) -> bool:
    return type(value) in (str, int) or (type(value) is float and value.is_integer())
