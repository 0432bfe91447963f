"""The leads of a home as the daily work sees them: open ones with their chances, worth and list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from leadlight.flows.events import as_learnt, gather_for
from leadlight.flows.held import HeldBack, PartedLeads
from leadlight.insight.accounts import Accounts, roll_up
from leadlight.insight.deal_values import values_of
from leadlight.insight.expected import Chances, Money, expected_revenue
from leadlight.insight.money import PlanTerms, terms_among
from leadlight.insight.outlook import OpenChances
from leadlight.insight.plan import Caller, Plan, planned
from leadlight.insight.pool import Pool
from leadlight.insight.population import Population
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

    store: Store
    bundle: Bundle
    raw: pl.DataFrame
    identity: str
    scores: Scores
    pool: Pool
    batch: Batch
    known: OpenChances
    held: PartedLeads

    @staticmethod
    def of(store: Store, bundle: Bundle, reasons: int = 3) -> Desk:
        identity = bundle.scorer.schema.name_of("id") or ID
        raw = gather_for(store, bundle)
        held = PartedLeads.of(store, raw, identity)
        pool = Pool.of(bundle, held.by_score)
        batch = BatchScorer(bundle, reasons=reasons).score(pool.frame)
        said = batch.scores
        chances = Chances(said.margin, said.probability, said.low, said.high)
        values = values_of(bundle, held.by_score)
        known = OpenChances.of(chances, values.among(pool.places), pool.barred)
        return Desk(store, bundle, raw, identity, bundle.scorer.score(raw), pool, batch, known, held)

    @cached_property
    def learnt(self) -> pl.DataFrame:
        """All leads of the home, decided ones as the model would have learnt them."""
        return as_learnt(self.store, self.bundle, self.raw)

    @cached_property
    def population(self) -> Population:
        """All leads of the home, one row each, with all that is known of them."""
        return Population.of(self.bundle, self.learnt)

    @cached_property
    def accounts(self) -> Accounts:
        """The leads of each company as one account, the most promising first."""
        scores = self.scores if self.bundle.events is None else self.bundle.scorer.score(self.learnt)
        return roll_up(self.bundle, self.learnt, scores.probability)

    def plan(
        self,
        capacity: int | None = None,
        callers: int | Sequence[Caller] | None = None,
        *,
        deal_value: float | None = None,
        terms: PlanTerms | None = None,
    ) -> Plan:
        """The list: all above the line, or the best that there is capacity for, and what it is worth."""
        return planned(
            self.bundle,
            self.pool,
            self.batch,
            capacity=capacity,
            callers=callers,
            values=values_of(self.bundle, self.held.by_score).filled(deal_value),
            terms=None if terms is None else terms_among(terms, self.bundle.scorer, self.raw),
        )


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
    held: HeldBack | None = None

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
    names = desk.bundle.scorer.grades.names
    changed = [each for each in moved if each.grade_before not in (None, each.grade)]
    risen = sum(names.index(each.grade) < _place(names, each.grade_before) for each in changed)
    return Today(
        model=desk.bundle.name,
        expected=asdict(plan.expected),
        counts=asdict(plan.counts),
        revenue=expected_revenue(desk.known.chances.among(above), desk.known.values.among(above)),
        call_now=tuple(waiting[:SHOWN]),
        growing_cold=tuple(cold[:SHOWN]),
        moved=tuple(changed[:SHOWN]),
        risen=risen,
        fallen=len(changed) - risen,
        new=new,
        hands=tuple(_hands(now, at)),
        held=desk.held.drawn(
            desk.bundle, desk.identity, plan.counts.listed, plan.counts.listed + plan.counts.below
        ),
    )


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
