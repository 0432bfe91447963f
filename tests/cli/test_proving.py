"""Watching a home, holdbacks, disputes, lines, challengers and the gate, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadlight.store import Home, disputes, open_store
from tests.cli.calls import call


@pytest.fixture
def kept(here: Path, model: Path, leads: Path) -> Path:
    """A home with a model in service and the leads that it learnt from."""
    place = here / "home"
    for words in (("init",), ("promote", model), ("sync", leads)):
        answer = call(*words, "--home", place)
        assert answer.code == 0, answer.err
    return place


def test_a_home_is_watched_and_reported(kept: Path, here: Path) -> None:
    answer = call("watch", "--home", kept, "--report", "week.html", "--json")
    assert answer.code in (0, 1), answer.err
    assert answer.json["leads"] > 0
    page = (here / "week.html").read_text("utf-8")
    assert "Columns, the farthest from training first" in page
    assert call("watch", "--home", kept, "--report", "week.html").code == 2, "files are not overwritten"
    assert "held against the training" in call("watch", "--home", kept).out


def test_what_does_not_fit_is_refused(kept: Path, model: Path, leads: Path) -> None:
    assert "every" in call("watch", model, leads, "--every", "1d").err
    assert "home_only" in call("watch", model, leads, "--adjust").err
    assert "every" in call("watch", "--home", kept, "--every", "soon").err
    assert "mail" in call("watch", "--home", kept, "--mail").err


def test_nothing_is_changed_where_nothing_was_decided_since(kept: Path) -> None:
    """All leads were learnt from: no line moves, and no challenger can be judged."""
    assert call("adjust", "--home", kept, "--json").json == {"changes": []}
    assert "no_adjustment" in call("adjust", "--home", kept, "--accept", "7").err
    assert "too_few_forward" in call("challenge", "--home", kept).err


def test_a_holdback_begins_and_ends(kept: Path) -> None:
    assert "no_holdback" in call("holdback", "show", "--home", kept).err
    assert call("holdback", "start", "--share", "0.2", "--home", kept).code == 0
    assert "few_held" in call("holdback", "show", "--home", kept).err
    assert call("holdback", "stop", "--home", kept, "--json").json["share"] == 0.2
    planned = call("holdback", "plan", "--arrivals", "500", "--json").json
    assert planned["leads"] == pytest.approx(500 * planned["weeks"])


def test_disputes_are_listed_and_settled(kept: Path, frame: object) -> None:
    assert "Nobody" in call("disputes", "--home", kept).out
    store = open_store(Home.of(kept, kept))
    with store.writing() as connection:
        identity = str(connection.exec_driver_sql("SELECT id FROM leads LIMIT 1").scalar())
        number = disputes.add(connection, identity, "rule", "a student", "cli:tests", 1.0)
    store.close()
    found = call("disputes", "--home", kept, "--settle", number, "--how", "a rule", "--json").json
    assert found["routes"][0]["settled"] == 1
    assert "settled" in call("disputes", "--home", kept).out


def test_a_watch_says_whether_a_challenger_is_due(kept: Path, here: Path, model: Path, leads: Path) -> None:
    """By option or by leadlight.toml of the home; too little was decided here to train one."""
    assert "home_only" in call("watch", model, leads, "--retrain", "weekly").err
    refused = call("watch", "--home", kept, "--retrain", "often")
    assert (refused.code, "on-alarm" in refused.err) == (2, True)
    assert call("watch", "--home", kept, "--promote").code == 2
    found = call("watch", "--home", kept, "--retrain", "weekly", "--json").json["retraining"]
    assert (found["status"], found["because"]) == ("waiting", ["weekly"])
    (kept / "leadlight.toml").write_text('[watch]\nretrain = "monthly"\npromote = true\n', "utf-8")
    told = call("watch", "--home", kept)
    assert "Waiting (monthly)" in told.out
    off = call("watch", "--home", kept, "--retrain", "never", "--json").json
    assert "retraining" not in off
