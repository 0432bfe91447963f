"""One narrow row a lead for lists, and beside each model the column that it learnt from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board",
        sa.Column("lead", Number, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("call", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["leads.number"], name=op.f("fk_board_lead"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lead", name=op.f("pk_board")),
    )
    for name in ("id", "name", "company", "created", "changed"):
        op.create_index(f"ix_board_{name}", "board", [name, "lead", "outcome", "source"])
    filters = ["lead", "grade", "call", "outcome", "source"]
    op.create_index("ix_board_probability", "board", [sa.text("probability DESC"), *filters])
    op.drop_index("ix_current_probability_lead", "current")
    op.add_column("models", sa.Column("outcome", sa.Text(), nullable=False, server_default=""))
