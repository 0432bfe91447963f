"""The leads by what they score, best first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from leadlight.model.answer import displayed
from leadlight.store.leads import StoredLead
from leadlight.store.scores import told_reasons
from leadlight.store.tables import board, current, leads, models, scores

_SAID = ("at", "probability", "low", "high", "grade", "call", "reasons")


@dataclass(frozen=True)
class RankingPlace:
    """Where a page ended."""

    probability: float
    lead: int


def best_first(
    connection: Connection,
    limit: int,
    *,
    grade: str | None = None,
    least: float | None = None,
    after: RankingPlace | None = None,
) -> list[tuple[RankingPlace, str, dict[str, Any]]]:
    """The next leads: where each stands, its id, its score; people who objected are not among them."""
    columns = [current.c[name] for name in _SAID]
    query = (
        select(leads.c.id, current.c.lead, models.c.name.label("model"), *columns)
        .join(board, board.c.lead == current.c.lead)
        .join(leads, leads.c.number == current.c.lead)
        .join(models, models.c.number == current.c.model)
        .order_by(board.c.probability.desc(), board.c.lead)
        .limit(limit)
    )
    if grade is not None:
        query = query.where(board.c.grade == grade)
    if least is not None:
        query = query.where(board.c.probability >= least)
    if after is not None:
        behind = and_(board.c.probability == after.probability, board.c.lead > after.lead)
        query = query.where(or_(board.c.probability < after.probability, behind))
    rows = connection.execute(query).mappings()
    return [(RankingPlace(row["probability"], row["lead"]), row["id"], score_as_json(row)) for row in rows]


def score_history(connection: Connection, lead: StoredLead) -> list[dict[str, Any]]:
    """Every score of a lead, the last first."""
    columns = [scores.c[name] for name in _SAID]
    query = (
        select(models.c.name.label("model"), *columns)
        .join(models, models.c.number == scores.c.model)
        .where(scores.c.lead == lead.number)
        .order_by(scores.c.number.desc())
    )
    return [score_as_json(row) for row in connection.execute(query).mappings()]


def current_score(connection: Connection, lead: StoredLead) -> dict[str, Any] | None:
    """The score that counts."""
    columns = [current.c[name] for name in _SAID]
    query = (
        select(models.c.name.label("model"), *columns)
        .join(models, models.c.number == current.c.model)
        .where(current.c.lead == lead.number)
    )
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else score_as_json(row)


def score_as_json(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A score as it is told."""
    plain = {name: row[name] for name in ("model", *_SAID)}
    return {
        **plain,
        "score": displayed(row["probability"]),
        "call": bool(row["call"]),
        "reasons": told_reasons(row["reasons"]),
    }
