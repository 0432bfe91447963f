"""`leadlight explain` and `evaluate`: one lead taken apart, and a model held against what became of leads."""

from __future__ import annotations

import math
from pathlib import Path

import polars as pl
import pytest

import leadlight
from leadlight.model.bundle import Bundle
from tests.cli.calls import call


def test_the_factors_multiply_to_the_odds(model: Path, leads: Path) -> None:
    found = call("explain", model, leads, "--id", "L-000003", "--json").json
    odds = found["base_odds"] * math.prod(reason["odds"] for reason in found["reasons"])
    assert odds == pytest.approx(found["probability"] / (1 - found["probability"]), rel=1e-9)
    assert found["probability"] == leadlight.load(model).score(leads)["probability"][2]


def test_for_people(model: Path, leads: Path) -> None:
    answer = call("explain", model, leads, "--id", " L-000003 ")
    assert answer.code == 0
    assert "the odds that every lead begins with" in answer.out
    assert "By group: fit x " in answer.out


def test_one_lead_needs_no_id(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.head(1).write_csv("one.csv")
    assert call("explain", model, "one.csv").code == 0


@pytest.mark.parametrize(("words", "code"), [((), "which_lead"), (("--id", "nobody"), "no_such_lead")])
def test_which_lead(model: Path, leads: Path, words: tuple[str, ...], code: str) -> None:
    answer = call("explain", model, leads, *words)
    assert (answer.code, answer.error) == (2, code)
    assert "nobody" not in answer.err


def test_an_id_is_named_as_the_command_takes_it(model: Path, leads: Path) -> None:
    assert "--id ID" in call("explain", model, leads).err


def test_leads_without_the_column_of_ids(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.drop("Lead ID").write_csv("less.csv")
    answer = call("explain", model, "less.csv", "--id", "L-000003")
    assert (answer.code, answer.error) == (2, "no_column")
    assert "'Lead ID'" in answer.err
    assert "L-000003" not in answer.err


def test_a_model_without_ids_says_how_a_lead_is_picked(here: Path, frame: pl.DataFrame) -> None:
    bare = frame.drop("Lead ID", "Name", "E-mail", "Phone", "Created")
    bare.write_csv("leads.csv")
    assert call("train", "leads.csv", "--models", "logistic", "--folds", "3").code == 0
    answer = call("explain", "model.leadlight", "leads.csv", "--id", "L-000003")
    assert (answer.code, answer.error) == (2, "no_id")
    assert "one row" in answer.err
    bare.head(1).write_csv("one.csv")
    assert call("explain", "model.leadlight", "one.csv").code == 0


def test_of_rows_of_one_id_the_one_counts_that_training_keeps(
    here: Path, model: Path, frame: pl.DataFrame
) -> None:
    """The newest, wherever it stands; rows that are equal are one, and others are counted."""
    old = frame.filter(pl.col("Lead ID") == "L-000003")
    new = old.with_columns(Visits=pl.lit("9"), Created=pl.lit("2031-01-01 10:00:00"))
    wanted = leadlight.load(model).explain(new).answer
    for rows in ([old, new, old], [new, old]):
        pl.concat(rows).write_csv("leads.csv")
        found = call("explain", model, "leads.csv", "--id", "L-000003", "--json").json
        assert found["probability"] == wanted.probability
    pl.concat([old, old]).write_csv("leads.csv")
    assert call("explain", model, "leads.csv", "--id", "L-000003").code == 0
    pl.concat([old, old.with_columns(Visits=pl.lit("9"))]).write_csv("leads.csv")
    answer = call("explain", model, "leads.csv", "--id", "L-000003")
    assert (answer.code, answer.error) == (2, "which_row")
    assert "2 rows" in answer.err


def test_ages_need_the_time_unless_a_moment_is_given(here: Path, frame: pl.DataFrame) -> None:
    seen = pl.Series("First Seen", [f"2023-{1 + k % 12:02}-{1 + k % 28:02}" for k in range(frame.height)])
    frame.with_columns(seen).write_csv("leads.csv")
    assert call("train", "leads.csv", "--models", "logistic", "--folds", "3", "--time", "Created").code == 0
    assert any(
        feature.take == "age" for feature in Bundle.load(here / "model.leadlight").scorer.encoder.features
    )
    frame.with_columns(seen).drop("Created").write_csv("less.csv")
    for command in ("score", "plan", "explain", "evaluate"):
        answer = call(command, "model.leadlight", "less.csv")
        assert (answer.code, answer.error) == (2, "missing_columns")
        assert "'Created'" in answer.err
    for command in ("score", "plan"):
        assert call(command, "model.leadlight", "less.csv", "--at", "2027-01-01").code == 0
    assert call("evaluate", "model.leadlight", "less.csv", "--allow-missing").code == 0


def test_what_would_change_it(here: Path, frame: pl.DataFrame) -> None:
    frame.write_csv("leads.csv")
    (here / "leadlight.toml").write_text('[columns."Asked for Demo"]\nactionable = true\n')
    assert call("train", "leads.csv", "--models", "logistic", "--folds", "3").code == 0
    asked = frame.filter(pl.col("Asked for Demo") == "No")["Lead ID"][0]
    answer = call("explain", "model.leadlight", "leads.csv", "--id", asked)
    assert "What would change it" in answer.out
    assert "Asked for Demo" in answer.out.partition("What would change it")[2]


def test_an_evaluation_has_every_figure_with_its_interval(model: Path, leads: Path) -> None:
    found = call("evaluate", model, leads, "--json").json
    assert found["counts"] == {"in": 1200, "decided": 1200, "open": 0, "rejected": 0}
    assert found["auc_low"] < found["auc"] < found["auc_high"]
    assert found["auc"] == pytest.approx(leadlight.load(model).evaluate(leads).figures["auc"].value)


def test_open_leads_are_counted_and_not_judged(stages_model: Path, stages: Path) -> None:
    found = call("evaluate", stages_model, stages, "--json").json
    assert found["counts"]["open"] > 0
    assert found["counts"]["in"] == found["counts"]["open"] + found["counts"]["decided"]
    assert "the figures flatter it" in call("evaluate", stages_model, stages).out


def test_leads_of_which_nothing_is_known_are_refused(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.with_columns(pl.lit("").alias("Converted")).write_csv("open.csv")
    answer = call("evaluate", model, "open.csv")
    assert (answer.code, answer.error) == (2, "no_outcomes")


def test_values_that_training_was_not_told_of_are_refused(
    here: Path, model: Path, frame: pl.DataFrame
) -> None:
    frame.with_columns(pl.lit("perhaps").alias("Converted")).write_csv("new.csv")
    answer = call("evaluate", model, "new.csv")
    assert (answer.code, answer.error) == (2, "target_value")
    assert "perhaps" not in answer.err
