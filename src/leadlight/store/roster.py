"""The leads that may be looked at, a page at a time: some of their columns, how they ended, what counts.

Only what is asked for leaves the database, and a page at a time is in memory; whoever makes figures keeps
the few columns that these need (`flows/roster.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from sqlalchemy import JSON, ColumnElement, Connection, FromClause, Select, Text, cast, select
from sqlalchemy.types import NullType

from leadlight.data import frame
from leadlight.store import leads as stored
from leadlight.store.columns import hashed
from leadlight.store.store import Store
from leadlight.store.tables import board, columns, current, inputs, leads, models

PAGE: Final = 10_000
FIRST: Final = 200
_PLAIN: Final = re.compile(r"[^\x00-\x1f\"\\$\[]+")
"""Names that both databases take as the name of a field as they are."""


@dataclass(frozen=True, eq=False)
class RosterPage:
    """Leads in the order of their numbers; the margin is not a number where no score of theirs counts."""

    numbers: np.ndarray
    ids: Sequence[str]
    outcome: Sequence[str]
    margin: np.ndarray
    columns: dict[str, pl.Series]


def pages(connection: Connection, model: str, names: Sequence[str], size: int = PAGE) -> Iterator[RosterPage]:
    """All who did not object, with the scores that the model of this name gave to what they say now."""
    plain = all(map(_PLAIN.fullmatch, names))
    said = [_fragment(connection, name) for name in names] if plain else [leads.c.fields]
    query = (
        select(board.c.lead, leads.c.id, board.c.outcome, current.c.margin, *said)
        .select_from(_scored(connection, model))
        .order_by(board.c.lead)
    )
    for numbers, ids, outcome, margin, *rest in _parts(connection, query, size):
        told = rest if plain else _picked(rest[0], names)
        read = {name: read_fragments(name, part) for name, part in zip(names, told, strict=True)}
        yield RosterPage(np.array(numbers), ids, outcome, np.array(margin, dtype=np.float64), read)


def column_of(connection: Connection, name: str) -> Iterator[tuple[np.ndarray, pl.Series]]:
    """What leads say in one column, as texts, by their numbers."""
    said = _fragment(connection, name) if _PLAIN.fullmatch(name) else leads.c.fields
    joined = board.join(leads, leads.c.number == board.c.lead)
    query = select(board.c.lead, said).select_from(joined).order_by(board.c.lead)
    for numbers, told in _parts(connection, query, PAGE):
        part = told if said is not leads.c.fields else _picked(told, [name])[0]
        yield np.array(numbers), frame.texts(read_fragments(name, part))


def inputs_of(connection: Connection, model: str) -> Iterator[tuple[np.ndarray, Sequence[bytes]]]:
    """The exact inputs behind the scores of this model, by the numbers of the leads."""
    made_from = (inputs.c.lead == current.c.lead) & (inputs.c.address == current.c.input)
    query = (
        select(current.c.lead, inputs.c.codes)
        .select_from(current.join(inputs, made_from))
        .where(current.c.model == _number(connection, model))
        .order_by(current.c.lead)
    )
    for numbers, codes in _parts(connection, query, PAGE):
        yield np.array(numbers), codes


def names(store: Store, connection: Connection) -> tuple[str, ...]:
    """The columns in which leads say something, in the order in which they say it.

    The home knows how many there are, so that the first leads are enough where all say the same.
    """
    left = {bytes(digest) for digest in connection.execute(select(columns.c.hash)).scalars()}
    found: dict[str, None] = {}
    for page in _texts(connection, FIRST):
        new = dict.fromkeys(name for text in page for name in stored.decode(text))
        left -= {hashed(store, name) for name in new if name not in found}
        found |= new
        if not left:
            break
    return tuple(found)


def _texts(connection: Connection, size: int) -> Iterator[Sequence[str]]:
    query = select(leads.c.fields).where(~leads.c.suppressed).order_by(leads.c.number)
    yield from connection.execution_options(yield_per=size).execute(query).scalars().partitions(size)


def _scored(connection: Connection, model: str) -> FromClause:
    counts = (
        (current.c.lead == leads.c.number)
        & (current.c.version == leads.c.version)
        & (current.c.model == _number(connection, model))
    )
    return board.join(leads, leads.c.number == board.c.lead).outerjoin(current, counts)


def _number(connection: Connection, model: str) -> int:
    """The number of a kept model; one that no score has where it is not kept."""
    return connection.execute(select(models.c.number).where(models.c.name == model)).scalar() or 0


def _parts(connection: Connection, query: Select[Any], size: int) -> Iterator[tuple[Sequence[Any], ...]]:
    rows = connection.execution_options(yield_per=size).execute(query)
    for part in rows.partitions(size):
        yield tuple(zip(*part, strict=True))


def _fragment(connection: Connection, name: str) -> ColumnElement[Any]:
    """What a lead says in a column, as JSON has it, so that true is not 1 and 1 is not a text."""
    if connection.dialect.name == "postgresql":
        return cast(cast(leads.c.fields, JSON).op("->", return_type=NullType())(name), Text)
    return leads.c.fields.op("->", return_type=Text())(name)


def _picked(texts: Sequence[str], names: Sequence[str]) -> list[list[str | None]]:
    rows = [stored.decode(text) for text in texts]
    encode = msgspec.json.encode
    return [[encode(row[name]).decode() if name in row else None for row in rows] for name in names]


def read_fragments(name: str, fragments: Sequence[str | None]) -> pl.Series:
    """Values as a raw column has them; texts, which nearly all are, are taken as a whole."""
    texts = pl.Series(name, fragments, dtype=pl.String)
    texts = texts.set(texts == "null", None)
    quoted = texts.str.starts_with('"') & ~texts.str.contains("\\", literal=True)
    if quoted.all():
        return texts.str.slice(1, texts.str.len_chars() - 2)
    decode = msgspec.json.decode
    return frame.column(name, [None if each is None else decode(each) for each in texts.to_list()])
