"""Which leads are hot, and which of them a webhook is still to be told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hot_leads",
        sa.Column("lead", Number, nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("due", sa.Double(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["lead"], ["leads.number"], name=op.f("fk_hot_leads_lead"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lead", name=op.f("pk_hot_leads")),
    )
    op.create_index(op.f("ix_hot_leads_due"), "hot_leads", ["due"])
    op.create_table(
        "hot_telling",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("busy", sa.Double(), nullable=False),
        sa.Column("due", sa.Double(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hot_telling")),
    )
