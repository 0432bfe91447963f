"""Acts on people's rights in order; what stands already is their beginning."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rights",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rights")),
    )
    op.create_index(op.f("ix_rights_at"), "rights", ["at"], unique=False)
    begin = "INSERT INTO rights (act, kind, hash, at, reason) SELECT"
    op.execute(f"{begin} 'objected', kind, hash, at, reason FROM suppressions ORDER BY at")
    op.execute(f"{begin} 'forgotten', kind, hash, at, '' FROM tombstones ORDER BY at")
