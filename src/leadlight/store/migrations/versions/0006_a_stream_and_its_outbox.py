"""Where a stream has got to, what it has still to send, and events that wait for their lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "stream_positions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("next", number, nullable=False),
        sa.Column("end", number, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_stream_positions")),
        sqlite_with_rowid=False,
    )
    op.add_column("dead_letters", sa.Column("waits_for", sa.LargeBinary(), nullable=True))
    op.create_index(op.f("ix_dead_letters_waits_for"), "dead_letters", ["waits_for"])
    op.create_table(
        "outbox",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", number, nullable=False),
        sa.Column("lead", number, nullable=True),
        sa.Column("letter", number, nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["leads.number"], name=op.f("fk_outbox_lead"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["letter"], ["dead_letters.number"], name=op.f("fk_outbox_letter"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("topic", "partition", "offset", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_outbox_lead"), "outbox", ["lead"])
    op.create_index(op.f("ix_outbox_letter"), "outbox", ["letter"])
