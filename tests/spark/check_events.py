"""Scores of a model that looks at events: Spark gives those of Python to the bit, however bad the log is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl
import pytest

import leadlight as ll
from leadlight.data.planted import Planted
from leadlight.data.sample_history import generate_history
from leadlight.errors import InputError
from leadlight.run import spark
from tests.model.nasty_events import nasty_events, nasty_leads
from tests.spark.check_score import collected, same

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Spread = Callable[[pl.DataFrame], "DataFrame"]
ASKED = {"target": "Stage", "positive": "Won", "negative": "Lost", "models": ["glassbox"], "folds": 2}
AT = "2025-12-31"


@pytest.fixture(scope="module")
def model() -> ll.Model:
    made = generate_history(1_200, seed=6, planted=Planted(late=0.1))
    return ll.train(made.leads, events=made.events, outcomes=made.outcomes, **ASKED)


@pytest.mark.parametrize("keyed", [False, True])
def test_events_of_any_kind_score_as_in_python(spread: Spread, model: ll.Model, keyed: bool) -> None:
    """Ids with blanks, times in zones, events said twice, late, early, in the future, of nobody."""
    made = generate_history(1_200, seed=7, planted=Planted(late=0.1))
    leads, events = nasty_leads(made.leads), nasty_events(made.events, keyed=keyed)
    ours = model.score(leads, events=events, at=AT, reasons=2)
    theirs = spark.score(spread(leads), model, events=spread(events), at=AT, reasons=2, only_scores=True)
    same(ours, collected(theirs), "Lead ID")
    without = model.score(leads, events=events.head(0), at=AT)
    assert (without["probability"] != ours["probability"]).sum() > 300


def test_events_belong_to_a_model_that_looks_at_them(spread: Spread, model: ll.Model) -> None:
    leads = spread(generate_history(30, seed=7).leads)
    with pytest.raises(InputError, match="no events were given"):
        spark.score(leads, model)
    plain = ll.load("tests/fixtures/bundles/glassbox.leadlight")
    with pytest.raises(InputError, match="does not look at events"):
        spark.score(leads, plain, events=leads)
