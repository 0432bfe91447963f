"""What is derived from the leads, and written anew by the code of today after an upgrade.

A migration changes tables by its own SQL and never reads a lead: how an address or a phone is read changes
with every Leadlight, and a migration must do the same for ever.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete

from leadlight.store import board, bulk, columns, data_subject, handle_keys, leads, models
from leadlight.store.store import Store
from leadlight.store.tables import handles


def rebuild(store: Store, connection: Connection) -> None:
    """Write everything that is derived; objections hold for what their leads are found by now."""
    _rewrite_keys(store, connection)
    data_subject.stop_scoring_objectors(connection)
    models.note_outcome_columns(connection)
    board.rebuild(connection)
    columns.rebuild(store, connection)


def _rewrite_keys(store: Store, connection: Connection) -> None:
    """The keys of all leads as this Leadlight reads them; what they had before stays as it is."""
    connection.execute(delete(handles).where(handles.c.kind.not_in(handle_keys.FORMER.values())))
    for page in leads.pages(connection):
        rows = [
            (*key, lead.number)
            for lead in page
            for key in handle_keys.keys_of_lead(store, lead.fields, lead.id)
        ]
        bulk.insert(connection, handles, ("kind", "hash", "lead"), rows)
