"""All leads of a home as narrow columns: who, how they ended, what the model says, what figures are made of.

A lead with all that it says takes two thousand bytes of memory; a hundred are enough for its id, its outcome,
its log-odds and the columns that calls and money are told by. Scores that the home holds for what a lead says
now are taken as they are; the others are made on the way. Further columns are read when they are asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadlight.data import consent_words, frame
from leadlight.data import names as words
from leadlight.data.schema import Column, Schema
from leadlight.flows.events import with_events, with_past_events
from leadlight.flows.gather import ID, with_realised
from leadlight.insight import consent
from leadlight.model.bundle import Bundle
from leadlight.model.metrics import Floats
from leadlight.model.scorer import Scores
from leadlight.store import Store, leads, records, roster, scores
from leadlight.store.roster import RosterPage

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROLES: Final = ("time", "contacted_at", "value", "owner")


@dataclass(frozen=True, eq=False)
class Roster:
    """One row a lead, in the order in which they came; people who objected are not among them.

    `names` are all columns in which any lead says something; `is_stored` marks leads whose score is kept.
    """

    bundle: Bundle
    identity: str
    names: tuple[str, ...]
    numbers: NDArray[np.int64]
    raw: pl.DataFrame
    scores: Scores
    is_stored: NDArray[np.bool_]
    source: WaitingScorer
    read: dict[str, pl.Series] = field(default_factory=dict)

    @staticmethod
    def of(store: Store, bundle: Bundle, *, past: bool = False) -> Roster:
        """`past`: scores are those that were due when the model would have learnt from each lead."""
        source = WaitingScorer(store, bundle, bundle.scorer.schema.name_of("id") or ID, time.time(), past)
        with store.reading() as connection:
            names, worth = roster.names(store, connection), records.latest_values(connection)
            wanted = _kept(bundle, names, source.identity)
            parts = [
                _part(connection, source, page) for page in roster.pages(connection, bundle.name, wanted)
            ]
        numbers, raws, margins, stored = zip(*parts, strict=True) if parts else ((), (), (), ())
        raw = pl.concat(raws, rechunk=True) if raws else pl.DataFrame(schema={source.identity: pl.String})
        known = _joined(numbers, np.int64)
        return Roster(
            bundle=bundle,
            identity=source.identity,
            names=names,
            numbers=known,
            raw=with_realised(raw, worth, known.tolist()),
            scores=bundle.scorer.scores_of(_joined(margins, np.float64)),
            is_stored=_joined(stored, np.bool_),
            source=source,
        )

    def __len__(self) -> int:
        return len(self.numbers)

    def column(self, name: str) -> pl.Series:
        """What all leads say in a column; it is read once."""
        if name in self.raw.columns:
            return self.raw[name]
        if name not in self.read:
            with self.source.store.reading() as connection:
                parts = list(roster.column_of(connection, name))
            said = pl.concat([each.cast(pl.Categorical) for _, each in parts])
            known = pl.DataFrame({"lead": np.concatenate([numbers for numbers, _ in parts]), name: said})
            mine = pl.DataFrame({"lead": self.numbers})
            self.read[name] = mine.join(known, on="lead", how="left", maintain_order="left")[name]
        return self.read[name]

    def margin_without(self, column: str) -> Floats:
        """The log-odds of each lead as the model has them where nothing is known of this column."""
        scorer, found = self.bundle.scorer, self.scores.margin.copy()
        if column not in scorer.columns:
            return found
        left = np.ones(len(self), dtype=bool)
        with self.source.store.reading() as connection:
            if not any(column in each.expression.columns() for each in scorer.encoder.declared):
                left = ~self.is_stored
                for numbers, margin in self._blanked(connection, column):
                    here = np.isin(numbers, self.numbers, assume_unique=True)
                    found[np.searchsorted(self.numbers, numbers[here])] = margin[here]
            for places in np.array_split(np.flatnonzero(left), -(-int(left.sum()) // roster.PAGE) or 1):
                if len(places):
                    found[places] = self.source.margins(connection, self.numbers[places], without=column)
        return found

    def _blanked(self, connection: Connection, column: str) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """From the inputs that are kept behind the scores, with what stands for missing in their place."""
        scorer = self.bundle.scorer
        places = {k: each.missing for k, each in enumerate(scorer.encoder.features) if each.column == column}
        for numbers, kept in roster.inputs_of(connection, self.bundle.name):
            codes = scores.codes_from_bytes(kept)
            for place, missing in places.items():
                codes[:, place] = missing
            yield numbers, scorer.margin(codes)


@dataclass(frozen=True)
class WaitingScorer:
    """The log-odds of leads of a home that have no score, or none that can be taken as it is."""

    store: Store
    bundle: Bundle
    identity: str
    at: float
    past: bool = False

    def margins(
        self, connection: Connection, numbers: NDArray[np.int64], without: str | None = None
    ) -> Floats:
        """Of these leads, in the order of their numbers; `without` is a column of which nothing is known."""
        found: Floats = self.bundle.scorer.score(self._raw(connection, numbers, without)).margin
        return found

    def _raw(self, connection: Connection, numbers: NDArray[np.int64], without: str | None) -> pl.DataFrame:
        kept = leads.by_numbers(connection, numbers.tolist())
        taken = () if self.bundle.events is None else self.bundle.events.columns
        needed = [each.name for each in self.bundle.scorer.schema.needed if each.name not in taken]
        columns = {name: [lead.fields.get(name) for lead in kept] for name in needed}
        raw = leads.table(columns, [lead.id for lead in kept], self.identity)
        if self.past:
            raw = with_past_events(self.store, self.bundle, raw)
        else:
            raw = with_events(self.store, self.bundle, raw, self.at, numbers.tolist())
        return raw if without is None else raw.with_columns(pl.lit(None, pl.String).alias(without))


Part = tuple[NDArray[np.int64], pl.DataFrame, Floats, NDArray[np.bool_]]


def _part(connection: Connection, source: WaitingScorer, page: RosterPage) -> Part:
    """A page as it is kept; where events fade, no score is as old as that it could be taken."""
    margin = page.margin
    if source.bundle.events is not None:
        margin = np.full(len(margin), np.nan)
    lacking = np.isnan(margin)
    if lacking.any():
        margin = margin.copy()
        margin[lacking] = source.margins(connection, page.numbers[lacking])
    return page.numbers, _narrow(source.bundle, source.identity, page), margin, ~lacking


def _joined(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)


def _kept(bundle: Bundle, names: Sequence[str], identity: str) -> list[str]:
    """The columns that figures are made of, and the first by which leads are told apart."""
    own, schema = (identity, bundle.target.column), bundle.scorer.schema
    sources = [name for name in names if name in schema and _tells_source(schema[name])]
    return [name for name in names if name not in own and (_is_kept(schema, name) or name in sources[:1])]


def _tells_source(column: Column) -> bool:
    return column.group == "source" and column.role == "feature" and column.kind in ("category", "flag")


def _is_kept(schema: Schema, name: str) -> bool:
    """Whether it says when a lead came, what it is worth, whose it is or whether it may be called."""
    if name in schema and schema[name].role != "consent":
        return schema[name].role in ROLES
    text = words.words(name)
    speaks = consent_words.refuses(text) or consent_words.permits(text) or words.role(name) == "consent"
    return (name in schema or speaks) and consent.concerns(name, "call")


def _narrow(bundle: Bundle, identity: str, page: RosterPage) -> pl.DataFrame:
    schema = bundle.scorer.schema
    columns = {identity: pl.Series(page.ids, dtype=pl.String)}
    columns |= {name: _typed(schema, raw) for name, raw in page.columns.items()}
    if bundle.target.column:
        ended = pl.Series(page.outcome, dtype=pl.String)
        columns[bundle.target.column] = ended.set(ended == "", None).cast(pl.Categorical)
    return pl.DataFrame(columns)


def _typed(schema: Schema, raw: pl.Series) -> pl.Series:
    """As narrow as it can be kept and still be read as it came."""
    if raw.name not in schema:
        return frame.texts(raw)
    column = schema[raw.name]
    if column.role == "value":
        return frame.numbers(raw, column.decimal, column.thousands)
    if column.kind in ("date", "number"):
        return column.read(raw)
    return frame.texts(raw).cast(pl.Categorical)
