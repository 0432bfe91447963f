"""People of a home who must not be scored: they objected or were forgotten. Keyed hashes in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import cells, frame, handles
from leadlight.data.handles import kinds_of
from leadlight.model.bundle import Bundle
from leadlight.store import Store, handle_keys
from leadlight.store.handle_keys import HandleKey

if TYPE_CHECKING:
    from sqlalchemy import Connection

ID: Final = "id"


@dataclass(frozen=True)
class Objections:
    """Everyone whom the store bars; `state` says which state of it this is."""

    store: Store
    keys: frozenset[HandleKey]
    state: tuple[Any, ...] = ()
    identity: str = ID

    @staticmethod
    def of(store: Store, bundle: Bundle) -> Objections:
        """For leads in the columns of a model."""
        with store.reading() as connection:
            keys = handle_keys.all_barring_keys(connection)
        return Objections(store, keys, identity=bundle.scorer.schema.name_of("id") or ID)

    @staticmethod
    def refreshed(store: Store, connection: Connection, before: Objections | None) -> Objections:
        """What stands in the store; the same value where nothing has changed."""
        state = handle_keys.barring_state(connection)
        if before is not None and before.state == state:
            return before
        return Objections(store, handle_keys.all_barring_keys(connection), state)

    def bars(self, lead: Any, identity: str | None) -> bool:
        """Whether a single lead is of one of these people."""
        if not self.keys or not isinstance(lead, Mapping):
            return False
        known = handles.of_lead(lead, identity or "", handles.columns(lead))
        return not self.keys.isdisjoint(handle_keys.lookup_keys(self.store, known))

    def columns(self, leads: Iterable[str]) -> list[str]:
        """The columns of the leads that have to be looked at."""
        names = list(leads)
        maybe = handles.columns(names) if any(kind == "email" for kind, _ in self.keys) else {}
        return [name for name in names if name in maybe or kinds_of(name, self.identity)]

    def mask(self, raw: pl.DataFrame) -> NDArray[np.bool_]:
        """The leads of these people."""
        wanted = [frame.as_text(raw[name]) for name in self.columns(raw.columns)]
        told = pl.DataFrame([text for text in wanted if self._tells(text)]).to_dicts()
        identity = next((text.name for text in wanted if self._is_id(text.name)), self.identity)
        hidden = np.zeros(raw.height, dtype=bool)
        for row, record in enumerate(told):
            found = handle_keys.handles_of_lead(record, str(record.get(identity) or "").strip(cells.BLANKS))
            hidden[row] = not self.keys.isdisjoint(handle_keys.lookup_keys(self.store, found))
        return hidden

    def _is_id(self, name: str) -> bool:
        return "id" in kinds_of(name, self.identity)

    def _tells(self, texts: pl.Series) -> bool:
        """A column whose name says nothing may hold addresses."""
        return bool(kinds_of(texts.name, self.identity) or texts.str.contains("@", literal=True).any())
