"""Events in training: one moment a lead, matured leads alone, and columns that knew nothing later.

A lead is looked at so many days after it arrived. Leads that were decided before are left out, and so are
those too young for it to be known how they end; half-lives are learnt on the training part alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import event_features
from leadlight.data.config import ColumnConfig
from leadlight.data.event_features import DAY, EventFeatures
from leadlight.data.event_log import EventLog
from leadlight.data.rows import PreparedRows
from leadlight.data.structure import Structure
from leadlight.errors import ConfigError, TrainingError
from leadlight.model.encode import Encoder
from leadlight.training import maturity
from leadlight.training.audit.audit import Audit
from leadlight.training.audit.quick_additive import out_of_fold_margin
from leadlight.training.half_life import MOST_LEADS, Fading, fitted_types
from leadlight.training.maturity import LeadTimes, MaturedRows, Maturity, matured

Floats = NDArray[np.float64]

MOMENT: Final = 7.0
LONGEST: Final = 3_650.0


@dataclass(frozen=True)
class LeadLogs:
    """What training is given beside leads: what they did, when they were decided, or both.

    `moment` is how many days after arrival a lead is looked at; `now` (seconds since 1970) is what cannot
    have happened yet.
    """

    events: pl.DataFrame | None = None
    outcomes: pl.DataFrame | None = None
    moment: float = MOMENT
    now: float | None = None
    late: Mapping[str, float] = field(default_factory=dict)
    """Of columns with a history: the share of their values that came more than a day after the lead."""


@dataclass(frozen=True)
class WatchedRows:
    """Leads that may be learnt from, each at its moment, and the events of all of them.

    `places` is where each of them stood among all that came in; `at` is when it is looked at and `ends` when
    the open ones are.
    """

    rows: PreparedRows
    places: NDArray[np.intp]
    log: EventLog
    at: Floats
    ends: float
    moment: float
    maturity: Maturity

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
            **self.maturity.to_json(),
        }


def old_enough(
    known: PreparedRows, found: Structure, logs: LeadLogs | None
) -> tuple[WatchedRows | None, WatchedRows | MaturedRows | None]:
    """The leads with their events, and those that are old enough to be learnt from, where that is known."""
    if logs is None or (logs.events is None and logs.outcomes is None):
        return None, None
    if logs.events is None:
        return None, maturity.with_outcomes(known, found, logs.outcomes, logs.now)
    watched = watch(known, found, logs.events, logs)
    return watched, watched


def watch(known: PreparedRows, found: Structure, events: pl.DataFrame, given: LeadLogs) -> WatchedRows:
    """Check the events, and keep the leads that were undecided at their moment and have matured since."""
    _check(found, given)
    times = LeadTimes.of(known, found, given.outcomes, given.now)
    log = EventLog.read(events, times.ids, times.arrived, given.now)
    ends = _end(times, log)
    known_after = Maturity.of(times, ends, given.moment)
    at = times.arrived + given.moment * DAY
    early = (times.decided < at)[: known.frame.height]
    chosen = matured(times, known_after, early)
    return WatchedRows(chosen.rows, chosen.places, log, at[chosen.places], ends, given.moment, known_after)


def _check(found: Structure, given: LeadLogs) -> None:
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


def _end(times: LeadTimes, log: EventLog) -> float:
    """The last moment that is known of: what happened to anybody after it cannot be told."""
    known = [np.nanmax(times.arrived, initial=-np.inf), times.last_decided or -np.inf, log.latest or -np.inf]
    return float(max(known))


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
