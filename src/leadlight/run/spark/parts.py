"""What a worker of Spark does with its part of the leads: the scorer of everywhere on each batch of Arrow.

The leads travel and the model does not: it is sent along once, as the bytes of its file, and loaded once a
worker. Every family of models goes this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from leadlight.errors import ColumnError
from leadlight.flows.exclusions import Exclusions
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer, marked

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

NOBODY: Final = Exclusions()


def named(name: str) -> str:
    """A column as Spark finds it, whatever its name holds."""
    return "`" + name.replace("`", "``") + "`"


def numbered(leads: DataFrame) -> DataFrame:
    """Columns called by their places: what maps batches takes a point in a name for a path."""
    return leads.toDF(*(f"c{place}" for place in range(len(leads.columns))))


def check_names(names: Sequence[str]) -> None:
    """Refuse two columns of one name, which Spark allows until somebody asks for one of them."""
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ColumnError(
            f"More than one column is called {doubled[0]!r}.",
            code="doubled_column",
            hint="Rename one with withColumnRenamed, or drop it.",
        )


@dataclass(frozen=True)
class PartScorer:
    """What a worker does with its part of the leads; it travels to the workers as it is."""

    bundle: bytes
    reasons: int = 0
    groups: bool = False
    at: float | None = None
    only_scores: bool = False
    exclusions: Exclusions = NOBODY
    names: tuple[str, ...] = ()
    """What the columns of the leads are called, which come by their places."""

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for numbers in batches:
            batch = pa.RecordBatch.from_arrays(numbers.columns, names=list(self.names))
            seen = self.readable(batch)
            keep = ~self.exclusions.mask(seen)
            if keep.all():
                yield self.scored(batch, seen)
            else:
                yield self.scored(batch.filter(pa.array(keep)), seen.filter(keep))

    @property
    def scorer(self) -> BatchScorer:
        """One a worker: the batches that follow find the words of the earlier ones read already."""
        return _loaded(self.bundle, self.reasons, self.groups, self.at)

    @property
    def loaded(self) -> Bundle:
        return _loaded_bundle(self.bundle)

    def looked_at(self, names: Sequence[str]) -> set[str]:
        """The columns that a score, the id or somebody's objection is read from."""
        scorer = self.scorer
        needed = {column.name for column in scorer.scorer.schema.needed} | {scorer.id or ""}
        if self.loaded.events is not None:
            needed.add(scorer.scorer.schema.name_of("time") or "")
        return (needed | set(self.exclusions.columns(names))) & set(names)

    def schema(self, theirs: StructType) -> StructType:
        """What comes out: their columns, marked where they are called like one of ours, then ours."""
        from pyspark.sql import types

        kinds = {pl.String: types.StringType, pl.Float64: types.DoubleType, pl.Boolean: types.BooleanType}
        ours = [types.StructField(name, kinds[kind]()) for name, kind in self.ours.items()]
        if self.only_scores:
            ids = [name for name in theirs.fieldNames() if name == self.scorer.id]
            return types.StructType([*(types.StructField(name, types.StringType()) for name in ids), *ours])
        names = _marked(theirs.fieldNames(), list(self.ours))
        kept = [
            types.StructField(name, field.dataType) for name, field in zip(names, theirs.fields, strict=True)
        ]
        return types.StructType([*kept, *ours])

    @cached_property
    def ours(self) -> dict[str, Any]:
        """Our columns and their types."""
        nobody = pl.DataFrame({"": pl.Series([], dtype=pl.String)})
        return {name: kind.base_type() for name, kind in self.scorer.score(nobody).frame.schema.items()}

    def readable(self, batch: pa.RecordBatch) -> pl.DataFrame:
        """The columns that are read, as text whose bytes are text."""
        import pyarrow as pa

        names = self.looked_at(batch.schema.names)
        table = pa.Table.from_batches([batch]).select([name for name in batch.schema.names if name in names])
        return readable(table) if table.num_columns else pl.DataFrame(height=batch.num_rows)

    def scored(self, batch: pa.RecordBatch, seen: pl.DataFrame) -> pa.RecordBatch:
        import pyarrow as pa

        scorer = self.scorer
        ours = scorer.score(seen).frame
        if self.only_scores:
            theirs = [_plain(column) for column in scorer.identities(seen)]
            names = scorer.identities(seen).columns
        else:
            theirs, names = batch.columns, _marked(batch.schema.names, ours.columns)
        every = [*theirs, *(_plain(column) for column in ours)]
        return pa.RecordBatch.from_arrays(every, names=[*names, *ours.columns])


@lru_cache(maxsize=4)
def _loaded(bundle: bytes, reasons: int, groups: bool, at: float | None) -> BatchScorer:
    return BatchScorer(_loaded_bundle(bundle), reasons=reasons, groups=groups, at=at)


@lru_cache(maxsize=4)
def _loaded_bundle(bundle: bytes) -> Bundle:
    return Bundle.from_bytes(bundle)


def _marked(theirs: Sequence[str], ours: Sequence[str]) -> list[str]:
    """Their names, those marked that one of ours has: Spark takes Score and score for one."""
    small = {name.lower() for name in ours}
    alike = [name for name in theirs if name.lower() in small]
    changed = marked(theirs, [*ours, *alike])
    return [changed.get(name, name) for name in theirs]


def readable(table: pa.Table) -> pl.DataFrame:
    """A table of Spark as a frame; bytes that are no text, which Spark lets into texts, become missing."""
    import pyarrow as pa

    columns = [_checked(table.column(k)) for k in range(table.num_columns)]
    return pl.DataFrame(pl.from_arrow(pa.table(columns, names=table.column_names)))


def _checked(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return column
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        values = column.cast(pa.binary()).to_pylist()
        return pa.chunked_array([[_text(value) for value in values]], pa.string())
    return column


def _text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _plain(column: pl.Series) -> pa.Array:
    """A column of ours in the Arrow types that Spark takes."""
    import pyarrow as pa

    kinds = {pl.String: pa.string(), pl.Float64: pa.float64(), pl.Boolean: pa.bool_()}
    return column.to_arrow().cast(kinds[column.dtype.base_type()])
