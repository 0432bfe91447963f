"""The tables behind connections to other systems."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Double, ForeignKey, Integer, Table, Text

from leadlight.store.tables import Number, metadata

cursors: Final = Table(
    "cursors",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("at", Double, nullable=False),
)
"""How far each part of each connection was read, written together with what was read."""

sync_runs: Final = Table(
    "sync_runs",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("connection", Text, nullable=False, index=True),
    Column("began", Double, nullable=False),
    Column("ended", Double),
    Column("counts", Text, nullable=False),
    Column("problem", Text, nullable=False),
    Column("step", Text, nullable=False),
)

score_outbox: Final = Table(
    "score_outbox",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), primary_key=True, index=True),
    Column("since", Double, nullable=False),
    Column("due", Double),
    Column("tries", Integer, nullable=False),
    Column("problem", Text, nullable=False),
)
"""Leads whose score waits to be written elsewhere; what is written is the score that counts by then."""

delivered: Final = Table(
    "delivered",
    metadata,
    Column("connection", Text, primary_key=True),
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), primary_key=True, index=True),
    Column("probability", Double, nullable=False),
    Column("grade", Text, nullable=False),
    Column("model", Number, nullable=False),
    Column("at", Double, nullable=False),
)
"""The score that another system shows for a lead, as far as we know."""

departures: Final = Table(
    "departures",
    metadata,
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), primary_key=True),
    Column("at", Double, nullable=False),
)
"""Leads that were deleted in the system that they came from: kept, and not scored or listed."""
