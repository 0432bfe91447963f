"""Item 69 of RELIABILITY: leads that no model should be made of. Nothing is published; a code says why."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadlight.data.sample import generate
from tests.cli.calls import Answer, call


@pytest.fixture(scope="module")
def leads() -> pl.DataFrame:
    return generate(400, 8).leads.cast(pl.String)


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(frame: pl.DataFrame, *words: str) -> Answer:
    frame.write_csv("leads.csv")
    return call("train", "leads.csv", "--target", "Converted", "--models", "bayes", "--folds", "3", *words)


def outcome(*values: str | None) -> pl.Expr:
    """The outcome column filled with these in turn."""
    return pl.Series("Converted", [values[row % len(values)] for row in range(400)], dtype=pl.String)  # type: ignore[return-value]


ID = pl.int_range(400).cast(pl.String)
SPOILT = {
    "one class": (lambda frame: frame.with_columns(outcome("1")), "single_class"),
    "one won": (
        lambda frame: frame.with_columns(pl.Series("Converted", ["1", *["0"] * 399])),
        "too_few",
    ),
    "no outcome at all": (lambda frame: frame.with_columns(outcome(None)), "single_class"),
    "three values": (lambda frame: frame.with_columns(outcome("a", "b", "c")), "which_values"),
    "all values differ": (lambda frame: frame.with_columns(ID.alias("Converted")), "target_many_values"),
    "fifteen rows": (lambda frame: frame.head(15), "too_few"),
    "no rows": (lambda frame: frame.clear(), "no_rows"),
    "constant columns": (
        lambda frame: frame.select("Lead ID", "Converted", *(pl.lit("x").alias(name) for name in "abc")),
        "no_inputs",
    ),
    "all missing": (
        lambda frame: frame.select(
            "Lead ID", "Converted", *(pl.lit(None, pl.String).alias(name) for name in "abc")
        ),
        "no_inputs",
    ),
    "all unique": (
        lambda frame: frame.select(
            "Lead ID", "Converted", ("code-" + ID).alias("a"), ("key-" + ID).alias("b")
        ),
        "no_inputs",
    ),
    "nothing but the outcome": (lambda frame: frame.select("Lead ID", "Converted"), "no_inputs"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_no_model_is_made(name: str, leads: pl.DataFrame) -> None:
    spoil, code = SPOILT[name]
    answer = train(spoil(leads))
    assert answer.code == 2, answer.out
    assert answer.error == code
    assert "\n  next: " in answer.err
    assert [path.name for path in Path().iterdir()] == ["leads.csv"]


def test_a_planted_leak_is_left_out(leads: pl.DataFrame) -> None:
    leak = leads["Converted"].replace_strict({"1": "Contract signed", "0": "No deal"})
    answer = train(leads.with_columns(leak.alias("Closing Note")), "--json")
    assert answer.code == 0
    assert ("Closing Note", "leak") in {(each["column"], each["code"]) for each in answer.json["excluded"]}


def test_dates_of_the_future_are_no_features(leads: pl.DataFrame) -> None:
    answer = train(leads.with_columns(pl.lit("2199-01-01").alias("Close Date")), "--json")
    assert answer.code == 0
    assert "Close Date" in {each["column"] for each in answer.json["excluded"]}


def test_swapped_labels_are_what_one_says_they_are(leads: pl.DataFrame) -> None:
    swapped = train(leads, "--positive", "0", "-o", "swapped.leadlight", "--json").json
    straight = train(leads, "--json").json
    assert swapped["test"]["auc"] == pytest.approx(straight["test"]["auc"], abs=0.03)
