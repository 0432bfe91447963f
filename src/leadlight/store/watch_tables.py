"""The tables behind watching, challenging and proving."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, Table, Text

from leadlight.store.tables import Number, metadata

watch_days: Final = Table(
    "watch_days",
    metadata,
    Column("model", Number, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("leads", Integer, nullable=False),
    Column("counts", Text, nullable=False),
)
"""What the scores of a day were made from, added up: how often each code and each bin of the margin."""

watch_marks: Final = Table(
    "watch_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""How far each kind of watching has come, and how it is set."""

watches: Final = Table(
    "watches",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("model", Text, nullable=False),
    Column("leads", Integer, nullable=False),
    Column("alarms", Integer, nullable=False),
    Column("result", Text, nullable=False),
)

alarms: Final = Table(
    "alarms",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("code", Text, nullable=False),
    Column("column", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("first", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("ended", Double),
    Column("told", Double),
)

adjustments: Final = Table(
    "adjustments",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("who", Text, nullable=False),
)
"""Lines, recalibrations and challengers: proposed, applied, refused or undone, each with its figures."""

shadows: Final = Table(
    "shadows",
    metadata,
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), primary_key=True),
    Column("model", Number, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("probability", Double, nullable=False),
)
"""What a challenger says of leads, beside the score that counts."""

holdbacks: Final = Table(
    "holdbacks",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("share", Double, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double),
    Column("who", Text, nullable=False),
)

disputes: Final = Table(
    "disputes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), nullable=False),
    Column("model", Text, nullable=False),
    Column("probability", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("column", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("settled", Double),
    Column("settlement", Text, nullable=False, server_default=""),
    Index("ix_disputes_lead", "lead"),
)
