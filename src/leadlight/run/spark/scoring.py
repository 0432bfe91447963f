"""Scoring on Spark: the leads with our columns beside theirs, to the bits of everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from leadlight.flows.exclusions import Exclusions
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import check_events, check_source
from leadlight.model.scoring import check_columns, moment
from leadlight.run.spark.events import scored
from leadlight.run.spark.parts import NOBODY, PartScorer, check_names, named, numbered

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def score(
    leads: DataFrame,
    model: Any,
    *,
    reasons: int = 0,
    groups: bool = False,
    only_scores: bool = False,
    at: Any = None,
    allow_missing: bool = False,
    exclusions: Exclusions = NOBODY,
    events: DataFrame | None = None,
) -> DataFrame:
    """The leads with our columns beside theirs, a row for each that is not excluded; nothing runs yet.

    `model` is a path, a loaded model or its bundle. A column of theirs that is called like one of ours is
    marked. With `only_scores` the id alone stands beside our columns. `events` are what the leads did, looked
    at as of `at`, by default now.
    """
    bundle = bundle_of(model)
    work = PartScorer(bundle.to_bytes(), reasons, groups, moment(at), only_scores, exclusions)
    check_names(leads.columns)
    check_source(bundle, events is not None)
    made = () if bundle.events is None or events is None else bundle.events.columns
    if events is None:
        check_events(bundle, leads.columns)
    check_columns(bundle.scorer, [*leads.columns, *made], at=work.at, allow_missing=allow_missing)
    exclusions.check(leads.columns)
    if only_scores:
        leads = leads.select([named(name) for name in leads.columns if name in work.looked_at(leads.columns)])
    renamed = replace(work, names=tuple(leads.columns))
    if events is not None:
        return scored(leads, renamed, events, time())
    return numbered(leads).mapInArrow(renamed, work.schema(leads.schema))


def bundle_of(model: Any) -> Bundle:
    """The bundle of a model that is named by its path, loaded, or a bundle already."""
    if isinstance(model, str | Path):
        return Bundle.load(model)
    bundle: Bundle = getattr(model, "bundle", model)
    return bundle
