"""A home that is watched: counts that grow, alarms that begin and end, promises, lines, challengers."""

from __future__ import annotations

import polars as pl
import pytest

import leadlight as ll
from leadlight.errors import StoreError
from leadlight.flows.decided import decided_leads
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.flows.watch import count_new_scores, recent_counts, serving_model, watch_home
from leadlight.insight.drift import BatchCounts
from leadlight.model.bundle import Bundle
from leadlight.store import Store, records, watching
from tests.insight.feeds import FAULTS, batch, learnt

DAY = 86_400.0
NOW = 1_760_000_000.0
WHO = "cli:tests"


@pytest.fixture(scope="session")
def fed() -> Bundle:
    """Learnt from the first leads of `feeds`."""
    return ll.train(
        learnt(1), target="Converted", time="Created", id="Lead ID", models=["logistic"], folds=3
    ).bundle


@pytest.fixture
def watched_store(store: Store, fed: Bundle) -> Store:
    """A home with a model, the newest leads that it learnt from, and a batch that came in since."""
    promote_bundle(store, fed, NOW - 30 * DAY, WHO)
    take_leads(store, learnt(1)[-1_500:], "Lead ID", "file", NOW - 2 * DAY)
    score_waiting(store, NOW - 2 * DAY)
    take_leads(store, batch(1), "Lead ID", "file", NOW)
    score_waiting(store, NOW)
    return store


def test_a_clean_home_is_quiet_and_keeps_what_it_saw(watched_store: Store) -> None:
    look = watch_home(watched_store, NOW + 60)
    late = {"outcomes_late"}
    assert {each.code for each in look.found.alarms} <= late, look.found.findings
    assert look.found.leads == 2_500
    assert look.realised is not None
    assert look.estimated is not None
    with watched_store.reading() as connection:
        kept = watching.latest(connection)[0]
    assert kept["result"]["realised"]["leads"] == look.realised.leads
    assert kept["leads"] == 2_500
    known = int(batch(1)["Converted"].is_not_null().sum())
    assert 0 < look.realised.leads < known + 20, "of leads that the model did not learn from"


def test_counts_grow_by_what_is_new_and_equal_a_count_of_all(watched_store: Store) -> None:
    """Nothing is counted twice, and a day in parts is the day as a whole."""
    number, bundle = serving_model(watched_store)
    assert count_new_scores(watched_store, number.number, bundle) == 2_500
    assert count_new_scores(watched_store, number.number, bundle) == 0, "what was counted is not read again"
    take_leads(watched_store, batch(2).with_columns(pl.col("Lead ID") + "-2"), "Lead ID", "file", NOW)
    score_waiting(watched_store, NOW + 1)
    assert count_new_scores(watched_store, number.number, bundle) == 1_000
    counts = recent_counts(watched_store, number.number, bundle, NOW + 10)
    raw = pl.concat([learnt(1)[-1_500:], batch(1), batch(2)], how="vertical_relaxed")
    codes = bundle.scorer.encode(raw)
    said = bundle.scorer.score_codes(codes)
    whole = BatchCounts.of(bundle, codes, said.margin, said.probability)
    assert counts.leads == whole.leads == 3_500
    assert all((one == two).all() for one, two in zip(counts.columns, whole.columns, strict=True))
    assert (counts.score == whole.score).all()
    assert (counts.segments == whole.segments).all()
    assert counts.expected == pytest.approx(whole.expected)


def test_alarms_begin_once_and_end(watched_store: Store) -> None:
    watch_home(watched_store, NOW + 60)
    plant, codes = FAULTS["times a thousand"]
    odd = plant(batch(3)).with_columns(pl.col("Lead ID") + "-odd")
    take_leads(watched_store, odd, "Lead ID", "file", NOW + DAY)
    score_waiting(watched_store, NOW + DAY)
    look = watch_home(watched_store, NOW + DAY + 60)
    assert codes <= {each["code"] for each in look.new}
    again = watch_home(watched_store, NOW + DAY + 120)
    assert not codes & {each["code"] for each in again.new}
    mended = batch(4).with_columns(pl.col("Lead ID") + "-well")
    take_leads(watched_store, mended, "Lead ID", "file", NOW + 12 * DAY)
    score_waiting(watched_store, NOW + 12 * DAY)
    watch_home(watched_store, NOW + 12 * DAY + 60)
    with watched_store.reading() as connection:
        standing = {each["code"] for each in watching.open_alarms(connection)}
    assert not codes & standing


def test_a_score_is_a_promise_if_it_was_given_before_the_end(watched_store: Store) -> None:
    """The last one before it counts, whatever is said afterwards; without one the lead does not."""
    number, bundle = serving_model(watched_store)
    promised = decided_leads(watched_store, bundle, number.number, NOW)
    known = batch(1).filter(pl.col("Converted").is_not_null())
    ended = known.select(id="Lead ID", outcome="Converted").to_dicts()
    with watched_store.writing() as connection:
        records.add_outcomes(connection, [{**each, "at": NOW + 10} for each in ended], "test")
    take_leads(watched_store, known.with_columns(Visits=pl.lit(9)), "Lead ID", "file", NOW + 20)
    score_waiting(watched_store, NOW + 20)
    after = decided_leads(watched_store, bundle, number.number, NOW + 30)
    assert after.said.margin.tolist() == promised.said.margin.tolist()
    with watched_store.writing() as connection:
        records.add_outcomes(connection, [{**each, "at": NOW - DAY} for each in ended], "test")
    late = decided_leads(watched_store, bundle, number.number, NOW + 30)
    assert len(late.outcome) == len(promised.outcome) - known.height


def test_a_home_without_a_model_is_refused(store: Store) -> None:
    with pytest.raises(StoreError) as found:
        watch_home(store, NOW)
    assert found.value.code == "no_model"
