"""The gate where models learn from events: each lead as it was so many days after it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadlight.data.planted import Planted
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.flows.challenge import challenge
from leadlight.flows.events import stored_rows, with_past_events
from leadlight.flows.forward import compare_forward
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.model.bundle import Bundle
from leadlight.model.event_source import source_of
from leadlight.store import Home, Store, create_store, event_rows, records
from leadlight.store import models as kept_models
from leadlight.training.as_of import LeadLogs
from leadlight.training.fit import train
from leadlight.training.options import Options

ROWS, LEARNT = 3_000, 1_200
WHO = "cli:tests"
OPTIONS = Options(
    target="Stage", positive=("Won",), negative=("Lost",), time="Created", models=["logistic"], folds=2
)


@pytest.fixture(scope="module")
def made() -> HistorySample:
    """With events that tell themselves apart, as those of a home do by their keys."""
    found = generate_history(ROWS, 4, Planted(late=0.0))
    events = found.events.unique(["lead", "type", "time"], maintain_order=True)
    return replace(found, events=events)


def learnt(made: HistorySample, events: LeadLogs | None = None) -> Bundle:
    return train(made.leads[:LEARNT], OPTIONS, logs=events).bundle


@pytest.fixture(scope="module")
def plain(made: HistorySample) -> Bundle:
    return learnt(made)


@pytest.fixture(scope="module")
def eventful(made: HistorySample) -> Bundle:
    return learnt(made, LeadLogs(made.events, made.outcomes))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, made: HistorySample, plain: Bundle) -> Iterator[Store]:
    place = tmp_path_factory.mktemp("eventful")
    store = create_store(Home.of(place / "home", place))
    now = made.ends.timestamp()
    promote_bundle(store, plain, now - 1.0, WHO)
    take_leads(store, made.leads, "Lead ID", "file", now)
    seconds = pl.col("time").dt.epoch("s")
    events = made.events.select(pl.col("lead").alias("id"), pl.col("type").alias("name"), seconds.alias("at"))
    ended = made.outcomes.select(pl.col("lead").alias("id"), "outcome", pl.col("at").dt.epoch("s"))
    with store.writing() as connection:
        records.add_events(connection, [{**row, "key": str(k)} for k, row in enumerate(events.to_dicts())])
        records.add_outcomes(connection, ended.to_dicts(), "test")
    score_waiting(store, now)
    yield store
    store.close()


def test_a_home_gives_the_leads_as_files_do(store: Store, made: HistorySample, eventful: Bundle) -> None:
    """The same margins, bit for bit, as of the moment that the model learnt at, or the end before that."""
    with store.reading() as connection:
        numbers = connection.exec_driver_sql("SELECT number FROM leads ORDER BY number LIMIT 300").scalars()
        numbers = [int(each) for each in numbers]
    raw = with_past_events(store, eventful, stored_rows(store, eventful, numbers))
    ids = raw["Lead ID"].to_list()
    rows = made.leads.filter(pl.col("Lead ID").is_in(ids))
    source = source_of(eventful, made.events, None, None)
    assert source is not None
    ended = made.outcomes.select("lead", at=pl.col("at").dt.epoch("us") / 1e6)
    source = replace(source, ended=ended)
    by_file = dict(zip(rows["Lead ID"], eventful.scorer.score(source.beside(rows)).margin, strict=True))
    assert eventful.scorer.score(raw).margin.tolist() == [by_file[each] for each in ids]


def test_a_model_of_events_is_measured(store: Store, plain: Bundle, eventful: Bundle) -> None:
    """Against one without; only on leads that were still undecided at its moment."""
    assert eventful.events is not None
    found = compare_forward(store, plain, eventful)
    assert found.is_measured, found.reason
    without = compare_forward(store, plain, plain)
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT number FROM leads").scalars().all()
        ended = event_rows.decided_at(connection, [int(each) for each in rows])
    assert len(ended) > LEARNT
    assert found.leads < without.leads, "some were decided within the first days"
    assert found.passes, "what leads did tells more than what they say"
    assert compare_forward(store, eventful, plain).high < 0
    assert compare_forward(store, eventful, eventful).is_equal


def test_a_challenger_learns_from_the_events_of_the_home(store: Store, made: HistorySample) -> None:
    """And scores in the shadow with them where it is not put in service."""
    now = made.ends.timestamp()
    found = challenge(store, now, Options(models=["logistic"], folds=2), WHO)
    assert found.verdict.is_measured, found.verdict.reason
    with store.reading() as connection:
        kept = kept_models.find_by_name(connection, found.challenger)
        bundle = kept_models.load(connection, kept.number)
        rates = connection.exec_driver_sql("SELECT probability FROM shadows").scalars().all()
    assert bundle.events is not None
    assert len(rates) == ROWS
    assert np.unique(np.round(rates, 6)).size > ROWS // 4
