"""Fairness over time in a home: by their own month, by the line in service, where somebody asked."""

from __future__ import annotations

import polars as pl
import pytest

from leadlight.data.config import ColumnConfig
from leadlight.data.sample import generate
from leadlight.flows.promote import promote_bundle
from leadlight.flows.score import score_waiting
from leadlight.flows.take import take_leads
from leadlight.flows.watch import watch_home
from leadlight.model.bundle import Bundle
from leadlight.store import Store
from leadlight.training.fit import train
from leadlight.training.options import Options

NOW = 1_760_000_000.0
LEARNT = 1_300


@pytest.fixture(scope="module")
def leads() -> pl.DataFrame:
    return generate(1_600, 8).leads


@pytest.fixture(scope="module")
def careful(leads: pl.DataFrame) -> Bundle:
    """A model that keeps two columns for checks of fairness alone: words, and numbers in bands."""
    kept = {name: ColumnConfig(role="sensitive") for name in ("Country", "Company Size")}
    asked = Options(target="Converted", time="Created", models=["logistic"], folds=2, columns=kept)
    return train(leads[:LEARNT], asked).bundle


def test_a_look_tells_fairness_by_month(store: Store, leads: pl.DataFrame, careful: Bundle) -> None:
    promote_bundle(store, careful, NOW - 1, "cli:tests")
    take_leads(store, leads, "Lead ID", "file", NOW)
    score_waiting(store, NOW)
    found = watch_home(store, NOW + 60)
    assert {each.column for each in found.fairness} == {"Country", "Company Size"}
    trend = next(each for each in found.fairness if each.column == "Country")
    group = trend.groups[0]
    column = careful.scorer.schema["Country"]
    said = column.read(leads["Country"]).to_list()
    rows = leads.filter(pl.Series([each is not None and column.label(each) == group.group for each in said]))
    call = careful.scorer.grades.call(careful.scorer.score(rows).margin)
    month = rows["Created"].str.to_datetime().dt.strftime("%Y-%m").to_numpy()
    assert [each.leads for each in group.called] == [int((month == each).sum()) for each in trend.months]
    for each in group.called:
        if each.value is not None:
            assert each.value == pytest.approx(call[month == each.month].mean())
    late = leads["Created"].str.to_datetime()[LEARNT]
    learnt = [each for each in group.bought if each.month < f"{late:%Y-%m}"]
    assert learnt
    assert all(each.leads == 0 for each in learnt), "of leads that the model learnt from nothing is told"
    assert found.to_json()["fairness"][0]["groups"]
