"""The leads with what became of them: when they came, were first contacted and ended, a row a lead.

Everything is looked at from one moment: what happened later is not known yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import cells, frame, rows
from leadlight.data.logs import Log
from leadlight.insight.deal_values import said_values
from leadlight.model.bundle import Bundle
from leadlight.model.metrics import Floats
from leadlight.model.scorer import Scores
from leadlight.model.survival import TimeCurve, incidence

DAY: Final = 86_400.0
MISSING: Final = "missing"
RIPE: Final = 0.95
"""A lead is ripe once it is as old as so many of the buyers were when they bought."""
LEAST: Final = 20


class MoreColumns(Protocol):
    """Where leads are read that are too many to hold all their columns at once."""

    @property
    def names(self) -> Sequence[str]: ...

    def column(self, name: str) -> pl.Series:
        """What all leads say in a column."""

    def margin_without(self, column: str) -> Floats:
        """Their log-odds as the model has them where nothing is known of this column."""


@dataclass(frozen=True, eq=False)
class History:
    """What is known of each lead at the moment `at`; seconds since 1970, not a number where nobody said."""

    bundle: Bundle
    raw: pl.DataFrame
    scores: Scores
    ids: pl.Series
    at: float
    arrival: Floats
    won: Floats
    """1 for won, 0 for lost, not a number for open."""
    ended: Floats
    value: Floats
    """What the deal with a lead is, or would be, worth."""
    contacts: pl.DataFrame
    """The contacts of these leads until they ended: `row`, `at` and `who`, the oldest first."""
    left_out: dict[str, dict[str, int]]
    rows: NDArray[np.bool_]
    """Which rows that came in are of these leads: one for each."""
    more: MoreColumns | None = None
    """What else the leads say, where `raw` has not all of it."""

    @staticmethod
    def of(
        bundle: Bundle,
        raw: pl.DataFrame,
        scores: Scores | None = None,
        *,
        contacts: Log | None = None,
        outcomes: Log | None = None,
        at: float | None = None,
        more: MoreColumns | None = None,
    ) -> History:
        """`scores` are those of `raw`, row by row; without `at` it is the last moment that anything says."""
        schema = bundle.scorer.schema
        name = schema.name_of("id")
        people = rows.people(raw, name)
        arrived = _seconds(bundle, raw, "time")
        kept = rows.latest(people, arrived)
        said = bundle.scorer.score(raw) if scores is None else scores
        leads, said, arrived = raw.filter(kept), _chosen(said, kept), arrived[kept]
        ids = rows.identities(leads[name]) if name in leads.columns else _numbered(leads.height)
        now = _last(arrived, contacts, outcomes) if at is None else at
        bare = History(
            bundle,
            leads,
            said,
            ids,
            now,
            arrived,
            bundle.target.told(leads).to_numpy(),
            np.full(leads.height, np.nan),
            said_values(schema, leads),
            _NO_CONTACTS,
            {},
            kept,
            more,
        )
        return bare._with_outcomes(outcomes).with_contacts(contacts)

    def _with_outcomes(self, log: Log | None) -> History:
        """What was said last of each lead counts; what is said of others is left out and counted."""
        if log is None:
            return self
        here, log = self._placed(log)
        told = self.bundle.target
        meanings = {**dict.fromkeys(told.positive, 1.0), **dict.fromkeys(told.negative, 0.0)}
        meant = here["outcome"].replace_strict(meanings, default=None, return_dtype=pl.Float64)
        last = here.with_columns(won=meant).sort("at", nulls_last=False, maintain_order=True)
        last = last.unique("row", keep="last", maintain_order=True)
        won, ended, value = self.won.copy(), self.ended.copy(), self.value.copy()
        places = last["row"].to_numpy()
        won[places] = last["won"].to_numpy()
        ended[places] = np.where(last["won"].is_not_null(), last["at"].to_numpy(), np.nan)
        worth = last["value"].to_numpy()
        value[places] = np.where(np.isfinite(worth), worth, value[places])
        return replace(
            self,
            won=won,
            ended=ended,
            value=value,
            left_out={**self.left_out, "outcomes": dict(log.left_out)},
        )

    def with_contacts(self, log: Log | None) -> History:
        """Contacts before a lead came, or once it was won or lost, say nothing of the follow-up."""
        if log is None:
            return self._with_contact_column()
        here, log = self._placed(log)
        row = here["row"].to_numpy()
        at = here["at"].to_numpy()
        early = pl.Series(at < self.arrival[row])
        after = pl.Series((at >= self.ended[row]) & ~(at < self.arrival[row]))
        told = Log(here.with_columns(early=early, after=after), log.left_out)
        told = told.without(told.rows["early"], "before the lead came")
        told = told.without(told.rows["after"], "after it was decided")
        left = {**self.left_out, "contacts": dict(told.left_out)}
        return replace(self, contacts=told.rows.select("row", "at", "who"), left_out=left)

    def _with_contact_column(self) -> History:
        """Where no log is given, a column of the leads may say when they were first contacted."""
        first = _seconds(self.bundle, self.raw, "contacted_at")
        known = (first >= self.arrival) & ~(first >= self.ended) & (first <= self.at)
        if not known.any():
            return self
        places = np.flatnonzero(known)
        told = pl.DataFrame(
            {"row": places, "at": first[places], "who": pl.Series([None] * len(places), dtype=pl.String)}
        )
        return replace(self, contacts=told.sort("at", "row"))

    def _placed(self, log: Log) -> tuple[pl.DataFrame, Log]:
        """The rows of a log that are about leads of these, with the number of the lead."""
        known = pl.DataFrame({"lead": self.ids, "row": np.arange(len(self.ids))}).drop_nulls()
        here = log.rows.join(known, on="lead", how="left", maintain_order="left")
        told = Log(here, log.left_out).without(here["row"].is_null(), "unknown lead")
        told = told.without(told.rows["at"].fill_null(-np.inf) > self.at, "later than the moment")
        return told.rows, told

    @property
    def count(self) -> int:
        return len(self.ids)

    @property
    def names(self) -> Sequence[str]:
        """The columns in which leads say something."""
        return self.raw.columns if self.more is None else self.more.names

    def column(self, name: str) -> pl.Series:
        """What each lead says in a column."""
        if name in self.raw.columns or self.more is None:
            return self.raw[name]
        return self.more.column(name).filter(pl.Series(self.rows))

    def words(self, column: str) -> tuple[pl.Series, dict[str, str]]:
        """The plain form of a column's value for each lead, and how each form is written."""
        known = self.bundle.scorer.schema[column]
        words = frame.levels(self.column(column), known.placeholders, known.spellings).fill_null(MISSING)
        return words, {each: known.label(each) if each != MISSING else MISSING for each in words.unique()}

    def margin_without(self, column: str) -> Floats:
        """The log-odds of each lead as the model has them where nothing is known of this column."""
        scorer = self.bundle.scorer
        if column not in scorer.columns:
            return self.scores.margin
        if self.more is not None:
            return self.more.margin_without(column)[self.rows]
        blank = self.raw.with_columns(pl.lit(None, pl.String).alias(column))
        found: Floats = scorer.score(blank, None).margin
        return found

    @property
    def is_timed(self) -> bool:
        """Whether it is known when leads came and when enough of them were won."""
        return int(np.sum(self._lasted >= 0)) >= LEAST

    @cached_property
    def _lasted(self) -> Floats:
        """Seconds from arrival to being won."""
        return np.where(self.won == 1.0, self.ended - self.arrival, np.nan)

    @cached_property
    def first_contact(self) -> Floats:
        """When each lead was first contacted."""
        return self._contact("min")

    @cached_property
    def last_contact(self) -> Floats:
        return self._contact("max")

    def _contact(self, which: str) -> Floats:
        found = np.full(self.count, np.nan)
        if self.contacts.height:
            one = self.contacts.group_by("row").agg(getattr(pl.col("at"), which)())
            found[one["row"].to_numpy()] = one["at"].to_numpy()
        return found

    @cached_property
    def owner(self) -> list[str | None]:
        """Whose each lead is."""
        name = self.bundle.scorer.schema.name_of("owner")
        if name is None or name not in self.raw.columns:
            return [None] * self.count
        return [each or None for each in frame.as_text(self.raw[name]).str.strip_chars(cells.BLANKS)]

    @cached_property
    def who(self) -> list[str | None]:
        """Who contacted each lead first, else whose it is."""
        found = list(self.owner)
        first = self.contacts.unique("row", keep="first", maintain_order=True)
        for row, name in zip(first["row"].to_list(), first["who"].to_list(), strict=True):
            found[row] = name or found[row]
        return found

    @cached_property
    def times(self) -> tuple[Floats, NDArray[np.int64]]:
        """Days each lead was watched, and 1 where it then bought, 2 where it was lost, 0 where it is open."""
        cause = np.where(self.won == 1.0, 1, np.where(self.won == 0.0, 2, 0))
        until = np.where(np.isnan(self.ended), self.at, self.ended)
        return np.maximum(until - self.arrival, 0.0) / DAY, cause

    @cached_property
    def buying(self) -> TimeCurve | None:
        """The share of leads that has bought by each day after arrival; open ones are not counted as lost."""
        if not self.is_timed:
            return None
        days, cause = self.times
        known = np.isfinite(days) & ((cause == 0) | np.isfinite(self.ended))
        return incidence(days[known], cause[known])

    @cached_property
    def settled(self) -> Floats:
        """How old enough leads ended; young ones count as open, because their buyers are decided first."""
        if self.ripe_after is None:
            return self.won
        young = self.arrival + self.ripe_after * DAY > self.at
        return np.where(young, np.nan, self.won)

    @cached_property
    def ripe_after(self) -> float | None:
        """Days after which nearly all have bought who ever will, as far as anybody has been watched."""
        curve = self.buying
        if curve is None or not len(curve.share):
            return None
        return curve.quantile(RIPE * float(curve.share[-1]))


_NO_CONTACTS: Final = pl.DataFrame(schema={"row": pl.Int64, "at": pl.Float64, "who": pl.String})


def _seconds(bundle: Bundle, raw: pl.DataFrame, role: str) -> Floats:
    schema = bundle.scorer.schema
    name = schema.name_of(role)
    if name is None or name not in raw.columns or schema[name].kind != "date":
        return np.full(raw.height, np.nan)
    return frame.seconds(schema[name].read(raw[name]))


def _chosen(scores: Scores, kept: NDArray[np.bool_]) -> Scores:
    parts = {
        name: getattr(scores, name)[kept]
        for name in ("margin", "probability", "low", "high", "grade", "call")
    }
    return replace(scores, **parts)


def _numbered(height: int) -> pl.Series:
    return pl.Series([str(place) for place in range(height)], dtype=pl.String)


def _last(arrived: Floats, *logs: Log | None) -> float:
    moments = [arrived, *(log.rows["at"].fill_null(np.nan).to_numpy() for log in logs if log is not None)]
    known = np.concatenate(moments)
    known = known[np.isfinite(known)]
    return float(known.max()) if len(known) else 0.0
