"""The leads as a list: filtered, searched, sorted and paged on the board, wide rows joined after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, ColumnElement, Connection, Select, Text, cast, func, select, true

from leadlight.data import cells
from leadlight.data.lead_words import named_of
from leadlight.data.target import Target
from leadlight.model.answer import Reason
from leadlight.store import bulk
from leadlight.store.board import LONGEST
from leadlight.store.tables import board, current, leads, models

_COLUMNS: Final[Mapping[str, ColumnElement[Any]]] = {
    "score": board.c.probability,
    **{name: board.c[name] for name in ("id", "created", "changed", "name", "company")},
}
ORDERS: Final = tuple(_COLUMNS)
MOST: Final = 200
FAR_DOWN: Final = 1_000
"""From so many leads on down a list."""
_SAID: Final = ("at", "margin", "probability", "low", "high", "grade", "call", "reasons")


@dataclass(frozen=True)
class Sought:
    """What a list is to hold; `ended` is open, won, lost or blank for all."""

    grade: str = ""
    ended: str = "open"
    text: str = ""
    call: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    """Columns of the leads, and what each must hold; the one that says where leads came from is quick."""
    order: str = "score"
    rising: bool = False


@dataclass(frozen=True)
class Row:
    """One lead of a list: what it says, what is said of it, how it ended."""

    id: str
    fields: Mapping[str, Any]
    created: float
    changed: float
    score: Mapping[str, Any] | None
    outcome: str | None
    """The word that was said of it last, be it in its own column or later."""


def page(connection: Connection, sought: Sought, target: Target, start: int, size: int) -> list[Row]:
    """Some of the leads, in order; people who objected are not among them."""
    is_far_down = start >= FAR_DOWN and sought.order != "score" and not sought.text
    query = _kept_to(select(board.c.lead), connection, sought, target, is_far_down=is_far_down)
    query = query.order_by(*_order(sought))
    numbers = list(connection.execute(query.offset(start).limit(min(size, MOST))).scalars())
    wide = (
        select(leads, board.c.outcome, models.c.name.label("model"), *(current.c[name] for name in _SAID))
        .select_from(leads.join(board, board.c.lead == leads.c.number))
        .outerjoin(current, current.c.lead == leads.c.number)
        .outerjoin(models, models.c.number == current.c.model)
        .where(bulk.among(connection, leads.c.number, numbers))
    )
    rows = {row["number"]: row for row in connection.execute(wide).mappings()}
    return [_row(rows[number]) for number in numbers]


def counts(connection: Connection, sought: Sought, target: Target) -> dict[str, int]:
    """How many there are of each grade; those without a score stand under a blank."""
    grades = select(board.c.grade, func.count()).group_by(board.c.grade)
    rows = connection.execute(_kept_to(grades, connection, sought, target)).all()
    return {str(name): int(count) for name, count in rows}


def _kept_to(
    query: Select[Any], connection: Connection, sought: Sought, target: Target, *, is_far_down: bool = False
) -> Select[Any]:
    if sought.grade:
        query = query.where(_of_grade(sought, target) if is_far_down else board.c.grade == sought.grade)
    if sought.call:
        query = query.where(board.c.call)
    if sought.text:
        query = query.where(_mentions(connection, sought.text.replace("\0", "").lower()))
    for column, value in sought.values.items():
        query = query.where(_says(connection, column, value))
    return query.where(_ended(board.c.outcome, sought, target))


def _ended(outcome: ColumnElement[str], sought: Sought, target: Target) -> ColumnElement[bool]:
    words = {"won": target.positive, "lost": target.negative}
    if sought.ended in words:
        return outcome.in_(words[sought.ended])
    return outcome.not_in((*target.positive, *target.negative)) if sought.ended == "open" else true()


def _of_grade(sought: Sought, target: Target) -> ColumnElement[bool]:
    """Whether a lead is among those of the grade, which are taken once out of the index by score.

    That index alone holds grades, so that a new score changes no other. Far down a list in another order the
    row of each lead would have to be looked at: of a million that takes four times as long.
    """
    graded = board.alias("graded")
    wanted = select(graded.c.lead).where(
        graded.c.grade == sought.grade, _ended(graded.c.outcome, sought, target)
    )
    return (board.c.lead + 0).in_(wanted)


def _mentions(connection: Connection, text: str) -> ColumnElement[bool]:
    """Whether id, name, company or an e-mail address holds the text; all of a million are read in 0.2 s."""
    find = func.strpos if connection.dialect.name == "postgresql" else func.instr
    return find(board.c.search, text) > 0


def _says(connection: Connection, column: str, value: str) -> ColumnElement[bool]:
    """Whether a lead holds this in a column of its own."""
    if named_of([column]).source:
        return board.c.source == value[:LONGEST]
    if connection.dialect.name == "postgresql":
        own: ColumnElement[Any] = cast(leads.c.fields, JSON).op("->>")(column)
    else:
        quoted = '$."' + column.replace('"', '\\"') + '"'
        own = cast(func.json_extract(leads.c.fields, quoted), Text)
    return board.c.lead.in_(select(leads.c.number).where(own == value))


def _order(sought: Sought) -> list[ColumnElement[Any]]:
    """As an index has it, or backwards; a search reads the whole board once and sorts what it found.

    Leads without a score come last, where the best come first; equal ones in the order in which they came.
    """
    column = _COLUMNS[sought.order]
    if sought.text:
        column = func.coalesce(column, column)
    if sought.order == "score":
        return [column.asc(), board.c.lead.desc()] if sought.rising else [column.desc(), board.c.lead]
    return [column.asc(), board.c.lead] if sought.rising else [column.desc(), board.c.lead.desc()]


def _row(row: Mapping[Any, Any]) -> Row:
    score = None
    if row["probability"] is not None:
        score = {name: row[name] for name in (*_SAID, "model")}
        texts = [_text(each) for each in msgspec.json.decode(row["reasons"])]
        score |= {"call": bool(row["call"]), "reasons": texts}
    fields = msgspec.json.decode(row["fields"])
    return Row(row["id"], fields, row["created"], row["changed"], score, row["outcome"] or None)


def _text(stored: Any) -> str:
    """A reason in words, whichever version wrote it."""
    found = Reason.from_stored(stored)
    return found if isinstance(found, str) else found.text


def is_ended(target: Target, word: str | None) -> str:
    """won, lost or open."""
    plain = cells.clean(word) if word else ""
    return "won" if plain in target.positive else "lost" if plain in target.negative else "open"


def columns(rows: Sequence[Row]) -> list[str]:
    """What the leads of a list say, in the order in which they say it."""
    return list(dict.fromkeys(name for row in rows for name in row.fields))
