"""Whom to call: the list, best first, dealt to those who call, and what to expect of it.

A lead whose owner calls stays with its owner while the owner has time. All others are dealt best first, in
turns: each to the caller with the fewest calls for their capacity, and of equals to the one with the fewest
conversions to expect so far. Leads that must not be called are left out and counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data.rows import identities
from leadlight.errors import ColumnError, PolicyError
from leadlight.insight.deal_values import DealValues
from leadlight.insight.expected import Chances, Expected, expected
from leadlight.insight.money import PlanMoney, PlanTerms, plan_money
from leadlight.insight.pool import Pool
from leadlight.model.bundle import Bundle
from leadlight.model.grade import Grades, rank
from leadlight.model.metrics import Floats
from leadlight.model.scoring import Batch, beside, marked

OWN = ("rank", "caller")
FIRST = ("score", "grade")
"""What whoever calls looks at, before the reasons and all else."""


@dataclass(frozen=True)
class Caller:
    """One who calls, and how many leads at most."""

    name: str
    capacity: int | None = None


@dataclass(frozen=True)
class Share:
    """One caller's part of the list."""

    caller: str
    calls: int
    owned: int
    conversions: float


@dataclass(frozen=True)
class Counts:
    """Where every lead went: leads = listed + below + suppressed; duplicates are further rows of an id."""

    leads: int
    listed: int
    below: int
    suppressed: int
    duplicates: int = 0


@dataclass(frozen=True)
class Pricing:
    """What a deal with each lead is worth, what is asked of the money, and where the grades are cut."""

    values: DealValues
    terms: PlanTerms
    grades: Grades

    def of(
        self,
        chances: Chances,
        best: NDArray[np.intp],
        listed: int,
        capacity: int | None,
        staff: Sequence[Caller],
    ) -> PlanMoney:
        """Of the leads that may be called, which stand best first, and the first so many are listed."""
        grades = (self.grades.names, self.grades.apply(chances.margin[best]))
        team = (None if capacity is None else float(capacity), len(staff) or None)
        return plan_money(chances.among(best), self.values.among(best), listed, self.terms, grades, team)


@dataclass(frozen=True)
class Plan:
    """The list with what to expect of it; `id` and `owner` are the columns of the list that hold them."""

    frame: pl.DataFrame
    expected: Expected
    shares: tuple[Share, ...]
    counts: Counts
    id: str | None = None
    owner: str | None = None
    money: PlanMoney | None = None

    def to_json(self) -> dict[str, Any]:
        """All but the list."""
        return {
            "expected": asdict(self.expected),
            "shares": [asdict(share) for share in self.shares],
            "counts": asdict(self.counts),
            "money": None if self.money is None else self.money.to_json(),
        }


def plan(
    leads: pl.DataFrame,
    chances: Chances,
    *,
    line: float | None = None,
    capacity: int | None = None,
    callers: int | Sequence[Caller] | pl.DataFrame | None = None,
    owner: str | None = None,
    suppressed: NDArray[np.bool_] | None = None,
    id: str | None = None,  # noqa: A002
    duplicates: int = 0,
    worth: Pricing | None = None,
) -> Plan:
    """The leads whose margin is on the line or above, as many as there is capacity for.

    `owner` and `id` name columns; `suppressed` marks the leads that must not be called; `duplicates` is how
    many rows were put aside before; `worth` is what deals are worth and what is asked of it.
    """
    staff = _staffed(callers, capacity)
    kept_out = (
        np.zeros(leads.height, dtype=bool) if suppressed is None else np.asarray(suppressed, dtype=bool)
    )
    order = rank(chances.margin, _identities(leads, id))
    best = order = order[~kept_out[order]]
    if line is not None:
        order = order[chances.margin[order] >= line]
    listed = order[: _room(staff, capacity)]
    owners = [""] * len(listed) if owner is None else _texts(_column(leads, owner))[listed].tolist()
    dealt, owned = _dealt(staff, owners, chances.probability[listed])
    return Plan(
        frame=_written(leads, listed, dealt, staff),
        expected=expected(chances.among(listed)),
        shares=_shares(staff, dealt, owned, chances.probability[listed]),
        counts=Counts(
            leads=leads.height,
            listed=len(listed),
            below=leads.height - len(listed) - int(kept_out.sum()),
            suppressed=int(kept_out.sum()),
            duplicates=duplicates,
        ),
        id=_listed_as(id, leads),
        owner=_listed_as(owner, leads),
        money=None if worth is None else worth.of(chances, best, len(listed), _room(staff, capacity), staff),
    )


def planned(
    bundle: Bundle,
    pool: Pool,
    batch: Batch,
    *,
    capacity: int | None = None,
    callers: int | Sequence[Caller] | pl.DataFrame | None = None,
    above: bool = False,
    values: DealValues | None = None,
    terms: PlanTerms | None = None,
) -> Plan:
    """The list out of scored leads: all above the model's line, or the best that there is capacity for.

    `above` keeps to the line where there is a capacity, too; `values` are those of all rows that came in.
    """
    schema, scores = bundle.scorer.schema, batch.scores
    changed = marked(pool.frame.columns, batch.frame.columns)
    names: dict[str | None, str] = {name: changed.get(name, name) for name in pool.frame.columns}
    listed = beside(pool.frame, batch.frame)
    first = [name for name in batch.frame.columns if name in FIRST or name.startswith("reason_")]
    return plan(
        listed.select(*first, pl.exclude(first)),
        Chances(scores.margin, scores.probability, scores.low, scores.high),
        line=bundle.scorer.grades.line if above or capacity is None else None,
        capacity=capacity,
        callers=callers,
        owner=names.get(schema.name_of("owner")),
        suppressed=pool.barred,
        id=names.get(schema.name_of("id")),
        duplicates=pool.duplicates,
        worth=None
        if values is None
        else Pricing(values.among(pool.places), terms or PlanTerms(), bundle.scorer.grades),
    )


def _staffed(
    callers: int | Sequence[Caller] | pl.DataFrame | None, capacity: int | None
) -> tuple[Caller, ...]:
    """Those who call, each with a capacity where one is known or follows from the whole."""
    if capacity is not None and capacity < 1:
        raise PolicyError("The capacity must be at least one call.")
    if isinstance(callers, int):
        if callers < 1:
            raise PolicyError("There must be at least one caller.")
        callers = [Caller(f"Caller {number}") for number in range(1, callers + 1)]
    staff = tuple(_read(callers) if isinstance(callers, pl.DataFrame) else callers or ())
    if len({caller.name for caller in staff}) < len(staff):
        raise PolicyError(
            "Two callers have the same name.", hint="Tell them apart, or join their capacities."
        )
    if any(caller.capacity is not None and caller.capacity < 0 for caller in staff):
        raise PolicyError("A caller's capacity must not be negative.")
    return _split(staff, capacity)


def _split(staff: tuple[Caller, ...], capacity: int | None) -> tuple[Caller, ...]:
    """What is left of the whole capacity goes to those whose own is not given, in equal parts."""
    free = [caller for caller in staff if caller.capacity is None]
    if capacity is None or not free:
        return staff
    left = max(capacity - sum(caller.capacity or 0 for caller in staff), 0)
    part, over = divmod(left, len(free))
    parts = iter([part + 1] * over + [part] * (len(free) - over))
    return tuple(Caller(caller.name, next(parts)) if caller.capacity is None else caller for caller in staff)


def _read(callers: pl.DataFrame) -> list[Caller]:
    """From a table with `name` and, if one likes, `capacity`."""
    if "name" not in callers.columns:
        raise ColumnError("The callers need a column 'name'.", hint="And, if you like, a column 'capacity'.")
    names = _texts(callers["name"])
    if not all(names):
        raise ColumnError(
            "A caller has no name.", where=f"row {[bool(name) for name in names].index(False) + 1}"
        )
    if "capacity" not in callers.columns:
        return [Caller(name) for name in names]
    amounts = _texts(callers["capacity"])
    for row, amount in enumerate(amounts, start=1):
        if amount and not amount.removesuffix(".0").isdecimal():
            raise ColumnError("A capacity is not a whole number.", where=f"column 'capacity', row {row}")
    return [
        Caller(name, int(amount.removesuffix(".0")) if amount else None)
        for name, amount in zip(names, amounts, strict=True)
    ]


def _room(staff: tuple[Caller, ...], capacity: int | None) -> int | None:
    """How many leads can be called; None is any number."""
    capacities = [caller.capacity for caller in staff]
    total = sum(amount or 0 for amount in capacities)
    if not staff or None in capacities:
        return capacity
    return total if capacity is None else min(total, capacity)


def _dealt(
    staff: tuple[Caller, ...], owners: Sequence[str], shares: Floats
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The caller of each listed lead (its place in the staff), and whether they own it."""
    caller_of = np.full(len(owners), -1, dtype=np.intp)
    if not staff:
        return caller_of, caller_of >= 0
    hands = _hands(staff)
    by_name = {caller.name: hand for caller, hand in zip(staff, hands, strict=True)}
    for lead, name in enumerate(owners):
        hand = by_name.get(name)
        if hand is not None and hand.has_room:
            caller_of[lead] = hand.take(float(shares[lead]))
    owned = caller_of >= 0
    turns = [hand.turn for hand in hands if hand.has_room]
    heapq.heapify(turns)
    for lead in np.flatnonzero(~owned).tolist():
        hand = hands[heapq.heappop(turns)[-1]]
        caller_of[lead] = hand.take(float(shares[lead]))
        if hand.has_room:
            heapq.heappush(turns, hand.turn)
    return caller_of, owned


def _hands(staff: tuple[Caller, ...]) -> list[_Hand]:
    """Who has no limit counts in the turns like the average of the others."""
    known = [caller.capacity for caller in staff if caller.capacity]
    average = sum(known) / len(known) if known else 1.0
    return [_Hand(place, caller.capacity, caller.capacity or average) for place, caller in enumerate(staff)]


@dataclass
class _Hand:
    """What a caller holds while the leads are dealt."""

    place: int
    capacity: int | None
    weight: float
    calls: int = 0
    conversions: float = 0.0

    @property
    def has_room(self) -> bool:
        return self.capacity is None or self.calls < self.capacity

    @property
    def turn(self) -> tuple[float, float, int]:
        """Who has the least of this is next."""
        return self.calls / self.weight, self.conversions, self.place

    def take(self, share: float) -> int:
        self.calls += 1
        self.conversions += share
        return self.place


def _shares(
    staff: tuple[Caller, ...], dealt: NDArray[np.intp], owned: NDArray[np.bool_], shares: Floats
) -> tuple[Share, ...]:
    return tuple(
        Share(
            caller=caller.name,
            calls=int((dealt == place).sum()),
            owned=int(((dealt == place) & owned).sum()),
            conversions=float(shares[dealt == place].sum()),
        )
        for place, caller in enumerate(staff)
    )


def _written(
    leads: pl.DataFrame, listed: NDArray[np.intp], dealt: NDArray[np.intp], staff: tuple[Caller, ...]
) -> pl.DataFrame:
    """Rank, caller, then all columns as they came; a column of theirs with our name is marked."""
    own = [pl.Series("rank", np.arange(1, len(listed) + 1), dtype=pl.Int64)]
    if staff:
        names = np.array([caller.name for caller in staff], dtype=object)
        own.append(pl.Series("caller", names[dealt].tolist(), dtype=pl.String))
    theirs = leads.rename(marked(leads.columns, OWN))
    return pl.DataFrame(own).hstack(theirs[listed.tolist()])


def _listed_as(name: str | None, leads: pl.DataFrame) -> str | None:
    return None if name is None else marked(leads.columns, OWN).get(name, name)


def _identities(leads: pl.DataFrame, column: str | None) -> NDArray[np.object_] | None:
    return None if column is None else _texts(_column(leads, column))


def _column(leads: pl.DataFrame, name: str) -> pl.Series:
    if name not in leads.columns:
        raise ColumnError(f"The leads have no column {name!r}.")
    return leads[name]


def _texts(column: pl.Series) -> NDArray[np.object_]:
    """As trimmed text; nothing is empty text."""
    return np.array(identities(column).fill_null("").to_list(), dtype=object)
