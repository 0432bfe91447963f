"""The flow of the training leads, put together for the reference that later batches are held against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from leadlight.data.content import content
from leadlight.data.schema import Schema
from leadlight.model.encode import Encoder
from leadlight.model.feed import FeedFacts
from leadlight.model.reference import Reference
from leadlight.training.prepare import Prepared


def with_feed(
    reference: Reference,
    prepared: Prepared,
    encoder: Encoder,
    codes: np.ndarray,
    margin: np.ndarray,
    rows: np.ndarray,
) -> Reference:
    """The reference with how the flow of these rows was."""
    schema = prepared.schema
    time = schema.name_of("time")
    facts = FeedFacts(
        codes=codes,
        sizes=encoder.sizes,
        margin_bins=reference.bins_of(margin),
        bins=len(reference.shares),
        outcome=prepared.outcome[rows],
        moment=None if prepared.moment is None else prepared.moment[rows],
        open_moment=schema.moments(prepared.open),
        is_dated=time is not None and schema[time].kind == "date",
        repeated=repeated_share(prepared.raw[rows.tolist()], schema.name_of("id")),
        duplicated=prepared.counts.duplicates / max(1, prepared.counts.rows_in),
        feature=source_feature(schema, encoder),
    )
    return replace(reference, feed=facts.reference())


def repeated_share(raw: pl.DataFrame, identity: str | None) -> float:
    """The share of rows that say all that another row says, but for the id."""
    told = content(raw, [name for name in raw.columns if name != identity])
    return 0.0 if not raw.height else 1.0 - told.n_unique() / raw.height


def source_feature(schema: Schema, encoder: Encoder) -> int:
    """The feature that tells where leads came from, the first one; -1 where there is none."""
    found = (
        k
        for k, each in enumerate(encoder.features)
        if each.take == "level" and schema[each.column].group == "source"
    )
    return next(found, -1)
