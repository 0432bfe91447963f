"""Learning on Spark: the leads are coded where they lie, a byte a feature, and learnt from on the driver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from leadlight.data import cells
from leadlight.flows.learn_coded import MOST_BYTES, SAMPLE, LearntAtScale, learn_coded
from leadlight.model.bundle import Bundle
from leadlight.model.coder import Coder
from leadlight.run.spark.parts import check_names, named, numbered, readable
from leadlight.run.spark.session import plain_errors

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame

FINE: Final = 1 << 30
WHERE: Final = "the leads on Spark"


def train(
    leads: DataFrame,
    wanted: Any,
    *,
    version: str = "",
    sample: int = SAMPLE,
    most_bytes: int = MOST_BYTES,
    observe: Callable[[str], None] = lambda _: None,
) -> LearntAtScale:
    """A model of the leads of a dataframe, with the options that `leadlight.api.options` makes.

    See `learn_coded` for what comes to the driver and what does not.
    """
    source = SparkLeads(leads)
    return learn_coded(source, wanted, version=version, sample=sample, most_bytes=most_bytes, observe=observe)


@dataclass(frozen=True)
class SparkLeads:
    """Leads as a dataframe; which of them a share holds hangs on what they hold, not on where they lie."""

    leads: DataFrame

    def __post_init__(self) -> None:
        check_names(self.leads.columns)

    def count(self) -> int:
        with plain_errors(WHERE):
            return int(self.leads.count())

    def sample(self, share: float) -> pl.DataFrame:
        """The leads of a share, as text or typed as they are."""
        with plain_errors(WHERE):
            return readable(self._share(self.leads, share).toArrow())

    def coded(self, bundle: Bundle, share: float) -> tuple[np.ndarray, np.ndarray]:
        """What the model sees of the decided leads of a share, and which were won."""
        work = PartCoder(bundle.to_bytes())
        among = self._share(self._one_row_an_id(bundle), share)
        wanted = [name for name in among.columns if name in work.looked_at]
        work = PartCoder(work.bundle, tuple(wanted))
        chosen = numbered(among.select([named(name) for name in wanted]))
        with plain_errors(WHERE):
            parts = chosen.mapInArrow(work, "codes binary, won binary").toLocalIterator(True)
            read = [(bytes(part.codes), bytes(part.won)) for part in parts]
        width = len(bundle.scorer.encoder.features)
        codes = np.frombuffer(b"".join(codes for codes, _ in read), work.kind).reshape(-1, width)
        return codes, np.frombuffer(b"".join(won for _, won in read), np.uint8)

    def _one_row_an_id(self, bundle: Bundle) -> DataFrame:
        """Rows of one id that are equal count once; where they contradict each other none counts."""
        from pyspark.sql import Window
        from pyspark.sql import functions as of

        name = bundle.scorer.schema.name_of("id")
        if name is None:
            return self.leads
        told = of.trim(of.col(named(name)).cast("string"), of.lit(cells.BLANKS))
        marked = self.leads.withColumns({" id": told, " mark": self._mark()})
        same = Window.partitionBy(" id")
        placed = marked.where("` id` <> ''").withColumns(
            {
                " low": of.min("` mark`").over(same),
                " high": of.max("` mark`").over(same),
                " place": of.row_number().over(same.orderBy("` mark`")),
            }
        )
        kept = placed.where("` low` = ` high` AND ` place` = 1")
        return kept.drop(" id", " mark", " low", " high", " place")

    def _share(self, leads: DataFrame, share: float) -> DataFrame:
        if share >= 1.0:
            return leads
        from pyspark.sql import functions as of

        return leads.where(of.pmod(self._mark(), of.lit(FINE)) < of.lit(int(share * FINE)))

    def _mark(self) -> Column:
        from pyspark.sql import functions as of

        return of.xxhash64(*(of.col(named(name)).cast("string") for name in self.leads.columns))


@dataclass(frozen=True)
class PartCoder:
    """What a worker makes of its part of the leads: codes and outcomes of those that are decided."""

    bundle: bytes
    names: tuple[str, ...] = ()

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        bundle, coder = _loaded(self.bundle)
        for batch in batches:
            raw = readable(pa.Table.from_batches([batch]).rename_columns(list(self.names)))
            ended = bundle.target.apply(raw)
            decided = raw.filter(ended.is_not_null())
            codes, _ = coder.apply(decided)
            parts = (np.ascontiguousarray(codes, self.kind), ended.drop_nulls().to_numpy().astype(np.uint8))
            yield pa.RecordBatch.from_arrays(
                [pa.array([part.tobytes()], pa.binary()) for part in parts], names=["codes", "won"]
            )

    @cached_property
    def looked_at(self) -> set[str]:
        bundle, _ = _loaded(self.bundle)
        return {column.name for column in bundle.scorer.schema.needed} | {bundle.target.column}

    @cached_property
    def kind(self) -> Any:
        """A byte a code, where no feature has more than 256."""
        bundle, _ = _loaded(self.bundle)
        return np.uint8 if max(bundle.scorer.encoder.sizes, default=0) <= 256 else np.uint16


@lru_cache(maxsize=2)
def _loaded(data: bytes) -> tuple[Bundle, Coder]:
    bundle = Bundle.from_bytes(data)
    return bundle, Coder(bundle.scorer.schema, bundle.scorer.encoder)
