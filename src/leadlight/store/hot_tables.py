"""The tables behind telling another system which leads became hot."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Double, ForeignKey, Integer, Table, Text

from leadlight.store.tables import Number, metadata

hot_leads: Final = Table(
    "hot_leads",
    metadata,
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), primary_key=True),
    Column("since", Double, nullable=False),
    Column("due", Double, index=True),
    Column("tries", Integer, nullable=False),
)
"""Leads that are hot, since when, and when the webhook is to be told; no `due`: it was, or need not be."""

hot_telling: Final = Table(
    "hot_telling",
    metadata,
    Column("name", Text, primary_key=True),
    Column("since", Double, nullable=False),
    Column("busy", Double, nullable=False),
    Column("due", Double, nullable=False),
    Column("tries", Integer, nullable=False),
)
"""One row once a webhook is set: from when on leads are followed, until when one sender has it to itself."""
