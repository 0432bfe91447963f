"""The list of leads as somebody chose to look at it: one page of it, and how many there are of each grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from leadlight.data.lead_words import named_of
from leadlight.data.target import UNKNOWN, Target
from leadlight.model.answer import displayed
from leadlight.model.bundle import Bundle
from leadlight.store import browse
from leadlight.store.browse import Row, Sought

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from leadlight.store.saved_views import ListChoice

ENDED: Final = ("open", "won", "lost", "all")


@dataclass(frozen=True)
class LeadList:
    """Some of the leads, in order."""

    rows: Sequence[Row]
    counts: Mapping[str, int]
    target: Target

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def to_json(self) -> dict[str, Any]:
        grades = {grade: count for grade, count in self.counts.items() if grade}
        told = [_told(row, browse.is_ended(self.target, row.outcome)) for row in self.rows]
        return {"total": self.total, "grades": grades, "leads": told}


def _told(row: Row, ended: str) -> dict[str, Any]:
    score = row.score
    said = None if score is None else {
        "score": displayed(score["probability"]),
        **{name: score[name] for name in ("probability", "low", "high", "grade", "call", "reasons", "model")},
    }  # fmt: skip
    return {"id": row.id, "status": ended, "created": row.created, "changed": row.changed, "score": said} | {
        "fields": row.fields
    }


def listed(
    connection: Connection, bundle: Bundle | None, chosen: ListChoice, start: int, size: int
) -> LeadList:
    """Those that are asked for; people who objected are not among them."""
    target, sought = target_of(bundle), sought_of(chosen, source_column(bundle))
    counts = browse.counts(connection, sought, target)
    return LeadList(browse.page(connection, sought, target, start, size), counts, target)


def source_column(bundle: Bundle | None) -> str | None:
    """The column that says where leads came from, as the model in service knows it."""
    return None if bundle is None else named_of([each.name for each in bundle.scorer.schema.columns]).source


def target_of(bundle: Bundle | None) -> Target:
    return UNKNOWN if bundle is None else bundle.target


def sought_of(chosen: ListChoice, column: str | None) -> Sought:
    """What the board is asked for."""
    order, _, way = chosen.sort.partition("-")
    return Sought(
        grade=chosen.grade,
        ended=chosen.status,
        text=chosen.search,
        call=chosen.call,
        values={column: chosen.source} if chosen.source and column else {},
        order=order,
        rising=way == "up",
    )
