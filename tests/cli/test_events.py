"""Events on the command line: whatever learns or scores takes them, and says what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from leadlight.cli import homes
from leadlight.data.planted import Planted
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.flows.history import take_history
from leadlight.flows.whole_leads import population_of_home
from leadlight.insight.engagement import engagement
from leadlight.ready import load
from leadlight.store import Home, create_store, models, records
from tests.cli.calls import call

ANSWERS = ("--target", "Stage", "--positive", "Won", "--negative", "Lost")
AT = ("--at", "2025-12-31")
LOGS = ("events", "outcomes")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Leads with a history, and a model that was trained with it."""
    place = tmp_path_factory.mktemp("events")
    words = [word for name in LOGS for word in (f"--{name}", str(place / f"{name}.csv"))]
    made = call("sample", "-o", place / "leads.csv", "--rows", "1500", *words)
    assert made.code == 0, made.err
    learnt = ("--models", "logistic", "--folds", "2", "-o", place / "model.leadlight", "--json")
    answer = call("train", place / "leads.csv", *ANSWERS, *words, *learnt)
    assert answer.code == 0, answer.err
    (place / "told.json").write_text(answer.out)
    return place


def test_training_says_what_became_of_events_and_leads(folder: Path) -> None:
    """The account of events balances, and so does that of the leads."""
    told = pl.read_json(folder / "told.json").row(0, named=True)
    account, rows = told["events"]["account"], told["rows"]
    rejected = sum(count for count in account["rejected"].values() if count)
    assert account["in"] == account["taken"] + rejected == pl.read_csv(folder / "events.csv").height
    assert rows["in"] == rows["used"] + rows["open"] + rows["decided_early"] + rows["immature"]
    assert told["events"]["time_to_convert"]["days_until"]["0.5"] > 7
    assert any(each["fitted"] for each in told["events"]["types"])


def test_inspect_tells_the_same_without_a_model(folder: Path) -> None:
    words = [word for name in LOGS for word in (f"--{name}", str(folder / f"{name}.csv"))]
    answer = call("inspect", folder / "leads.csv", *ANSWERS, *words, "--write", folder / "leadlight.toml")
    assert answer.code == 0, answer.err
    told = " ".join(answer.out.split())
    assert "Each lead is looked at 7 days after it arrived" in told
    assert "Days after which an event counts half: " in told
    assert "--events" in told
    assert "(faded)" not in (folder / "leadlight.toml").read_text()
    (folder / "leadlight.toml").unlink()


def test_a_model_of_events_refuses_leads_without_them(folder: Path) -> None:
    """And a model without refuses events; both say what to type."""
    model, leads = folder / "model.leadlight", folder / "leads.csv"
    for command in (("score", "-o", folder / "none.csv"), ("plan", "-o", folder / "none.csv"), ("evaluate",)):
        answer = call(command[0], model, leads, *command[1:])
        assert (answer.code, answer.error) == (2, "events_missing")
        assert "--events" in answer.err


def test_outcomes_alone_say_who_is_old_enough(folder: Path) -> None:
    """Without events, too: the young are left out, and leads that are open for too long count as lost."""
    given = (*ANSWERS, "--outcomes", folder / "outcomes.csv", "--models", "bayes", "--folds", "2")
    answer = call("train", folder / "leads.csv", *given, "-o", folder / "x.leadlight", "--verbose")
    assert answer.code == 0, answer.err
    told = " ".join(answer.out.split())
    assert "nine in ten after" in told
    assert "counted as lost" in told
    seen = call("inspect", folder / "leads.csv", *ANSWERS, *given[6:8], "--json").json
    assert seen["rows"]["lapsed"] > 0
    assert seen["maturity"]["mature_after"] > 7
    parts = ("used", "open", "immature", "duplicates", "rejected")
    assert seen["rows"]["in"] == sum(seen["rows"][part] for part in parts)


def test_every_verb_looks_at_events_as_of_a_moment(folder: Path) -> None:
    """Scores, the list and the explanation of a lead agree; another moment is another score."""
    model, leads, events = (folder / name for name in ("model.leadlight", "leads.csv", "events.csv"))
    given = ("--events", events)
    answer = call("score", model, leads, *given, *AT, "-o", folder / "scores.csv", "--reasons", "2", "--json")
    assert answer.code == 0, answer.err
    account = answer.json["events"]
    assert account["in"] == account["taken"] + sum(account["rejected"].values())
    scores = dict(pl.read_csv(folder / "scores.csv").select("Lead ID", "score").iter_rows())
    listed = call("plan", model, leads, *given, *AT, "-o", folder / "list.csv")
    assert listed.code == 0, listed.err
    plan = pl.read_csv(folder / "list.csv")
    assert plan.height > 0
    assert all(scores[row["Lead ID"]] == row["score"] for row in plan.to_dicts())
    first = plan["Lead ID"][0]
    explained = call("explain", model, leads, "--id", first, *given, *AT, "--json")
    assert explained.json["score"] == scores[first]
    later = call("explain", model, leads, "--id", first, *given, "--at", "2027-01-01", "--json")
    assert later.json["score"] != scores[first]
    held = call("evaluate", model, leads, *given, "--json")
    assert held.json["auc"] > 0.8


def test_accounts_and_channels_look_at_events(folder: Path) -> None:
    """The command and Python say the same; a log of events that names no channel is no fault."""
    model, leads, events = (folder / name for name in ("model.leadlight", "leads.csv", "events.csv"))
    firms = pl.int_range(pl.len()) % 300
    companies = pl.read_csv(leads, infer_schema=False).with_columns(Company="Firm " + firms.cast(pl.String))
    leads = folder / "companies.csv"
    companies.write_csv(leads)
    asked = ("insight", "accounts", model, leads)
    assert call(*asked).error == "events_missing"
    told = call(*asked, "--events", events, *AT, "--json")
    assert told.code == 0, told.err
    loaded = load(model)
    found = loaded.accounts(leads, events=events, at=AT[1])
    first = told.json["accounts"][0]
    assert (first["key"], first["probability"]) == (found.rows[0].key, found.rows[0].probability)
    scores = dict(loaded.score(leads, events=events, at=AT[1]).select("Lead ID", "probability").iter_rows())
    waiting = [each for each in found.rows[0].leads if each.outcome == "open"]
    assert waiting
    assert all(scores[each.id] == each.probability for each in waiting)
    later = loaded.accounts(leads, events=events, at="2027-01-01")
    assert later.rows[0].probability != found.rows[0].probability
    ended = folder / "outcomes.csv"
    by_events = loaded.channels(leads, events=events, outcomes=ended)
    assert by_events.touches is not None
    assert by_events.touches.rows
    silent = pl.read_csv(events).drop("channel")
    assert loaded.channels(leads, events=silent, outcomes=ended).touches is None
    assert loaded.advice(leads, events=events, outcomes=ended).to_json()["advice"] is not None


def test_a_home_learns_from_the_events_that_it_holds(tmp_path: Path) -> None:
    """Nothing has to be named: leads, events and outcomes are the home's own."""
    made = generate_history(1_500, seed=8, planted=Planted(late=0.1))
    leads, home = tmp_path / "leads.csv", tmp_path / "home"
    made.leads.write_csv(leads)
    assert call("init", "--home", home).code == 0
    assert call("sync", leads, "--home", home, "--id", "Lead ID").code == 0
    store = create_store(Home.of(home, home))
    take_history(store, made)
    store.close()
    model = tmp_path / "model.leadlight"
    words = (*ANSWERS, "--models", "logistic", "--folds", "2", "-o", model, "--json")
    answer = call("train", "--home", home, *words)
    assert answer.code == 0, answer.err
    assert answer.json["rows"]["decided_early"] > 0
    by_file = (
        *("--events", tmp_path / "events.csv", "--outcomes", tmp_path / "outcomes.csv"),
        *("--id", "Lead ID", "--force"),
    )
    made.events.write_csv(tmp_path / "events.csv")
    made.outcomes.write_csv(tmp_path / "outcomes.csv")
    again = call("train", leads, *words, *by_file)
    assert again.code == 0, again.err
    by_home, by_files = (
        {each["name"]: each["half_life"] for each in told.json["events"]["types"]} for told in (answer, again)
    )
    assert by_home == pytest.approx(by_files, rel=0.05)
    assert call("promote", model, "--home", home).code == 0
    assert call("score", "--home", home).code == 0
    listed = call("plan", "--home", home, *AT, "-o", tmp_path / "list.csv", "--json")
    assert listed.code == 0, listed.err
    assert listed.json["counts"]["leads"] > 0
    _check_grid(home, made)


def _check_grid(home: Path, made: HistorySample) -> None:
    """What buyers do once they have bought moves no decided lead in the grid; what open ones do now does."""
    asked = ("insight", "engagement", "--home", home, "--json")
    before = call(*asked).json
    ended = dict(made.outcomes.select("lead", "at").iter_rows())
    now = datetime.now(UTC).timestamp()
    undecided = [lead for lead in made.leads["Lead ID"] if lead not in ended]
    done = [(lead, pl.Series([at]).dt.timestamp("us")[0] / 1e6 + 60.0) for lead, at in ended.items()]
    done += [(lead, now - 60.0) for lead in undecided]
    sent = [
        {"id": lead, "name": "Pricing page", "at": at, "key": f"since-{lead}", "properties": {}}
        for lead, at in done
    ]
    with homes.opened(home) as store:
        with store.writing() as connection:
            records.add_events(connection, sent)
        with store.reading() as connection:
            bundle = models.serving(connection)
        known = population_of_home(store, bundle)
    after = call(*asked).json
    assert [_ended(each) for each in after["cells"]] == [_ended(each) for each in before["cells"]]
    assert [each["open"] for each in after["engagement"]] != [each["open"] for each in before["engagement"]]
    assert engagement(known).to_json()["cells"] == after["cells"]


def _ended(cell: dict[str, Any]) -> tuple[Any, ...]:
    return (cell["cell"], cell["decided"], cell["won"], cell["rate"]["value"])
