"""The leads of a home as the daily work sees them: open ones with their chances, worth and list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells
from leadlight.flows.gather import gather_leads
from leadlight.insight.outlook import Money, OpenChances, expected_revenue
from leadlight.insight.plan import Caller, Chances, Plan, planned
from leadlight.insight.pool import Pool
from leadlight.model.bundle import Bundle
from leadlight.model.scorer import Scores
from leadlight.model.scoring import Batch, BatchScorer
from leadlight.store import Store, changes
from leadlight.store.changes import HomeState, Moved

ID: Final = "id"
DAY: Final = 86_400.0
SHOWN: Final = 8
COLD_DAYS: Final = 7.0
OLD_DAYS: Final = 90.0


@dataclass(frozen=True, eq=False)
class Desk:
    """All leads of a home, scored by the model in service; people who objected are not among them."""

    bundle: Bundle
    raw: pl.DataFrame
    identity: str
    scores: Scores
    pool: Pool
    batch: Batch
    known: OpenChances

    @staticmethod
    def of(store: Store, bundle: Bundle, reasons: int = 3) -> Desk:
        identity = bundle.scorer.schema.name_of("id") or ID
        raw = gather_leads(store, bundle.target.column, identity, objecting=False)
        pool = Pool.of(bundle, raw)
        batch = BatchScorer(bundle, reasons=reasons).score(pool.frame)
        said = batch.scores
        chances = Chances(said.margin, said.probability, said.low, said.high)
        known = OpenChances.of(chances, worth_of(bundle, pool.frame), pool.barred)
        return Desk(bundle, raw, identity, bundle.scorer.score(raw), pool, batch, known)

    def plan(self, capacity: int | None = None, callers: int | Sequence[Caller] | None = None) -> Plan:
        """The list: all above the line, or the best that there is capacity for."""
        return planned(self.bundle, self.pool, self.batch, capacity=capacity, callers=callers)


def worth_of(bundle: Bundle, leads: pl.DataFrame) -> np.ndarray:
    """What a deal with each lead is worth, where a column says so; else not a number."""
    name = bundle.scorer.schema.name_of("value")
    if name is None or name not in leads.columns:
        return np.full(leads.height, np.nan)
    column = bundle.scorer.schema[name]
    texts = (cells.text_of(value) or "" for value in leads[name].to_list())
    numbers = [cells.parse_number(text, column.decimal, column.thousands) for text in texts]
    return np.array([np.nan if each is None else each for each in numbers], dtype=np.float64)


@dataclass(frozen=True)
class Today:
    """What a day begins with."""

    model: str
    expected: Mapping[str, Any]
    counts: Mapping[str, Any]
    revenue: Money
    call_now: tuple[Mapping[str, Any], ...]
    growing_cold: tuple[Mapping[str, Any], ...]
    moved: tuple[Moved, ...]
    risen: int
    fallen: int
    new: int
    hands: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def today(store: Store, desk: Desk, at: float) -> Today:
    """Whom to call, what to expect of it, what changed since yesterday, what needs a hand."""
    with store.reading() as connection:
        moved = changes.moved_since(connection, at - DAY)
        new = changes.new_since(connection, at - DAY)
        reached = changes.last_reached(connection)
        now = changes.standing(connection)
    plan = desk.plan()
    listed = _rows(plan, desk.identity)
    waiting = [row for row in listed if row["id"] not in reached]
    cold = [
        {**row, "reached": reached[row["id"]]}
        for row in listed
        if reached.get(row["id"], at) < at - COLD_DAYS * DAY
    ]
    above = desk.known.chances.margin >= desk.bundle.scorer.grades.line
    taken = Chances(*(part[above] for part in _parts(desk.known)))
    names = desk.bundle.scorer.grades.names
    changed = [each for each in moved if each.grade_before not in (None, each.grade)]
    risen = sum(names.index(each.grade) < _place(names, each.grade_before) for each in changed)
    return Today(
        model=desk.bundle.name,
        expected=asdict(plan.expected),
        counts=asdict(plan.counts),
        revenue=expected_revenue(taken, desk.known.worth(None)[above]),
        call_now=tuple(waiting[:SHOWN]),
        growing_cold=tuple(cold[:SHOWN]),
        moved=tuple(changed[:SHOWN]),
        risen=risen,
        fallen=len(changed) - risen,
        new=new,
        hands=tuple(_hands(now, at)),
    )


def _parts(known: OpenChances) -> tuple[np.ndarray, ...]:
    chances = known.chances
    assert chances.low is not None
    assert chances.high is not None
    return chances.margin, chances.probability, chances.low, chances.high


def _place(names: Sequence[str], grade: str | None) -> int:
    return len(names) if grade not in names else [*names].index(str(grade))


def _rows(plan: Plan, identity: str) -> list[dict[str, Any]]:
    """The list as plain rows: id, what the model says, and every column of the lead."""
    named = plan.id or identity
    return [{**row, "id": str(row[named])} for row in plan.frame.iter_rows(named=True)]


def _hands(now: HomeState, at: float) -> list[dict[str, Any]]:
    """What somebody should look at."""
    found: list[dict[str, Any]] = []
    if now.letters:
        found.append({"code": "rejected", "count": now.letters})
    if now.added is not None and at - now.added > OLD_DAYS * DAY:
        found.append({"code": "old_model", "days": int((at - now.added) / DAY)})
    return found
