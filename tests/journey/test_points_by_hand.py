"""A company without outcomes writes points, scores by them, and hands over to its leads as they decide."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.model import metrics
from tests.cli.calls import Answer, call, start

TOML = """
[points]
rate = 0.1
double = 20

[columns."Lead Source"]
points = { Reference = 40, "Olark Chat" = 10, missing = -10, other = 0 }

[columns.Visits]
points = { "3 to 9" = 10, "10 or more" = 30, missing = 0 }

[columns.often]
points = { yes = 5 }

[features]
often = 'Visits > 4'
"""
SOURCES = {"Reference": 40, "Olark Chat": 10, "Google": 0, "": -10}


def leads(rows: int = 300, seed: int = 1) -> pl.DataFrame:
    dice = np.random.Generator(np.random.PCG64(seed))
    visits = dice.choice(["", "0", "2", "3", "9", "10", "12"], rows)
    return pl.DataFrame(
        {
            "Lead ID": [f"L{row}" for row in range(rows)],
            "Lead Source": dice.choice(list(SOURCES), rows),
            "Visits": visits,
            "Country": dice.choice(["DE", "AT"], rows),
            "E-mail": [f"p{row}@example.org" for row in range(rows)],
        }
    )


def by_hand(frame: pl.DataFrame) -> np.ndarray:
    """The sums as a spreadsheet gives them."""

    def visits(text: str) -> int:
        number = float(text) if text else math.nan
        points = 30 if number >= 10 else 10 if 3 <= number <= 9 else 0
        return points + (5 if number > 4 else 0)

    rows = frame.select("Lead Source", "Visits").iter_rows()
    return np.array([SOURCES[source] + visits(text) for source, text in rows], dtype=float)


def decided(frame: pl.DataFrame, count: int, *, sign: float = 1.0, seed: int = 3) -> pl.DataFrame:
    """So many leads have an outcome that goes by their points, or against them; the others are open."""
    dice = np.random.Generator(np.random.PCG64(seed))
    points = sign * by_hand(frame)
    chance = 1 / (1 + np.exp(-(points - points.mean()) * np.log(2) / 20 + 1))
    won = np.where(dice.random(frame.height) < chance, "Yes", "No")
    known = np.where(np.arange(frame.height) < count, won, "")
    return frame.with_columns(Converted=pl.Series(known))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leadlight.toml").write_text(TOML)
    return tmp_path


def train(frame: pl.DataFrame, *words: str) -> Answer:
    frame.write_csv("leads.csv")
    return call("train", "leads.csv", "--models", "rules", *words)


def test_from_points_to_a_list_without_any_outcome(home: Path) -> None:
    leads().write_csv("leads.csv")
    told = start("train", "leads.csv", "--models", "rules", "--report", "report.html", folder=home)
    assert told.code == 0, told.err
    said = " ".join(told.out.split())
    assert "No lead has been decided yet" in said
    assert "Train again once 30 leads are won and 30 lost" in said
    assert "AUC" not in said
    assert re.search(r"Lead Source +Reference +\+40\s", told.out)
    assert "set by hand" in (home / "report.html").read_text()
    for words in (
        ("score", "model.leadlight", "leads.csv", "-o", "scores.csv", "--reasons", "2"),
        ("plan", "model.leadlight", "leads.csv", "-o", "list.csv"),
        ("explain", "model.leadlight", "leads.csv", "--id", "L3"),
        ("policy", "model.leadlight", "--cuts", "hot=0.3,warm=0.1", "-o", "a.leadlight"),
        ("policy", "model.leadlight", "--capacity", "10", "--arrivals", "100", "-o", "b.leadlight"),
        ("policy", "model.leadlight", "--call-cost", "1", "--deal-value", "9", "-o", "c.leadlight", "--json"),
        ("report", "model.leadlight", "-o", "again.html"),
    ):
        assert call(*words).code == 0, words
    called = call("score", "b.leadlight", "leads.csv", "-o", "b.csv", "--json").json["calls"]
    assert 0 < called <= 30


def test_scores_are_the_points_as_they_were_set(home: Path) -> None:
    assert train(leads()).code == 0
    later = leads(500, seed=9)
    found = ll.load("model.leadlight").score(later)
    probability = found["probability"].to_numpy()
    log_odds = np.log(probability) - np.log1p(-probability)
    assert np.ptp(log_odds - by_hand(later) * np.log(2) / 20) < 1e-6
    outcome = (decided(later, 500)["Converted"] == "Yes").to_numpy()
    assert metrics.auc(outcome, log_odds) == metrics.auc(outcome, by_hand(later))
    assert ll.load("model.leadlight").score(leads())["probability"].mean() == pytest.approx(0.1, abs=1e-6)
    assert (found["probability_high"] - found["probability_low"]).min() > 0.05


def test_hot_is_twice_the_usual_odds(home: Path) -> None:
    train(leads())
    model = ll.load("model.leadlight")
    assert model.bundle.scorer.grades.policy.numbers == {"hot": pytest.approx(0.2 / 1.1, abs=1e-4)}


def test_it_is_the_same_file_each_time(home: Path) -> None:
    assert train(leads(), "-o", "one.leadlight").code == 0
    assert train(leads()[::-1], "-o", "two.leadlight").code == 0
    assert (home / "one.leadlight").read_bytes() == (home / "two.leadlight").read_bytes()
    ll.load("one.leadlight").bundle.check()


REFUSED = {
    "a card has no figures": ("card", "model.leadlight"),
    "no precision is known": ("policy", "model.leadlight", "--precision", "0.5", "-o", "x.leadlight"),
    "nor where figures meet": ("policy", "model.leadlight", "--meet", "-o", "x.leadlight"),
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED)
def test_what_needs_outcomes_says_so(home: Path, words: tuple[str, ...]) -> None:
    train(leads())
    found = call(*words)
    assert (found.code, found.error) == (2, "no_outcomes")
    assert "next:" in found.err


@pytest.mark.parametrize("count", [12, 45])
def test_a_few_outcomes_move_the_points_a_little(home: Path, count: int) -> None:
    told = train(decided(leads(), count))
    assert told.code == 0, told.err
    assert f"Decided so far: {count} leads" in " ".join(told.out.split())
    training = ll.load("model.leadlight").training
    seen = training["early"]
    assert (seen["won"] + seen["lost"], seen["needed"]) == (count, 30)
    assert 0 < training["rules"]["learnt"] < 0.6
    rows = {(row["column"], row["value"]): row for row in training["rules"]["rows"]}
    moved = [row["learnt"] - row["set"] for row in rows.values()]
    assert any(moved)
    assert all(abs(each) < 30 for each in moved)


def test_later_leads_with_an_outcome_can_be_held_against_it(home: Path) -> None:
    """Also where the leads that it was made of had no such column."""
    train(leads())
    decided(leads(400, seed=5), 400).write_csv("later.csv")
    found = call("evaluate", "model.leadlight", "later.csv", "--json")
    assert found.code == 0, found.err
    assert found.json["auc"] > 0.6
    plan = call("plan", "model.leadlight", "later.csv", "-o", "later-list.csv")
    assert "400 decided already" in plan.out


@pytest.mark.parametrize(
    "outcome", [("Stage", [None]), ("Converted", [None]), ("Stage", ["New"]), ("Won", ["no"])]
)
def test_an_outcome_that_nobody_has_yet(home: Path, outcome: tuple[str, list[str | None]]) -> None:
    name, values = outcome
    told = train(leads().with_columns(pl.Series(name, values * 300, dtype=pl.String)))
    assert told.code == 0, told.err
    model = ll.load("model.leadlight")
    assert model.bundle.target.column == name
    assert name not in model.columns


def test_values_that_do_not_occur_yet_may_be_named(home: Path) -> None:
    frame = leads().with_columns(Stage=pl.Series(["New", "Lost", "Working"] * 100))
    told = train(frame, "--positive", "Won", "--negative", "Lost", "--open", "New", "--open", "Working")
    assert told.code == 0, told.err
    target = ll.load("model.leadlight").bundle.target
    assert (target.positive, target.negative) == (("won",), ("lost",))


def test_without_a_word_on_models_the_way_is_shown(home: Path) -> None:
    leads().write_csv("leads.csv")
    found = call("train", "leads.csv")
    assert found.code == 2
    assert "--models rules" in found.err


NOT_YET = {
    "no points": ("[points]\nrate = 0.1\n", "no_points"),
    "no rate": (TOML.replace("rate = 0.1", ""), "no_rate"),
    "points on an id": (TOML + '[columns."Lead ID"]\npoints = { L1 = 1 }\n', "points"),
    "points on personal data": (TOML + '[columns."E-mail"]\npoints = { x = 1 }\n', "points"),
    "points on no column": (TOML + "[columns.Visit]\npoints = { '1' = 1 }\n", "points"),
    "ranges of words": (TOML + "[columns.Country]\nkind = 'number'\npoints = { AT = 1 }\n", "config"),
    "words of a number": (TOML.replace('"3 to 9"', '"some"'), "points"),
}


@pytest.mark.parametrize(("text", "code"), NOT_YET.values(), ids=NOT_YET)
def test_tables_that_cannot_hold_are_refused(home: Path, text: str, code: str) -> None:
    (home / "leadlight.toml").write_text(text)
    found = train(leads())
    assert found.code == 2
    assert found.error == code
    assert not (home / "model.leadlight").exists()


def test_with_outcomes_points_are_a_candidate_and_the_record_says_how_far(home: Path) -> None:
    frame = decided(leads(1500), 1500)
    frame.write_csv("leads.csv")
    told = call("train", "leads.csv", "--models", "rules,bayes", "--report", "r.html")
    assert told.code == 0, told.err
    assert re.search(r"Set by hand: \d+ %; learnt: \d+ %", " ".join(told.out.split()))
    training = ll.load("model.leadlight").training
    assert [each["name"] for each in training["candidates"]] == ["rules", "bayes"]
    found = training["rules"]
    assert (found["rate"], found["double"]) == (0.1, 20.0)
    assert found["learnt"] > 0.5
    assert found["auc_learnt"] > found["auc_set"] - 0.02
    row = next(row for row in found["rows"] if row["value"] == "Reference")
    assert row["set"] == 40.0
    assert abs(row["learnt"] - 40) < 15
    assert row["leads"] > 100
    assert "Set by hand: " in (home / "r.html").read_text()


def test_sets_hold_points_only_where_there_are_any(home: Path) -> None:
    frame = decided(leads(600), 600)
    assert "rules" in ll.cross_validate(frame, models="bayes,rules", cv=2, config="leadlight.toml")["model"]
    from leadlight.training.candidates import names_of

    for name in ("fast", "all"):
        assert "rules" not in names_of(name)
        assert names_of(name, by_hand=True)[0] == "rules"
    assert names_of("bayes", by_hand=True) == ("bayes",)


def test_outcomes_that_go_against_the_points_take_over(home: Path) -> None:
    told = train(decided(leads(1500), 1500, sign=-1.0))
    assert told.code == 0, told.err
    found = ll.load("model.leadlight").training["rules"]
    assert found["auc_set"] < 0.45
    assert found["auc_learnt"] > 0.55


def test_noise_refutes_points_only_once_there_is_enough_of_it(home: Path) -> None:
    dice = np.random.Generator(np.random.PCG64(2))
    noise = pl.Series("Converted", dice.choice(["Yes", "No"], 1500))
    few = train(leads(60).with_columns(noise[:60]))
    assert few.code == 0, few.err
    many = train(leads(1500).with_columns(noise), "--force")
    assert (many.code, many.error) == (2, "nothing_to_learn")


@pytest.mark.parametrize("rows", [2, 5, 19])
def test_a_handful_of_leads_is_enough_to_begin_with(home: Path, rows: int) -> None:
    """They tell no kind from another yet, and nothing of them is in the model."""
    told = train(leads().head(rows))
    assert told.code == 0, told.err
    model = ll.load("model.leadlight")
    assert model.training["tally"]["leads"]["leads"] == []
    found = call("policy", "model.leadlight", "--capacity", "3", "--arrivals", "10", "-o", "x.leadlight")
    assert (found.code, found.error) == (2, "policy")
    later = leads(200, seed=8)
    probability = model.score(later)["probability"].to_numpy()
    assert np.ptp(np.log(probability / (1 - probability)) - by_hand(later) * np.log(2) / 20) < 1e-6


def test_a_leak_with_points_is_left_out_all_the_same(home: Path) -> None:
    """And said so; what is known of the other columns stays."""
    frame = decided(leads(800), 800)
    told = frame.with_columns(Outcome=pl.Series(np.where(frame["Converted"] == "Yes", "signed", "")))
    (home / "leadlight.toml").write_text(TOML + "[columns.Outcome]\npoints = { signed = 100 }\n")
    answer = train(told, "--target", "Converted", "--json")
    assert answer.code == 0, answer.err
    assert "Outcome" in [each["column"] for each in answer.json["excluded"]]
    assert "Outcome" not in {row["column"] for row in answer.json["rules"]["rows"]}
