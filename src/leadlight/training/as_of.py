"""Events in training: one moment a lead, matured leads alone, and columns that knew nothing later.

A lead is looked at so many days after it arrived. Leads that were decided before are left out, and so are
those too young for it to be known how they end; half-lives are learnt on the training part alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import event_features, frame, rows
from leadlight.data.config import ColumnConfig
from leadlight.data.event_features import DAY, EventFeatures
from leadlight.data.event_log import EventLog
from leadlight.data.rows import PreparedRows
from leadlight.data.structure import Structure
from leadlight.data.target import nearest
from leadlight.errors import ColumnError, ConfigError, TrainingError
from leadlight.model.encode import Encoder
from leadlight.training.audit.audit import Audit
from leadlight.training.audit.quick_additive import out_of_fold_margin
from leadlight.training.half_life import MOST_LEADS, Fading, fitted_types
from leadlight.training.time_to_convert import LOST, MATURE, OPEN, WON, TimeToConvert

Floats = NDArray[np.float64]

MOMENT: Final = 7.0
LONGEST: Final = 3_650.0
_ENDED: Final = {
    "lead": ("lead", "lead_id", "Lead ID", "id"),
    "at": ("at", "time", "decided_at", "closed_at", "date"),
}


@dataclass(frozen=True)
class EventInput:
    """What training is given beside leads: events and, so that it is known when leads ended, outcomes.

    `moment` is how many days after arrival a lead is looked at; `now` (seconds since 1970) is what cannot
    have happened yet.
    """

    events: pl.DataFrame
    outcomes: pl.DataFrame | None = None
    moment: float = MOMENT
    now: float | None = None


@dataclass(frozen=True)
class WatchedRows:
    """Leads that may be learnt from, each at its moment, and the events of all of them.

    `kept` says which of the decided leads stayed; `at` is when each of these is looked at and `ends` when the
    open ones are.
    """

    rows: PreparedRows
    kept: NDArray[np.bool_]
    log: EventLog
    at: Floats
    ends: float
    moment: float
    curve: TimeToConvert | None
    mature: float

    def moments(self, identity: str) -> Floats:
        """The moment of each lead of the log: its own, or the end of what is known."""
        found = np.full(len(self.log.ids), self.ends)
        places = self.log.among(self.rows.frame[identity])
        found[places] = self.at
        return found

    def to_json(self, features: EventFeatures) -> dict[str, Any]:
        return {
            "moment": self.moment,
            "account": self.log.account.to_json(),
            "types": [vars(each) for each in features.types],
            "time_to_convert": None if self.curve is None else self.curve.to_json(),
            "mature_after": round(self.mature, 1),
        }


def watch(known: PreparedRows, found: Structure, given: EventInput) -> WatchedRows:
    """Check the events, and keep the leads that were undecided at their moment and have matured since."""
    _check(found, given)
    identity = str(found.id)
    parts = [part for part in (known.frame, known.open) if part.height]
    arrived = np.concatenate([_arrived(found, part) for part in parts])
    ids = pl.concat([rows.identities(part[identity]) for part in parts])
    log = EventLog.read(given.events, ids, arrived, given.now)
    decided = _decided(ids, given.outcomes, given.now)
    ends = _end(arrived, log, decided)
    count = known.frame.height
    curve = _curve(arrived, decided, known.outcome, ends)
    mature = given.moment if curve is None else max(given.moment, curve.until(MATURE))
    early = decided[:count] < arrived[:count] + given.moment * DAY
    young = ~early & ~(arrived[:count] + mature * DAY <= ends)
    kept = ~early & ~young
    counts = replace(
        known.counts,
        used=int(kept.sum()),
        decided_early=int(early.sum()),
        immature=int(young.sum()),
    )
    left = replace(known, frame=known.frame.filter(kept), outcome=known.outcome[kept], counts=counts)
    at = arrived[:count][kept] + given.moment * DAY
    return WatchedRows(left, kept, log, at, ends, given.moment, curve, mature)


def _check(found: Structure, given: EventInput) -> None:
    if not 0.0 < given.moment <= LONGEST:
        raise ConfigError(
            f"The moment lies from more than 0 to {LONGEST:,.0f} days after arrival.", code="moment_days"
        )
    if found.id is None:
        raise TrainingError(
            "Events belong to leads by their id, and no column was taken for one.",
            code="events_need_id",
            hint="Name it with --id.",
        )
    if found.time is None or found.kind.kind == "number":
        raise TrainingError(
            "Events are looked at some days after a lead arrived, and no column of dates says when that was.",
            code="events_need_time",
            hint="Name it with --time.",
        )


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


def _end(arrived: Floats, log: EventLog, decided: Floats) -> float:
    """The last moment that is known of: what happened to anybody after it cannot be told."""
    known = [np.nanmax(arrived, initial=-np.inf), np.nanmax(decided, initial=-np.inf), log.latest or -np.inf]
    return float(max(known))


def _curve(arrived: Floats, decided: Floats, outcome: Floats, ends: float) -> TimeToConvert | None:
    """The time to convert, told by the older half of the leads: the newest ones are for the test.

    Leads of which nobody says when they ended are not in it.
    """
    kind = np.full(len(arrived), OPEN)
    kind[: len(outcome)] = np.where(outcome > 0.5, WON, LOST)
    age = np.where(kind == OPEN, ends, decided) - arrived
    told = np.isfinite(age) & (age >= 0.0)
    older = told & (arrived <= np.nanmedian(arrived))
    for chosen in (older, told):
        found = TimeToConvert.fit(age[chosen] / DAY, kind[chosen]) if chosen.any() else None
        if found is not None:
            return found
    return None


def fit_features(
    watched: WatchedRows, identity: str, learning: NDArray[Any], audit: Audit | None
) -> EventFeatures:
    """The columns that events give, with half-lives learnt on these rows beside the other columns."""
    places = watched.log.among(watched.rows.frame[identity])
    some = learning[:: -(-len(learning) // MOST_LEADS)]
    moments = np.full(len(watched.log.ids), np.nan)
    moments[places[some]] = watched.at[some]
    names = event_features.known_types(watched.log, moments)
    row = np.zeros(len(watched.log.ids), dtype=np.int64)
    row[places[some]] = np.arange(len(some))
    seen = event_features.as_of(watched.log, moments, names, watched.moment)
    seen = seen.with_columns(row=pl.Series(row).gather(seen["row"]))
    outcome = watched.rows.outcome[some]
    raw = watched.rows.frame[some.tolist()]
    known = np.zeros(len(some)) if audit is None else _known(raw, audit, outcome)
    fading = Fading.of(seen, len(some), len(names))
    types = fitted_types(names, fading, outcome, known, watched.moment)
    taken = [*watched.rows.frame.columns]
    return EventFeatures.of(watched.moment, types, taken)


def _known(raw: pl.DataFrame, audit: Audit, outcome: Floats) -> Floats:
    """The log-odds that the columns give each of these leads, by a model that has not seen it."""
    typed = audit.schema.apply(raw)
    encoder = Encoder.fit(typed, audit.schema)
    codes = encoder.apply(typed)
    columns = {str(place): [codes[:, place].astype(np.int64)] for place in range(codes.shape[1])}
    return out_of_fold_margin(columns, outcome)


def with_features(watched: WatchedRows, identity: str, features: EventFeatures) -> PreparedRows:
    """The leads with their columns, each as of its moment; open ones as of the end."""
    moments, log = watched.moments(identity), watched.log
    decided, waiting = watched.rows.frame, watched.rows.open
    return replace(
        watched.rows,
        frame=features.beside(decided, identity, log, moments),
        open=features.beside(waiting, identity, log, moments) if waiting.height else waiting,
    )


def told_columns(features: EventFeatures, given: Mapping[str, ColumnConfig]) -> dict[str, ColumnConfig]:
    """What the columns of events are, unless leadlight.toml says otherwise."""
    own = {
        each.column: ColumnConfig(role="feature", kind=each.kind, group="engagement")
        for each in features.features
    }
    return {**own, **given}
