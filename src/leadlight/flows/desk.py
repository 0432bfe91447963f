"""The leads of a home as the daily work sees them: open ones with their chances, worth and list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.flows.events import with_events
from leadlight.flows.held import HeldBack, PartedLeads
from leadlight.flows.roster import Roster
from leadlight.insight.deal_values import DealValues, values_of
from leadlight.insight.expected import Chances, Money, expected_revenue
from leadlight.insight.money import PlanTerms, terms_by_grade
from leadlight.insight.outlook import OpenChances
from leadlight.insight.plan import Caller, Plan, Pricing, plan
from leadlight.insight.pool import Pool
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer, beside
from leadlight.store import Store, changes, leads
from leadlight.store.changes import HomeState, Moved

DAY: Final = 86_400.0
SHOWN: Final = 8
STEP: Final = 1_000
COLD_DAYS: Final = 7.0
OLD_DAYS: Final = 90.0
REASONS: Final = 3
NUMBER: Final = "\0number"
"""Where the list says which lead a row is; no column of leads has this name."""


@dataclass(frozen=True, eq=False)
class Desk:
    """All leads of a home, scored by the model in service; people who objected are not among them.

    `pool` are the open ones that are worked by the score, `chances` and `values` what is said of these, and
    `known` the same of those among them who may be called.
    """

    roster: Roster
    pool: Pool
    numbers: NDArray[np.int64]
    chances: Chances
    values: DealValues
    known: OpenChances
    held: PartedLeads

    @staticmethod
    def of(store: Store, bundle: Bundle) -> Desk:
        roster = Roster.of(store, bundle)
        held = PartedLeads.of(store, roster.raw, roster.identity)
        pool = Pool.of(bundle, held.by_score)
        places, said = np.flatnonzero(~held.is_held)[pool.places], roster.scores
        chances = Chances(said.margin, said.probability, said.low, said.high).among(places)
        values = values_of(bundle, held.by_score).among(pool.places)
        known = OpenChances.of(chances, values, pool.barred)
        return Desk(roster, pool, roster.numbers[places], chances, values, known, held)

    @property
    def bundle(self) -> Bundle:
        return self.roster.bundle

    @property
    def identity(self) -> str:
        return self.roster.identity

    def plan(
        self,
        capacity: int | None = None,
        callers: int | Sequence[Caller] | None = None,
        *,
        deal_value: float | None = None,
        terms: PlanTerms | None = None,
    ) -> Plan:
        """The list: all above the line, or the best that there is capacity for, and what it is worth."""
        schema, grades = self.bundle.scorer.schema, self.bundle.scorer.grades
        owner = schema.name_of("owner")
        names = [name for name in (self.identity, owner) if name in self.pool.frame.columns]
        asked = PlanTerms() if terms is None else terms_by_grade(terms, self.roster.scores)
        return plan(
            self.pool.frame.select(names).with_columns(pl.Series(NUMBER, self.numbers)),
            self.chances,
            line=grades.line if capacity is None else None,
            capacity=capacity,
            callers=callers,
            owner=owner if owner in names else None,
            suppressed=self.pool.barred,
            id=self.identity,
            duplicates=self.pool.duplicates,
            worth=Pricing(self.values.filled(deal_value), asked, grades),
        )


def listed(store: Store, desk: Desk, rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Some rows of a list with all that their leads say, what the model says of them, and why."""
    numbers = rows[NUMBER].to_list()
    with store.reading() as connection:
        kept = {lead.number: lead for lead in leads.by_numbers(connection, numbers)}
    told = [kept[number] for number in numbers if number in kept]
    raw = leads.whole_table([lead.fields for lead in told], [lead.id for lead in told], desk.identity)
    raw = with_events(store, desk.bundle, raw, numbers=numbers)
    scored = beside(raw, BatchScorer(desk.bundle, reasons=REASONS).score(raw).frame)
    own = {row[NUMBER]: row for row in rows.iter_rows(named=True)}
    return [
        {
            **wide,
            **{name: own[lead.number][name] for name in own[lead.number] if name != NUMBER},
            "id": lead.id,
        }
        for lead, wide in zip(told, scored.iter_rows(named=True), strict=True)
    ]


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
        now = changes.standing(connection)
    plan = desk.plan()
    waiting, cold = _waiting_and_cold(store, plan, at)
    above = desk.known.chances.margin >= desk.bundle.scorer.grades.line
    names = desk.bundle.scorer.grades.names
    changed = [each for each in moved if each.grade_before not in (None, each.grade)]
    risen = sum(names.index(each.grade) < _place(names, each.grade_before) for each in changed)
    return Today(
        model=desk.bundle.name,
        expected=asdict(plan.expected),
        counts=asdict(plan.counts),
        revenue=expected_revenue(desk.known.chances.among(above), desk.known.values.among(above)),
        call_now=tuple(listed(store, desk, waiting)),
        growing_cold=tuple(listed(store, desk, cold)),
        moved=tuple(changed[:SHOWN]),
        risen=risen,
        fallen=len(changed) - risen,
        new=new,
        hands=tuple(_hands(now, at)),
        held=desk.held.drawn(
            desk.bundle, desk.identity, plan.counts.listed, plan.counts.listed + plan.counts.below
        ),
    )


def _waiting_and_cold(store: Store, plan: Plan, at: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The first of the list whom nobody has reached, and the first who were reached a while ago.

    The list is gone down in steps until there are enough of both, so that few contacts have to be read.
    """
    waiting: list[int] = []
    cold: list[tuple[int, float]] = []
    numbers, start, step = plan.frame[NUMBER].to_list(), 0, STEP
    while start < len(numbers) and (len(waiting) < SHOWN or len(cold) < SHOWN):
        these = numbers[start : start + step]
        with store.reading() as connection:
            reached = changes.last_reached(connection, these)
        waiting += [number for number in these if number not in reached]
        cold += [
            (number, reached[number]) for number in these if reached.get(number, at) < at - COLD_DAYS * DAY
        ]
        start, step = start + step, 4 * step
    called = pl.DataFrame(cold[:SHOWN], schema={NUMBER: pl.Int64, "reached": pl.Float64}, orient="row")
    first = plan.frame.filter(pl.col(NUMBER).is_in(waiting[:SHOWN]))
    return first, plan.frame.join(called, on=NUMBER, maintain_order="left")


def _place(names: Sequence[str], grade: str | None) -> int:
    return len(names) if grade not in names else [*names].index(str(grade))


def _hands(now: HomeState, at: float) -> list[dict[str, Any]]:
    """What somebody should look at."""
    found: list[dict[str, Any]] = []
    if now.letters:
        found.append({"code": "rejected", "count": now.letters})
    if now.added is not None and at - now.added > OLD_DAYS * DAY:
        found.append({"code": "old_model", "days": int((at - now.added) / DAY)})
    return found
