"""What is kept: leads, scores, models, keys and the trail of all that was done, in SQLite or PostgreSQL."""

from leadlight.store.connection_tables import cursors as _cursors  # noqa: F401 - the tables are known from here on
from leadlight.store.home import Home
from leadlight.store.hot_tables import hot_leads as _hot_leads  # noqa: F401 - the tables are known from here on
from leadlight.store.opening import create_store, open_store
from leadlight.store.store import Store
from leadlight.store.watch_tables import disputes as _disputes  # noqa: F401 - these too

__all__ = ["Home", "Store", "create_store", "open_store"]
