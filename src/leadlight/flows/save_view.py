"""Views of the list: saved, renamed and deleted, one's own by anybody, the team's by who manages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadlight.errors import RequestError
from leadlight.store import Store, audit, saved_views
from leadlight.store.saved_views import ListChoice, SavedView

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True)
class Holder:
    """Who saves: a person by number, or a program, which has views of the team alone."""

    who: str
    number: int | None
    manages: bool

    def may_change(self, view: SavedView) -> bool:
        return self.manages if view.owner is None else view.owner == self.number


def save(
    store: Store,
    connection: Connection,
    holder: Holder,
    name: str,
    shown: ListChoice,
    at: float,
    *,
    shared: bool,
) -> SavedView:
    """Keep a view under a name; one of the same name makes room for it."""
    if shared and not holder.manages:
        raise _not_allowed()
    kept = saved_views.put(connection, None if shared else holder.number, name, shown, holder.who, at)
    _note(store, connection, holder, "view_save", kept, at)
    return kept


def rename(store: Store, connection: Connection, holder: Holder, number: int, name: str, at: float) -> None:
    view = _own(connection, holder, number)
    saved_views.rename(connection, view, name)
    _note(store, connection, holder, "view_rename", view, at)


def remove(store: Store, connection: Connection, holder: Holder, number: int, at: float) -> None:
    view = _own(connection, holder, number)
    saved_views.remove(connection, number)
    _note(store, connection, holder, "view_delete", view, at)


def _own(connection: Connection, holder: Holder, number: int) -> SavedView:
    """A view that they may change; one of somebody else is not there for them."""
    view = saved_views.find(connection, number)
    if view is None or (view.owner is not None and not holder.may_change(view)):
        raise RequestError(404, "There is no such view.", code="no_such_view", hint="Load the page again.")
    if not holder.may_change(view):
        raise _not_allowed()
    return view


def _not_allowed() -> RequestError:
    return RequestError(
        403,
        "Views of the team are kept by managers: your role does not allow this.",
        code="role",
        hint="Save it for yourself, or ask a manager.",
    )


def _note(store: Store, connection: Connection, holder: Holder, act: str, view: SavedView, at: float) -> None:
    detail = {"view": view.number, "shared": view.owner is None}
    audit.append(store, connection, holder.who, act, None, detail, at)
