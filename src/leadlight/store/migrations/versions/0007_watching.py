"""What watching, challenging and proving keep: counts a day, alarms, changes of the line, disputes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "watch_days",
        sa.Column("model", Number, autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("model", "day", name=op.f("pk_watch_days")),
    )
    op.create_table(
        "watch_marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_watch_marks")),
    )
    _numbered("watches", ("at", D), ("model", T), ("leads", W), ("alarms", W), ("result", T))
    _numbered(
        "alarms",
        *(("code", T), ("column", T), ("model", T), ("finding", T), ("first", D), ("last", D)),
        free=("ended", "told"),
    )
    _numbered(
        "adjustments",
        *(("at", D), ("kind", T), ("status", T), ("before", T), ("after", T), ("detail", T), ("who", T)),
    )
    _numbered("holdbacks", ("share", D), ("started", D), ("who", T), free=("ended",))
    op.create_table(
        "shadows",
        sa.Column("lead", Number, nullable=False),
        sa.Column("model", Number, autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["leads.number"], name=op.f("fk_shadows_lead"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lead", "model", name=op.f("pk_shadows")),
    )
    op.create_table(
        "disputes",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("lead", Number, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("column", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("settled", sa.Double()),
        sa.Column("settlement", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["lead"], ["leads.number"], name=op.f("fk_disputes_lead"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_lead", "disputes", ["lead"])


D, W, T = sa.Double, sa.Integer, sa.Text


def _numbered(name: str, *columns: tuple[str, type], free: tuple[str, ...] = ()) -> None:
    op.create_table(
        name,
        sa.Column("number", Number, autoincrement=True, nullable=False),
        *(sa.Column(column, kind(), nullable=False) for column, kind in columns),
        *(sa.Column(column, sa.Double()) for column in free),
        sa.PrimaryKeyConstraint("number", name=op.f(f"pk_{name}")),
    )
