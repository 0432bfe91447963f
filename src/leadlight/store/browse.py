"""The leads as a list to look through: filtered, searched, sorted, a page at a time, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, ColumnElement, Connection, Select, Text, case, cast, func, literal, or_, select

from leadlight.data import cells
from leadlight.data.target import Target
from leadlight.model.answer import Reason
from leadlight.store.tables import current, leads, models, outcomes

ORDERS: Final = ("score", "id", "created", "changed")
MOST: Final = 200


@dataclass(frozen=True)
class Sought:
    """What a list is to hold; `ended` is open, won, lost or blank for all."""

    grade: str = ""
    ended: str = "open"
    text: str = ""
    call: bool = False
    values: Mapping[str, str] = ()  # type: ignore[assignment]
    """Columns of the leads, and what each must hold."""
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
    order = _order(sought)
    said = [current.c[name] for name in _SAID]
    query = _among(connection, sought, target).add_columns(models.c.name.label("model"), *said)
    query = query.outerjoin(models, models.c.number == current.c.model)
    rows = connection.execute(query.order_by(*order).offset(start).limit(min(size, MOST))).mappings()
    return [_row(row) for row in rows]


def counts(connection: Connection, sought: Sought, target: Target) -> dict[str, int]:
    """How many there are of each grade; those without a score stand under a blank."""
    inner = _among(connection, sought, target).add_columns(current.c.grade).subquery()
    grade = func.coalesce(inner.c.grade, "")
    rows = connection.execute(select(grade, func.count()).group_by(grade)).all()
    return {str(name): int(count) for name, count in rows}


_SAID: Final = ("at", "margin", "probability", "low", "high", "grade", "call", "reasons")


def _among(connection: Connection, sought: Sought, target: Target) -> Select[Any]:
    ended = _ended(connection, target)
    query = (
        select(leads.c.id, leads.c.fields, leads.c.created, leads.c.changed, ended.label("outcome"))
        .select_from(leads.outerjoin(current, current.c.lead == leads.c.number))
        .where(~leads.c.suppressed)
    )
    if sought.grade:
        query = query.where(current.c.grade == sought.grade)
    if sought.call:
        query = query.where(current.c.call)
    if sought.text:
        like = f"%{_escaped(sought.text.lower())}%"
        held = or_(
            func.lower(leads.c.id).like(like, escape="\\"), func.lower(leads.c.fields).like(like, escape="\\")
        )
        query = query.where(held)
    for column, value in dict(sought.values).items():
        query = query.where(_field(connection, column) == value)
    return _kept_to(query, sought.ended, ended, target)


def _kept_to(query: Select[Any], kept: str, ended: ColumnElement[Any], target: Target) -> Select[Any]:
    plain = func.lower(func.trim(ended))
    words = {"won": target.positive, "lost": target.negative}
    if kept in words:
        return query.where(plain.in_(words[kept]))
    if kept == "open":
        return query.where(or_(ended.is_(None), plain.not_in((*target.positive, *target.negative))))
    return query


def _ended(connection: Connection, target: Target) -> ColumnElement[Any]:
    """The outcome that was recorded last, else what the lead's own column says."""
    recorded = (
        select(outcomes.c.outcome)
        .where(outcomes.c.lead == leads.c.number)
        .order_by(outcomes.c.at.desc(), outcomes.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    own = _field(connection, target.column) if target.column else literal(None, Text)
    return func.coalesce(recorded, own)


def _field(connection: Connection, name: str) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return cast(leads.c.fields, JSON).op("->>")(name)
    quoted = '$."' + name.replace('"', '\\"') + '"'
    return cast(func.json_extract(leads.c.fields, quoted), Text)


def _order(sought: Sought) -> list[ColumnElement[Any]]:
    column: ColumnElement[Any] = {
        "score": current.c.margin,
        "id": leads.c.id,
        "created": leads.c.created,
        "changed": leads.c.changed,
    }[sought.order]
    missing = case((column.is_(None), 1), else_=0)
    return [missing, column.asc() if sought.rising else column.desc(), leads.c.number]


def _escaped(text: str) -> str:
    for sign in ("\\", "%", "_"):
        text = text.replace(sign, "\\" + sign)
    return text


def _row(row: Mapping[Any, Any]) -> Row:
    score = None
    if row["probability"] is not None:
        told = {name: row[name] for name in _SAID}
        score = {
            **told,
            "call": bool(row["call"]),
            "reasons": [_text(each) for each in msgspec.json.decode(row["reasons"])],
            "model": row["model"],
        }
    outcome = None if row["outcome"] is None else str(row["outcome"])
    return Row(row["id"], msgspec.json.decode(row["fields"]), row["created"], row["changed"], score, outcome)


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
