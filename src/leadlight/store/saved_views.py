"""Lists that somebody gave a name: filter, order and columns; one's own or the team's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, or_, select, update

from leadlight.errors import InputError
from leadlight.store.tables import saved_views

LONGEST_NAME: Final = 60
MOST: Final = 50
"""So many of one person, and so many of the team."""


@dataclass(frozen=True)
class ListChoice:
    """What of the list is looked at, and how."""

    grade: str = ""
    status: str = "open"
    search: str = ""
    call: bool = False
    source: str = ""
    sort: str = "score-down"
    columns: tuple[str, ...] = ()

    def changed(self) -> dict[str, Any]:
        """What differs from the whole list of open leads."""
        plain = ListChoice()
        return {name: value for name, value in asdict(self).items() if value != getattr(plain, name)}

    def address(self) -> dict[str, Any]:
        """As it stands in the address of the page."""
        named = {"call": ("call", "yes"), "columns": ("column", list(self.columns))}
        return dict(named.get(name, (name, value)) for name, value in self.changed().items())


@dataclass(frozen=True)
class SavedView:
    """A list under its name; one without an owner is the team's."""

    number: int
    owner: int | None
    name: str
    shown: ListChoice
    who: str
    at: float

    def to_json(self) -> dict[str, Any]:
        named = {"number": self.number, "name": self.name}
        return {**named, **asdict(self.shown), "who": self.who, "at": self.at}

    @property
    def texts(self) -> str:
        """All that somebody wrote into it."""
        return "\n".join((self.name, self.shown.search, self.shown.source, *self.shown.columns))


def seen_by(connection: Connection, owner: int | None) -> list[SavedView]:
    """The team's views by name, then those of this person."""
    mine = saved_views.c.owner == owner
    query = select(saved_views).where(or_(saved_views.c.owner.is_(None), mine))
    found = [_view(row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (each.owner is not None, each.name.casefold()))


def find(connection: Connection, number: int) -> SavedView | None:
    row = connection.execute(select(saved_views).where(saved_views.c.number == number)).first()
    return None if row is None else _view(row)


def put(
    connection: Connection, owner: int | None, name: str, shown: ListChoice, who: str, at: float
) -> SavedView:
    """Keep a view; another of the same owner and name makes room for it."""
    name = _checked(name)
    text = msgspec.json.encode(shown.changed()).decode()
    said = {"shown": text, "who": who, "at": at}
    here = saved_views.c.owner.is_(None) if owner is None else saved_views.c.owner == owner
    same = here & (saved_views.c.name == name)
    number = connection.execute(update(saved_views).where(same).values(said).returning(saved_views.c.number))
    known = number.scalar()
    if known is None:
        if connection.execute(select(func.count()).where(here)).scalar_one() >= MOST:
            raise InputError(
                f"There are {MOST} views already.", code="too_many_views", hint="Delete one of them first."
            )
        row = {"owner": owner, "name": name, **said}
        known = connection.execute(insert(saved_views).returning(saved_views.c.number), row).scalar_one()
    return SavedView(int(known), owner, name, shown, who, at)


def rename(connection: Connection, view: SavedView, name: str) -> None:
    """Another name; one that the same owner has already is refused."""
    name = _checked(name)
    taken = select(saved_views.c.number).where(
        saved_views.c.owner.is_not_distinct_from(view.owner),
        saved_views.c.name == name,
        saved_views.c.number != view.number,
    )
    if connection.execute(taken).first() is not None:
        raise InputError("Another view has this name.", code="view_name", hint="Choose another name.")
    connection.execute(update(saved_views).where(saved_views.c.number == view.number).values(name=name))


def remove(connection: Connection, number: int) -> None:
    connection.execute(delete(saved_views).where(saved_views.c.number == number))


def every(connection: Connection) -> list[SavedView]:
    return [_view(row) for row in connection.execute(select(saved_views))]


def _checked(name: str) -> str:
    plain = name.strip()
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise InputError(
            f"A view's name has 1 to {LONGEST_NAME} characters that can be seen.", code="view_name"
        )
    return plain


def _view(row: Any) -> SavedView:
    shown = msgspec.convert(msgspec.json.decode(row.shown), ListChoice)
    return SavedView(row.number, row.owner, row.name, shown, row.who, row.at)
