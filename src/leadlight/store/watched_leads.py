"""The leads that a watch looks at: the newest as they came, and those that are decided with their scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import ColumnElement, Connection, func, select, true

from leadlight.store import bulk, leads
from leadlight.store.tables import board, current, outcomes, scores
from leadlight.store.tables import leads as lead_table
from leadlight.store.watch_tables import shadows


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Leads as raw rows beside the margin that counts and when they were taken in."""

    raw: pl.DataFrame
    numbers: np.ndarray
    margin: np.ndarray
    created: np.ndarray
    source: Sequence[str]
    outcome: Sequence[str]


def newest(
    connection: Connection, identity: str, outcome: str, before: int | None, limit: int
) -> pl.DataFrame:
    """The newest leads that may be looked at, in the order in which they came, with how they ended."""
    query = (
        select(lead_table.c.number, lead_table.c.id, lead_table.c.fields, board.c.outcome)
        .join(board, board.c.lead == lead_table.c.number)
        .where(~lead_table.c.suppressed)
    )
    if before is not None:
        query = query.where(lead_table.c.number < before)
    rows = connection.execute(query.order_by(lead_table.c.number.desc()).limit(limit)).all()[::-1]
    told = [{**leads.decode(row.fields), **({outcome: row.outcome} if row.outcome else {})} for row in rows]
    names = dict.fromkeys(name for each in told for name in each)
    raw = leads.table(
        {name: [each.get(name) for each in told] for name in names}, [row.id for row in rows], identity
    )
    return raw.with_columns(pl.Series("#", [row.number for row in rows], dtype=pl.Int64))


def count_since(connection: Connection, number: int) -> int:
    """How many leads came after this one."""
    query = select(func.count()).select_from(lead_table).where(lead_table.c.number > number)
    return int(connection.execute(query).scalar_one())


def decided(
    connection: Connection, model: int | None, words: Sequence[str], columns: Sequence[str], limit: int
) -> ScoredRows:
    """The newest decided leads with the scores of this model, or with whatever score counts."""
    wanted = board.c.outcome.in_(list(words)) & (true() if model is None else current.c.model == model)
    return _scored(connection, wanted, board.c.lead.desc(), columns, limit)


def margins_before_the_end(connection: Connection, model: int, numbers: Sequence[int]) -> dict[int, float]:
    """What this model last said of leads before anybody said how they ended; nan where it said nothing.

    Leads of which nobody said when they ended are left out.
    """
    ended = select(outcomes.c.lead, func.min(outcomes.c.at).label("at")).group_by(outcomes.c.lead)
    ended = ended.where(bulk.among(connection, outcomes.c.lead, numbers))
    found = {int(row.lead): math.nan for row in connection.execute(ended).all()}
    first = ended.subquery()
    given = (scores.c.model == model) & (scores.c.at < first.c.at)
    last = select(func.max(scores.c.number)).join(first, first.c.lead == scores.c.lead).where(given)
    query = select(scores.c.lead, scores.c.margin).where(scores.c.number.in_(last.group_by(scores.c.lead)))
    return found | {int(row.lead): float(row.margin) for row in connection.execute(query)}


def taken_between(
    connection: Connection, model: int, columns: Sequence[str], since: float, until: float, limit: int
) -> ScoredRows:
    """The newest leads that were taken in from one moment until before another, scored by this model."""
    wanted = (board.c.created >= since) & (current.c.model == model)
    if until != math.inf:
        wanted &= board.c.created < until
    return _scored(connection, wanted, board.c.created.desc(), columns, limit)


def _scored(
    connection: Connection,
    wanted: ColumnElement[bool],
    order: ColumnElement[Any],
    columns: Sequence[str],
    limit: int,
) -> ScoredRows:
    ended = (
        select(board.c.lead, board.c.outcome, board.c.source, board.c.created, current.c.margin)
        .join(current, current.c.lead == board.c.lead)
        .where(wanted)
        .order_by(order)
        .limit(limit)
        .subquery()
    )
    query = select(ended, lead_table.c.fields).join(lead_table, lead_table.c.number == ended.c.lead)
    rows: Sequence[Any] = connection.execute(query.order_by(ended.c.lead)).all()
    read = leads.Columns(columns)
    texts = [row.fields for row in rows]
    raw = leads.table(read.of(texts), [str(row.lead) for row in rows], "#")
    return ScoredRows(
        raw=raw,
        numbers=np.array([row.lead for row in rows], dtype=np.int64),
        margin=np.array([row.margin for row in rows], dtype=np.float64),
        created=np.array([row.created for row in rows], dtype=np.float64),
        source=[row.source for row in rows],
        outcome=[row.outcome for row in rows],
    )


def of_numbers(connection: Connection, numbers: Sequence[int], columns: Sequence[str]) -> pl.DataFrame:
    """These columns of leads by number, in the order of the numbers."""
    wanted = bulk.among(connection, lead_table.c.number, sorted(numbers))
    query = select(lead_table.c.number, lead_table.c.fields).where(wanted).order_by(lead_table.c.number)
    rows = connection.execute(query).all()
    read = leads.Columns(columns)
    return leads.table(read.of([row.fields for row in rows]), [str(row.number) for row in rows], "#")


def newest_numbers(connection: Connection, limit: int) -> list[int]:
    """The numbers of the newest leads that may be scored, rising."""
    query = select(board.c.lead).order_by(board.c.lead.desc()).limit(limit)
    return list(connection.execute(query).scalars())[::-1]


def put_shadows(
    connection: Connection, model: int, numbers: Sequence[int], rates: Sequence[float], at: float
) -> None:
    """Keep what a model says beside the scores that count."""
    rows = [(number, model, at, rate) for number, rate in zip(numbers, rates, strict=True)]
    bulk.upsert(connection, shadows, ("lead", "model", "at", "probability"), rows)


def created_since(connection: Connection, since: float) -> dict[str, float]:
    """The leads that were taken in from this moment on: when, by id."""
    query = select(lead_table.c.id, lead_table.c.created).where(lead_table.c.created >= since)
    return {row.id: float(row.created) for row in connection.execute(query)}


def ids_of(connection: Connection, numbers: Sequence[int]) -> list[str]:
    """The ids of leads by number, in the order of the numbers."""
    wanted = bulk.among(connection, lead_table.c.number, numbers)
    rows = connection.execute(select(lead_table.c.number, lead_table.c.id).where(wanted)).all()
    known = {row.number: row.id for row in rows}
    return [known[number] for number in numbers]


def arrival_times(connection: Connection, limit: int) -> np.ndarray:
    """When the newest leads were taken in, the newest last."""
    query = select(board.c.created).order_by(board.c.created.desc()).limit(limit)
    return np.array(connection.execute(query).scalars().all()[::-1], dtype=np.float64)
