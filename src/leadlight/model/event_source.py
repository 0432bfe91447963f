"""Events on their way into a score: leads get the columns that the model learnt from what leads did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from leadlight.data import rows
from leadlight.data.event_features import DAY, EventFeatures
from leadlight.data.event_log import EventAccount, EventLog
from leadlight.data.schema import Schema
from leadlight.errors import ColumnError, InputError
from leadlight.model.bundle import Bundle
from leadlight.model.outcome import decided
from leadlight.model.scoring import IN_PYTHON, check_columns


@dataclass
class EventSource:
    """Checked events for the leads that are scored, as of one moment or each as of its own.

    `ended` says when leads were decided (lead, at in seconds): no lead is looked at after that.
    Leads come batch by batch; what became of the events is known once all leads have come.
    """

    features: EventFeatures
    schema: Schema
    identity: str
    log: EventLog
    at: float | None
    early: int = 0
    matched: int = 0
    seen: set[str] = field(default_factory=set)
    ended: pl.DataFrame | None = None

    def beside(self, raw: pl.DataFrame) -> pl.DataFrame:
        """These leads with the columns that the model learnt."""
        if self.identity not in raw.columns:
            raise ColumnError(
                f"There is no column {self.identity!r}, by which events belong to leads.", code="no_column"
            )
        ids, arrived = rows.identities(raw[self.identity]), self.schema.moments(raw)
        log, matched, early = self.log.of_leads(ids, arrived)
        fresh = not self.seen.intersection(log.ids.to_list())
        self.seen.update(log.ids.to_list())
        self.matched, self.early = self.matched + matched * fresh, self.early + early * fresh
        return self.features.beside(raw, self.identity, log, self._moments(log, ids, arrived))

    def _moments(self, log: EventLog, ids: pl.Series, arrived: np.ndarray | None) -> np.ndarray:
        """The moment of each lead of the log: the one that was named, else the days after its arrival."""
        if self.at is not None:
            return np.full(len(log.ids), self.at)
        if arrived is None:
            raise ColumnError(
                "No column says when the leads arrived, so that their moment is not known.",
                code="no_time",
                hint="Name the moment with --at; in Python at=...",
            )
        found = np.full(len(log.ids), np.nan)
        found[log.among(ids)] = arrived + self.features.moment * DAY
        return found if self.ended is None else np.fmin(found, _before_the_end(log, self.ended))

    @property
    def account(self) -> EventAccount:
        """What became of the events, now that all leads have come."""
        told = self.log.account
        refused = Counter(told.rejected)
        refused["unknown_lead"] += max(0, told.taken - self.matched)
        refused["before_lead"] += self.early
        taken = min(self.matched, told.taken) - self.early
        return replace(told, taken=taken, rejected={why: count for why, count in refused.items() if count})


def _before_the_end(log: EventLog, ended: pl.DataFrame) -> np.ndarray:
    """The last moment before each lead was first said to be decided; not a number where it is open."""
    first = ended.group_by("lead").agg(pl.col("at").min())
    told = pl.DataFrame({"lead": log.ids}).join(first, on="lead", how="left", maintain_order="left")
    moments: np.ndarray = told["at"].fill_null(np.nan).to_numpy() - 1e-6
    return moments


def source_of(
    bundle: Bundle, events: pl.DataFrame | None, at: float | None, now: float | None
) -> EventSource | None:
    """The events for a model that looks at any; refused where one has what the other lacks."""
    if events is None:
        return None
    check_source(bundle, True)
    assert bundle.events is not None
    identity = bundle.scorer.schema.name_of("id")
    assert identity is not None
    return EventSource(bundle.events, bundle.scorer.schema, identity, EventLog.read(events, now=now), at)


def check_source(bundle: Bundle, has_events: bool) -> None:
    """Refuse events for a model that looks at none."""
    if has_events and bundle.events is None:
        raise InputError(
            "This model does not look at events: it was trained without them.",
            code="model_without_events",
            hint="Leave the events out, or train with them: leadlight train LEADS --events EVENTS",
        )


def complete_leads(
    bundle: Bundle,
    raw: pl.DataFrame,
    events: EventSource | None = None,
    *,
    at: float | None = None,
    allow_missing: bool = False,
    where: str | None = None,
    switch: str = IN_PYTHON,
) -> pl.DataFrame:
    """The leads with the columns of events; refused where they lack columns that the model needs."""
    raw = raw if events is None else events.beside(raw)
    check_events(bundle, raw.columns, where)
    check_columns(bundle.scorer, raw.columns, at=at, allow_missing=allow_missing, where=where, switch=switch)
    return raw


def as_learnt(bundle: Bundle, raw: pl.DataFrame, source: EventSource | None) -> pl.DataFrame:
    """Leads with their columns as of now; decided ones get those of so many days after they arrived."""
    ended = decided(bundle, raw)
    if source is None or not ended.any():
        return raw
    return in_place(raw, ended, replace(source, at=None, seen=set()).beside(raw.filter(ended)))


def in_place(raw: pl.DataFrame, marked: np.ndarray, others: pl.DataFrame) -> pl.DataFrame:
    """The leads with the marked ones exchanged for others, in the same order."""
    place = pl.Series("#", np.concatenate([np.flatnonzero(~marked), np.flatnonzero(marked)]))
    both = pl.concat([raw.filter(~marked).select(others.columns), others])
    return both.with_columns(place).sort("#").drop("#")


def check_events(bundle: Bundle, names: list[str], where: str | None = None) -> None:
    """Refuse leads without the columns of events where the model learnt any and none were given."""
    if bundle.events is not None and not set(bundle.events.columns) & set(names):
        raise InputError(
            "This model looks at what leads did, and no events were given.",
            code="events_missing",
            where=where,
            hint="Give them with --events EVENTS; in Python events=...",
        )
