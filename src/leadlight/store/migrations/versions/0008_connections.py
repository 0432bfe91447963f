"""How far connections were read, what became of their runs, and the scores that go back to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cursors",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "part", name=op.f("pk_cursors")),
    )
    op.create_table(
        "sync_runs",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("began", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sync_runs")),
    )
    op.create_index(op.f("ix_sync_runs_connection"), "sync_runs", ["connection"])
    _of_leads(
        "score_outbox",
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("due", sa.Double(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
    )
    _of_leads(
        "delivered",
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("model", Number, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
    )


def _of_leads(name: str, *columns: sa.Column) -> None:  # type: ignore[type-arg]
    op.create_table(
        name,
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("lead", Number, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["lead"], ["leads.number"], name=op.f(f"fk_{name}_lead"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection", "lead", name=op.f(f"pk_{name}")),
    )
    op.create_index(op.f(f"ix_{name}_lead"), name, ["lead"])
