"""Every table of the store; times are seconds since 1970 in UTC, JSON is text, hashes are keyed."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")


def _number() -> Column[int]:
    return Column("number", Number, primary_key=True, autoincrement=True)


def _lead(**options: Any) -> Column[int]:
    return Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), nullable=False, **options)


leads: Final = Table(
    "leads",
    metadata,
    _number(),
    Column("id", Text, nullable=False, unique=True),
    Column("fields", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("version", Integer, nullable=False),
    Column("suppressed", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

columns: Final = Table(
    "columns", metadata, Column("hash", LargeBinary, primary_key=True), sqlite_with_rowid=False
)

seal: Final = Table("seal", metadata, Column("hash", LargeBinary, primary_key=True))

handles: Final = Table(
    "handles",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    _lead(primary_key=True, index=True),
    sqlite_with_rowid=False,
)

inputs: Final = Table(
    "inputs",
    metadata,
    Column("lead", Number, primary_key=True, autoincrement=False),
    Column("address", LargeBinary, primary_key=True),
    Column("codes", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

models: Final = Table(
    "models",
    metadata,
    _number(),
    Column("hash", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("family", Text, nullable=False),
    Column("bundle", LargeBinary, nullable=False),
    Column("added", Double, nullable=False),
    Column("outcome", Text, nullable=False, server_default=""),
)

promotions: Final = Table(
    "promotions",
    metadata,
    _number(),
    Column("model", Number, ForeignKey("models.number"), nullable=False),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("undone", Boolean, nullable=False),
)


def _scored() -> tuple[Column[Any], ...]:
    """A score and its input refer to nothing: an erasure names both, and a model is never deleted.

    Asking for each whether they are there took a fifth of the time of scoring; `db check` asks at once.
    """
    return (
        Column("model", Number, nullable=False),
        Column("input", LargeBinary, nullable=False),
        Column("at", Double, nullable=False),
        Column("margin", Double, nullable=False),
        Column("probability", Double, nullable=False),
        Column("low", Double, nullable=False),
        Column("high", Double, nullable=False),
        Column("grade", Text, nullable=False),
        Column("call", Boolean, nullable=False),
        Column("reasons", Text, nullable=False),
    )


scores: Final = Table(
    "scores", metadata, _number(), Column("lead", Number, nullable=False, index=True), *_scored()
)

current: Final = Table(
    "current",
    metadata,
    Column("lead", Number, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    *_scored(),
)

_FILTERS: Final = ("outcome", "source")

board: Final = Table(
    "board",
    metadata,
    _lead(primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("company", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("search", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("probability", Double, nullable=False),
    Column("grade", Text, nullable=False),
    Column("call", Boolean, nullable=False),
    Index("ix_board_id", "id", "lead", *_FILTERS),
    Index("ix_board_name", "name", "lead", *_FILTERS),
    Index("ix_board_company", "company", "lead", *_FILTERS),
    Index("ix_board_created", "created", "lead", *_FILTERS),
    Index("ix_board_changed", "changed", "lead", *_FILTERS),
)
"""One narrow row a lead for lists; an index for each order, which holds what is filtered by."""

Index(
    "ix_board_probability",
    board.c.probability.desc(),
    board.c.lead,
    board.c.grade,
    board.c.call,
    board.c.outcome,
    board.c.source,
)

outcomes: Final = Table(
    "outcomes",
    metadata,
    _number(),
    _lead(index=True),
    Column("outcome", Text, nullable=False),
    Column("value", Double),
    Column("at", Double, nullable=False),
    Column("source", Text, nullable=False),
)

events: Final = Table(
    "events",
    metadata,
    _number(),
    _lead(index=True),
    Column("name", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("properties", Text, nullable=False),
    Column("key", Text, unique=True),
)

contacts: Final = Table(
    "contacts",
    metadata,
    _number(),
    _lead(index=True),
    Column("channel", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("key", Text, unique=True),
)

spend: Final = Table(
    "spend",
    metadata,
    _number(),
    Column("channel", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("amount", Double, nullable=False),
    Column("currency", Text, nullable=False),
    UniqueConstraint("channel", "day", "currency"),
)

overrides: Final = Table(
    "overrides",
    metadata,
    _number(),
    _lead(index=True),
    Column("probability", Double, nullable=False),
    Column("name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("ended", Double),
)

dead_letters: Final = Table(
    "dead_letters",
    metadata,
    _number(),
    Column("source", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Double, nullable=False),
    Column("waits_for", LargeBinary, index=True),
)
"""What came in and could not be used; an event that came before its lead waits for it here."""

stream_positions: Final = Table(
    "stream_positions",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("next", Number, nullable=False),
    Column("end", Number, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)
"""The next message to take of each partition, where the partition ended then, and when that was."""

outbox: Final = Table(
    "outbox",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("offset", Number, primary_key=True),
    Column("lead", Number, ForeignKey("leads.number", ondelete="CASCADE"), index=True),
    Column("letter", Number, ForeignKey("dead_letters.number", ondelete="CASCADE"), index=True),
    Column("key", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""What the message at this place gave rise to and is not known to have been sent yet."""

keys: Final = Table(
    "keys",
    metadata,
    _number(),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    Column("revoked", Double),
    Column("used", Double),
    Column("per_minute", Integer),
)

users: Final = Table(
    "users",
    metadata,
    _number(),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("removed", Double),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("user", Number, ForeignKey("users.number", ondelete="CASCADE"), index=True),
    Column("kind", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
)

saved_views: Final = Table(
    "saved_views",
    metadata,
    _number(),
    Column("owner", Number, ForeignKey("users.number", ondelete="CASCADE"), index=True),
    Column("name", Text, nullable=False),
    Column("shown", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("at", Double, nullable=False),
)
"""Lists under a name; one without an owner is the team's."""

idempotency: Final = Table(
    "idempotency",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("request", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Double, nullable=False, index=True),
)

audit: Final = Table(
    "audit",
    metadata,
    _number(),
    Column("at", Double, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("subject", LargeBinary),
    Column("detail", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

suppressions: Final = Table(
    "suppressions",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("at", Double, nullable=False),
    Column("reason", Text, nullable=False),
    sqlite_with_rowid=False,
)

tombstones: Final = Table(
    "tombstones",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

rights: Final = Table(
    "rights",
    metadata,
    _number(),
    Column("act", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("at", Double, nullable=False, index=True),
    Column("reason", Text, nullable=False),
)
