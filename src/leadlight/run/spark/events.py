"""Leads and what they did, brought together on Spark: all of a lead in one place, and the columns made there.

Leads and events are spread over buckets by the id that Python reads in them, so that an event finds its lead
however either is written. Each bucket is then what a file would be: the same definitions of the bundle give
the same columns, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from leadlight.data import rows
from leadlight.data.event_log import can_be_taken, column_of, spelt
from leadlight.errors import ColumnError
from leadlight.model.event_source import source_of
from leadlight.run.spark.parts import PartScorer, check_names, numbered, readable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

BUCKET: Final = "bucket"
FEWEST: Final = 200
"""Buckets at least, so that each is small beside the memory of a worker."""


@dataclass(frozen=True)
class Bucketed:
    """Adds to each row the bucket of the id at a place, where that is blank of the one at `otherwise`."""

    place: int
    buckets: int
    otherwise: int | None = None

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in batches:
            names = _identities(batch, self.place)
            if self.otherwise is not None:
                names = names.set(names == "", None).fill_null(_identities(batch, self.otherwise))
            bucket = names.hash(seed=0) % self.buckets
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, bucket.cast(pl.Int32).to_arrow()], names=[*batch.schema.names, BUCKET]
            )

    def of(self, table: DataFrame) -> DataFrame:
        """The rows, their columns called by their places, in groups of a bucket."""
        from pyspark.sql.types import IntegerType, StructField, StructType

        plain = numbered(table)
        schema = StructType([*plain.schema.fields, StructField(BUCKET, IntegerType())])
        return plain.mapInArrow(self, schema)


@dataclass(frozen=True)
class FirstSaid:
    """The events of a bucket of keys, each that is said twice once."""

    names: tuple[str, ...]
    now: float

    def __call__(self, events: pa.Table) -> pa.Table:
        import pyarrow as pa

        batch = _named(events, self.names)
        kept = can_be_taken(readable(pa.Table.from_batches([batch])), self.now)
        return pa.Table.from_batches([batch.filter(kept.to_arrow())])


@dataclass(frozen=True)
class BucketScorer:
    """Scores the leads of a bucket with the columns that their events give."""

    part: PartScorer
    event_names: tuple[str, ...]
    at: float
    now: float

    def __call__(self, leads: pa.Table, events: pa.Table) -> pa.Table:
        import pyarrow as pa

        batch = _named(leads, self.part.names)
        seen = self.part.readable(batch)
        keep = ~self.part.exclusions.mask(seen)
        batch, seen = batch.filter(pa.array(keep)), seen.filter(keep)
        done = readable(pa.Table.from_batches([_named(events, self.event_names)]))
        source = source_of(self.part.loaded, done, self.at, self.now)
        assert source is not None
        return pa.Table.from_batches([self.part.scored(batch, source.beside(seen))])


def scored(leads: DataFrame, part: PartScorer, events: DataFrame, now: float) -> DataFrame:
    """The leads with our columns; `part` knows which leads and columns are wanted."""
    check_names(events.columns)
    identity = part.loaded.scorer.schema.name_of("id")
    if identity is None or identity not in leads.columns:
        raise ColumnError(
            f"There is no column {identity!r}, by which events belong to leads.", code="no_column"
        )
    spread = int(leads.sparkSession.conf.get("spark.sql.shuffle.partitions", str(FEWEST)))
    buckets = max(FEWEST, 4 * spread) if spread > 4 else 4 * spread
    work = BucketScorer(part, tuple(events.columns), now if part.at is None else part.at, now)
    ours = Bucketed(leads.columns.index(identity), buckets).of(leads).groupBy(BUCKET)
    own = events.columns.index(column_of(events.columns, "lead"))
    key = spelt(events.columns, "key")
    if key is not None:
        events = _first_said(events, Bucketed(events.columns.index(key), buckets, own), now)
    theirs = Bucketed(own, buckets).of(events).groupBy(BUCKET)
    schema: StructType = part.schema(leads.schema)
    return ours.cogroup(theirs).applyInArrow(lambda leads, events: work(leads, events), schema)


def _first_said(events: DataFrame, bucketed: Bucketed, now: float) -> DataFrame:
    """Events with a key may be said twice of different leads, that is in different buckets.

    Spark counts what a function takes, and would count the worker itself: so it is called through another.
    """
    kept = FirstSaid(tuple(events.columns), now)
    return bucketed.of(events).groupBy(BUCKET).applyInArrow(lambda bucket: kept(bucket), events.schema)


def _identities(batch: pa.RecordBatch, place: int) -> pl.Series:
    import pyarrow as pa

    return rows.identities(readable(pa.Table.from_batches([batch]).select([place])).to_series())


def _named(table: pa.Table, names: tuple[str, ...]) -> Any:
    """The one batch of a bucket, its columns called as they were, without the bucket."""
    import pyarrow as pa

    whole = table.select(list(range(len(names)))).combine_chunks()
    arrays = [column.chunk(0) if column.num_chunks else pa.array([], column.type) for column in whole.columns]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))
