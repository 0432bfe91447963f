"""People who must not be scored, because they objected or were forgotten: keyed hashes, held in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leadlight.data import handles
from leadlight.errors import RequestError
from leadlight.serve.problem import pointer
from leadlight.store import handle_keys
from leadlight.store.handle_keys import HandleKey
from leadlight.store.store import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Objections:
    """Everyone whom the store bars; `state` says which state of it this is."""

    store: Store
    keys: frozenset[HandleKey]
    state: tuple[Any, ...]

    def bars(self, lead: Any, identity: str | None) -> bool:
        """Whether a lead that came over HTTP is of one of these people."""
        if not self.keys or not isinstance(lead, Mapping):
            return False
        known = handles.of_lead(lead, identity or "", handles.columns(lead))
        return not self.keys.isdisjoint(handle_keys.lookup_keys(self.store, known))


def read(store: Store, connection: Connection, before: Objections | None) -> Objections:
    """What stands in the store; the same value where nothing has changed."""
    state = handle_keys.barring_state(connection)
    if before is not None and before.state == state:
        return before
    return Objections(store, handle_keys.all_barring_keys(connection), state)


def refusal(place: int) -> RequestError:
    return RequestError(
        403,
        "This person must not be scored.",
        code="objected",
        where=pointer("leads", place),
        hint="They objected, or asked to be forgotten: leadlight db find --help",
    )
