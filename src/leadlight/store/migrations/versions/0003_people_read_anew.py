"""The keys by which people are found, as phones, e-mails and the names of columns are read now."""

from __future__ import annotations

from alembic import context, op

from leadlight.store import data_subject, leads

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection, store = op.get_bind(), context.config.attributes["store"]
    if not leads.count(connection):
        return
    leads.rewrite_keys(store, connection)
    data_subject.stop_scoring_objectors(connection)
