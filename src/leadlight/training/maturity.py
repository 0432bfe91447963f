"""Which leads are old enough for it to be known how they end, and which open ones count as lost.

How long leads take to buy is told by those that are won, lost and still open. A lead that is younger teaches
nothing, however it ended: only fast deciders are decided among those. One that is still open at that age is
taken for lost, as far as anybody says how leads end: after the last outcome that was said, nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import frame, rows
from leadlight.data.event_features import DAY
from leadlight.data.rows import PreparedRows
from leadlight.data.structure import Structure
from leadlight.data.target import nearest
from leadlight.errors import ColumnError
from leadlight.training.time_to_convert import LOST, MATURE, OPEN, WON, TimeToConvert

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ENOUGH: Final = 30
_ENDED: Final = {
    "lead": ("lead", "lead_id", "Lead ID", "id"),
    "at": ("at", "time", "decided_at", "closed_at", "date"),
}


@dataclass(frozen=True)
class LeadTimes:
    """When leads arrived and were decided, the decided ones first, as they stand in `known`."""

    known: PreparedRows
    identity: str
    arrived: Floats
    decided: Floats

    @staticmethod
    def of(
        known: PreparedRows, found: Structure, outcomes: pl.DataFrame | None, now: float | None
    ) -> LeadTimes:
        identity = str(found.id)
        parts = [part for part in (known.frame, known.open) if part.height]
        ids = pl.concat([rows.identities(part[identity]) for part in parts])
        arrived = np.concatenate([_arrived(found, part) for part in parts])
        return LeadTimes(known, identity, arrived, _decided(ids, outcomes, now))

    @property
    def ids(self) -> pl.Series:
        return rows.identities(pl.concat([self.known.frame[self.identity], self.known.open[self.identity]]))

    @property
    def last_decided(self) -> float | None:
        """The last moment of which it is known who was decided."""
        known = self.decided[np.isfinite(self.decided)]
        return float(known.max()) if len(known) else None


@dataclass(frozen=True)
class Maturity:
    """After how many days it is known how a lead ends, told by a curve where that can be estimated.

    `until` is the last moment of which anybody says how leads ended.
    """

    curve: TimeToConvert | None
    after: float
    until: float

    @staticmethod
    def of(times: LeadTimes, ends: float, least: float = 0.0) -> Maturity:
        """`ends` is the last moment that is known of at all, and `least` a number of days."""
        until = ends if times.last_decided is None else times.last_decided
        curve = _curve(times.arrived, times.decided, times.known.outcome, until)
        return Maturity(curve, least if curve is None else max(least, curve.until(MATURE)), until)

    def is_reached(self, arrived: Floats) -> Flags:
        reached: Flags = arrived + self.after * DAY <= self.until
        return reached

    def to_json(self) -> dict[str, Any]:
        told = None if self.curve is None else self.curve.to_json()
        return {"time_to_convert": told, "mature_after": round(self.after, 1)}


@dataclass(frozen=True)
class MaturedRows:
    """The leads that may be learnt from; `places` is where each stands among those that came in."""

    rows: PreparedRows
    places: NDArray[np.intp]
    maturity: Maturity


def matured(times: LeadTimes, maturity: Maturity, early: Flags | None = None) -> MaturedRows:
    """Leave out the young and the `early`; open leads that are old enough stand among the lost.

    Where nobody looks at a moment after arrival, decided leads of unknown age stay.
    """
    known, count = times.known, times.known.frame.height
    reached = maturity.is_reached(times.arrived)
    left = np.zeros(count, dtype=bool) if early is None else early
    kept = reached[:count] & ~left
    if early is None:
        kept |= np.isnan(times.arrived[:count])
    lapsed = reached[count:] & (maturity.curve is not None)
    places = _in_order(times.ids, np.flatnonzero(np.concatenate([kept, lapsed])))
    both = pl.concat([known.frame, known.open], how="vertical_relaxed")
    outcome = np.concatenate([known.outcome, np.zeros(known.open.height)])
    counts = replace(
        known.counts,
        used=len(places),
        open=known.open.height - int(lapsed.sum()),
        decided_early=int(left.sum()),
        immature=int((~kept & ~left).sum()),
        lapsed=int(lapsed.sum()),
    )
    chosen = replace(
        known,
        frame=both[places.tolist()],
        outcome=outcome[places],
        open=known.open.filter(~lapsed),
        counts=counts,
    )
    return MaturedRows(chosen, places, maturity)


def with_outcomes(
    known: PreparedRows, found: Structure, outcomes: pl.DataFrame | None, now: float | None
) -> MaturedRows | None:
    """The leads that may be learnt from where outcomes say when leads were decided.

    Nothing where too little is said of it: then all decided leads count, as they do without outcomes.
    """
    if outcomes is None or found.id is None or found.time is None or found.kind.kind == "number":
        return None
    times = LeadTimes.of(known, found, outcomes, now)
    if times.last_decided is None:
        return None
    maturity = Maturity.of(times, times.last_decided)
    chosen = matured(times, maturity)
    won = int(chosen.rows.outcome.sum())
    enough = min(won, len(chosen.rows.outcome) - won) >= ENOUGH
    return chosen if maturity.curve is not None and enough else None


def _in_order(ids: pl.Series, places: NDArray[np.intp]) -> NDArray[np.intp]:
    """By id, as leads stand anywhere else: where a lead stands must not tell how it ended."""
    chosen = pl.DataFrame({"id": ids[places.tolist()], "place": places})
    ordered: NDArray[np.intp] = chosen.sort("id", maintain_order=True, nulls_last=True)["place"].to_numpy()
    return ordered


def _arrived(found: Structure, part: pl.DataFrame) -> Floats:
    moments = found.moment(part)
    assert moments is not None
    return moments


def _decided(ids: pl.Series, outcomes: pl.DataFrame | None, now: float | None) -> Floats:
    """When each lead was last said to be decided, in seconds; not a number where nobody says."""
    if outcomes is None:
        return np.full(len(ids), np.nan)
    names = {part: _named(outcomes, part) for part in _ENDED}
    told = pl.DataFrame(
        {
            "lead": rows.identities(outcomes[names["lead"]]),
            "at": pl.Series(frame.seconds(frame.dates(outcomes[names["at"]]))).fill_nan(None),
        }
    ).drop_nulls()
    told = told if now is None else told.filter(pl.col("at") <= now)
    last = told.group_by("lead").agg(pl.col("at").max())
    found = pl.DataFrame({"lead": ids}).join(last, on="lead", how="left", maintain_order="left")
    return found["at"].fill_null(np.nan).to_numpy()


def _named(outcomes: pl.DataFrame, part: str) -> str:
    name = next((each for each in _ENDED[part] if each in outcomes.columns), None)
    if name is None:
        raise ColumnError(
            f"The outcomes have no column {part!r}.",
            code="no_outcome_column",
            hint=f"They need lead and at. {nearest(part, outcomes.columns)}",
        )
    return name


def _curve(arrived: Floats, decided: Floats, outcome: Floats, until: float) -> TimeToConvert | None:
    """The time to convert, told by the older half of the leads: the newest ones are for the test.

    Leads of which nobody says when they ended are not in it.
    """
    kind = np.full(len(arrived), OPEN)
    kind[: len(outcome)] = np.where(outcome > 0.5, WON, LOST)
    age = np.where(kind == OPEN, until, decided) - arrived
    told = np.isfinite(age) & (age >= 0.0)
    older = told & (arrived <= np.nanmedian(arrived))
    for chosen in (older, told):
        found = TimeToConvert.fit(age[chosen] / DAY, kind[chosen]) if chosen.any() else None
        if found is not None:
            return found
    return None
