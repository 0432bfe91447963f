"""A watched home whose model learns from events: leads of any age, each judged at the model's moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import polars as pl
import pytest

from leadlight.data.planted import Planted
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.flows.decided import decided_leads, mature_after
from leadlight.flows.history import take_history
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.flows.watch import serving_model, watch_home
from leadlight.model.bundle import Bundle
from leadlight.store import Home, Store, create_store
from leadlight.training.as_of import LeadLogs
from leadlight.training.fit import train
from leadlight.training.options import Options

DAY = 86_400.0
ROWS, LEARNT = 3_000, 2_200
CHANGED = 900
WHO = "cli:tests"
OPTIONS = Options(
    target="Stage", positive=("Won",), negative=("Lost",), time="Created", models=["logistic"], folds=2
)


@pytest.fixture(scope="module")
def made() -> HistorySample:
    return generate_history(ROWS, 4, Planted(late=0.0))


@pytest.fixture(scope="module")
def eventful(made: HistorySample) -> Bundle:
    return train(made.leads[:LEARNT], OPTIONS, logs=LeadLogs(made.events, made.outcomes)).bundle


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    folder = tmp_path_factory.mktemp("watched")
    store = create_store(Home.of(folder / "home", folder))
    yield store
    store.close()


def filled(store: Store, made: HistorySample, bundle: Bundle) -> float:
    """All leads with all that happened to them, scored as of now, as `leadlight demo` does; gives now."""
    now: float = made.ends.timestamp()
    promote_bundle(store, bundle, now - 1.0, WHO)
    take_leads(store, made.leads, "Lead ID", "file", now)
    take_history(store, made)
    score_waiting(store, now)
    return now


def test_leads_of_all_ages_that_are_scored_now_raise_no_alarm(
    place: Store, made: HistorySample, eventful: Bundle
) -> None:
    """Neither for what they did, nor for their scores, nor for those that ended before anything was said."""
    now = filled(place, made, eventful)
    look = watch_home(place, now + 60)
    assert not look.found.alarms
    assert {each.name for each in look.found.columns} == {
        feature.name for feature in eventful.scorer.encoder.features
    }
    assert look.realised is not None, "leads came after the training, and ended after their moment"
    kept, bundle = serving_model(place)
    decided = decided_leads(place, bundle, kept.number, now)
    assert decided.moment is not None
    assert mature_after(bundle) > 7.0
    assert decided.moment.max() <= now - mature_after(bundle) * DAY
    assert any(each.holds for each in look.realised.promises["all"] if each.group == "all leads")


def test_leads_that_do_something_else_are_seen(place: Store, made: HistorySample, eventful: Bundle) -> None:
    """The newest open no e-mail any more: an alarm on that column, as of their moment."""
    newest = made.leads["Lead ID"].to_list()[-CHANGED:]
    gone = pl.col("lead").is_in(newest) & (pl.col("type") == "E-mail opened")
    now = filled(place, replace(made, events=made.events.filter(~gone)), eventful)
    alarms = watch_home(place, now + 60).found.alarms
    assert {"E-mail opened (times)", "E-mail opened (days since)"} <= {each.column for each in alarms}
    assert {each.code for each in alarms} & {"column_moved", "missing_rose", "column_empty"}


def test_leads_that_are_too_young_are_not_judged_by_what_they_did(
    place: Store, made: HistorySample, eventful: Bundle
) -> None:
    """A home that began this week: columns of the form are judged, what is to come is not."""
    shifted = made.leads[-200:].with_columns(
        Created=pl.lit(made.ends.strftime("%Y-%m-%d %H:%M:%S")), Stage=pl.lit("New")
    )
    nothing = {name: getattr(made, name).clear() for name in ("events", "contacts", "outcomes")}
    now = filled(place, replace(made, leads=shifted, **nothing), eventful)
    look = watch_home(place, now + 60)
    assert eventful.events is not None
    taken = {*eventful.events.columns}
    assert not taken & {each.column for each in look.found.findings}
    assert not taken & {each.name for each in look.found.columns}
    assert "score_moved" not in {each.code for each in look.found.findings}
