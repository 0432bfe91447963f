"""What Alembic runs: the migrations, in the transaction that it was given."""

from __future__ import annotations

from alembic import context

from leadlight.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
)
context.run_migrations()
