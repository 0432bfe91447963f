"""What deals came to, as outcomes in a home say it, is what the open ones are taken to be worth."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from leadlight.cli import homes
from leadlight.flows.desk import Desk
from leadlight.flows.gather import gather_leads
from leadlight.flows.plan import plan_home
from leadlight.flows.promote import promote_bundle
from leadlight.flows.train import training_leads
from leadlight.flows.whole_leads import population_of_home
from leadlight.insight.deal_values import REALISED, said_values
from leadlight.store import Home, create_store, intake, models, records
from leadlight.training.options import Options
from tests.cli.calls import call
from tests.model.trained import bundle, sample

WON, LOST, OPEN = 60, 60, 80
WORTH = 900.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leads that say nothing of money, of which some were won since for 800 or 1,000."""
    place = tmp_path_factory.mktemp("realised") / "home"
    store = create_store(Home.of(place, place))
    promote_bundle(store, bundle("logistic"), time.time(), "test")
    rows = sample().leads.drop("Converted", "Expected Value").head(WON + LOST + OPEN).to_dicts()
    ids = [str(row["Lead ID"]) for row in rows]
    told = bundle("logistic").target
    won, lost = told.positive[0], told.negative[0]
    ended = [
        {"id": each, "outcome": won if k < WON else lost, "at": 1.0 + k, "value": _value(k)}
        for k, each in enumerate(ids[: WON + LOST])
    ]
    fields = [{name: value for name, value in row.items() if value is not None} for row in rows]
    with store.writing() as connection:
        intake.upsert(store, connection, ids, fields, "test", time.time())
        records.add_outcomes(connection, ended, "test")
    store.close()
    return place


def _value(place: int) -> float | None:
    return None if place >= WON else WORTH + 100.0 * (-1) ** place


def test_lists_pages_and_commands_know_what_past_deals_came_to(home: Path) -> None:
    with homes.opened(home) as store:
        with store.reading() as connection:
            serving = models.serving(connection)
        desk = Desk.of(store, serving)
        plan = plan_home(store, serving, capacity=20).plan
        known = population_of_home(store, serving)
    assert desk.known.values.worth.tolist() == [WORTH] * len(desk.known.values.worth)
    assert known.values.are_known
    assert plan.money is not None
    told = plan.money.to_json()
    assert told["revenue"]["total"] == pytest.approx(plan.expected.conversions * WORTH)
    assert REALISED not in plan.frame.columns
    command = call("plan", "--home", home, "--capacity", "20", "-o", home / "list.csv", "--json")
    assert command.code == 0, command.err
    assert command.json["money"]["revenue"]["total"] == pytest.approx(told["revenue"]["total"])
    assert REALISED not in pl.read_csv(home / "list.csv").columns
    assert call("insight", "segments", "--home", home, "--json").json["grades"][0]["value"]["value"] > 0


def test_nothing_is_learnt_from_what_a_deal_came_to(home: Path) -> None:
    """Nor does it stand in the scores; a value that the lead tells itself gives way to it."""
    with homes.opened(home) as store:
        learnt = training_leads(store, Options(target="Converted"))
        raw = gather_leads(store, "Converted", realised=True)
    assert REALISED not in learnt.columns
    assert raw[REALISED].drop_nulls().len() == WON
    told = said_values(bundle("logistic").scorer.schema, raw)
    assert sum(each > 0 for each in told.tolist()) == WON
    scored = call("score", "--home", home, "-o", home / "scores.csv")
    assert scored.code == 0, scored.err
    assert REALISED not in pl.read_csv(home / "scores.csv").columns
