"""Figures made from narrow columns are those of all leads with all that they say, whatever these say."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadlight.data import frame
from leadlight.data.sample import generate
from leadlight.flows.desk import Desk
from leadlight.flows.events import gather_for
from leadlight.flows.promote import promote_bundle
from leadlight.flows.roster import Roster
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.flows.whole_leads import population_of_home
from leadlight.insight.consent import barred
from leadlight.insight.engagement import engagement
from leadlight.insight.pool import Pool
from leadlight.insight.population import Population
from leadlight.model.bundle import Bundle
from leadlight.store import Store, data_subject, records, roster
from tests.store.people import WHO, take, who

ODD = {
    'odd "1"': {'a "quoted" name': "x", "$path": 1, "Do not phone": "yes", "Visits": 3, "Converted": "1"},
    "odd 2": {"Lead Source": 'say "hi"\\', "Visits": "3.5", "Newsletter": True, "Do not phone": "no"},
    "odd 3": {"Lead Source": None, "Minutes on Site": 1.5, "Newsletter": "Yes", "Expected Value": "1200"},
}


@pytest.fixture
def filled(store: Store, bundle: Bundle) -> Store:
    """Scored leads, some that came since, one whose end was recorded and one who objected."""
    promote_bundle(store, bundle, 2.0, WHO)
    made = generate(300, 5).leads
    take_leads(store, made, made.columns[0], "leads.csv", 2.5)
    score_waiting(store, 3.0)
    take(store, ODD)
    named = made[made.columns[0]].to_list()
    with store.writing() as connection:
        records.add_outcomes(
            connection, [{"id": named[7], "outcome": "1", "value": None, "at": 4.0, "key": "o"}], "crm"
        )
    data_subject.suppress(store, who(store, id=named[3]), "asked", WHO, 5.0)
    return store


def test_scores_and_columns_are_those_of_the_whole_leads(filled: Store, bundle: Bundle) -> None:
    whole, found = gather_for(filled, bundle), Roster.of(filled, bundle)
    assert found.raw[found.identity].to_list() == whole[found.identity].to_list()
    assert found.scores.margin.tolist() == bundle.scorer.score(whole).margin.tolist()
    assert sorted(found.names) == sorted(whole.columns)
    assert 300 > found.is_stored.sum() >= 290
    schema = bundle.scorer.schema
    assert barred(schema, found.raw, "call").tolist() == barred(schema, whole, "call").tolist()
    assert barred(schema, found.raw, "call")[-3]
    for name in ("Lead Source", "Newsletter", 'a "quoted" name', "$path"):
        assert _words(found.column(name)) == _words(whole[name]), name
    narrow, pool = Pool.of(bundle, found.raw), Pool.of(bundle, whole)
    assert narrow.places.tolist() == pool.places.tolist()
    assert (narrow.decided, narrow.barred.tolist()) == (pool.decided, pool.barred.tolist())


def _words(column: pl.Series) -> list[Any]:
    return frame.levels(column, (), {}).to_list()


def test_a_column_can_be_thought_away(filled: Store, bundle: Bundle) -> None:
    whole, found = gather_for(filled, bundle), Roster.of(filled, bundle)
    for name in (*bundle.scorer.columns[:4], "Lead Source"):
        blank = whole.with_columns(pl.lit(None, pl.String).alias(name))
        assert np.array_equal(found.margin_without(name), bundle.scorer.score(blank).margin), name


def test_columns_are_known_by_the_first_leads_where_all_say_the_same(filled: Store, bundle: Bundle) -> None:
    with filled.reading() as connection:
        assert set(ODD["odd 2"]) <= set(roster.names(filled, connection))
        for size in (1, 7, 1_000):
            pages = list(roster.pages(connection, bundle.name, ["Visits"], size))
            assert sum(len(page.ids) for page in pages) == 302
            assert all(len(page.ids) <= size for page in pages)


def test_the_grid_is_that_of_the_whole_leads(filled: Store, bundle: Bundle) -> None:
    told = engagement(Population.of(bundle, gather_for(filled, bundle))).to_json()
    assert engagement(population_of_home(filled, bundle)).to_json() == told


def test_leads_without_a_score_are_scored_on_the_way(store: Store, bundle: Bundle) -> None:
    empty = Roster.of(store, bundle)
    assert (len(empty), empty.raw.columns) == (0, [empty.identity])
    promote_bundle(store, bundle, 2.0, WHO)
    made = generate(50, 5).leads
    take_leads(store, made, made.columns[0], "leads.csv", time.time())
    before, plan = Roster.of(store, bundle), Desk.of(store, bundle).plan()
    score_waiting(store, 3.0)
    after = Desk.of(store, bundle)
    assert not before.is_stored.any()
    assert after.roster.is_stored.all()
    assert before.scores.margin.tolist() == after.roster.scores.margin.tolist()
    assert after.plan().to_json() == plan.to_json()
