"""A file of one's own becomes a contest, or is refused with one line."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from benchmarks.bench_models import chosen, models
from benchmarks.own import own, typed
from leadlight.data.sample import generate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my leads.csv"
    generate(1_500, seed=0, leak=True).leads.write_csv(path)
    return path


def test_all_get_the_same_columns_and_no_leak(file: Path) -> None:
    contest, left_out = own(str(file), "Converted")
    assert {"Call Result", "E-mail", "Phone"} <= set(left_out)
    assert contest.frame.schema["Visits"].is_numeric()
    assert contest.frame.schema["Lead Source"] == pl.String
    assert contest.aside == ["Lead ID"]
    assert set(contest.outcome) == {0, 1}


def test_equal_rows_share_a_fold(file: Path) -> None:
    contest, _ = own(str(file), "Converted")
    inputs = contest.frame.drop("Lead ID", "Converted")
    assert sorted(contest.held) == list(range(contest.frame.height))
    assert inputs.is_duplicated().any()
    for learn, held in contest.folds:
        assert (
            inputs[learn].unique().join(inputs[held].unique(), on=inputs.columns, nulls_equal=True).is_empty()
        )


@pytest.mark.parametrize(
    ("name", "target", "says"),
    [
        ("nowhere.csv", "Converted", "DATA: there is no file 'nowhere.csv' in"),
        ("", "Converted", "DATA: name the file"),
        (".", "Converted", "DATA: there is no file '.'"),
        ("my leads.csv", "Won", "TARGET: there is no column 'Won'"),
        ("my leads.csv", "", "TARGET: name the column"),
        ("my leads.csv", "Campaign", "multiclass"),
    ],
)
def test_what_cannot_be_used_is_refused_with_one_line(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, target: str, says: str
) -> None:
    """The path is relative to the folder that one is in."""
    monkeypatch.chdir(file.parent)
    with pytest.raises(SystemExit) as refused:
        own(name, target)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_text_with_a_word_in_it_stays_text() -> None:
    frame = typed(pl.DataFrame({"a": ["1", " 2.5 ", ""], "b": ["1", "two", "3"], "c": [None, None, "x"]}))
    assert frame["a"].to_list() == [1.0, 2.5, None]
    assert frame.schema["b"] == frame.schema["c"] == pl.String


def test_names_are_checked_before_any_work() -> None:
    assert chosen("fast, all", models(), "model") == ["fast", "all"]
    with pytest.raises(SystemExit, match="there is no model 'gpt'; there are: fast"):
        chosen("fast,gpt", models(), "model")
