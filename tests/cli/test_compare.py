"""`leadlight compare`: two opinions on the same leads."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import leadlight
from leadlight.data.sample import generate
from tests.cli.calls import call
from tests.cli.conftest import ROWS


@pytest.fixture
def scores(here: Path, model: Path, leads: Path) -> pl.DataFrame:
    return leadlight.load(model).score(leads).select("Lead ID", "probability")


def test_a_model_against_itself_is_equal(model: Path, leads: Path) -> None:
    found = call("compare", model, model, leads, "--json").json
    assert found["leads"] == 1200
    assert all(each["difference"] == 0 for each in found["metrics"].values())
    assert "equal" in call("compare", model, model, leads).out


def test_a_better_one_is_seen_with_its_interval(here: Path, model: Path) -> None:
    generate(ROWS, 9).leads.write_csv("leads.csv")
    leads = Path("leads.csv")
    scores = leadlight.load(model).score(leads).select("Lead ID", "probability")
    worse = scores.with_columns(probability=pl.col("probability") * 0.2 + pl.Series([0.0, 0.5] * 600))
    worse.rename({"Lead ID": "id"}).write_csv("worse.csv")
    found = call("compare", model, "worse.csv", leads, "--json").json["metrics"]
    assert 0 < found["auc"]["low"] < found["auc"]["difference"] < found["auc"]["high"]
    assert found["log_loss"]["high"] < 0
    answer = call("compare", "worse.csv", model, leads)
    row = next(line for line in answer.out.splitlines() if line.strip().startswith("AUC"))
    assert row.endswith("B")
    assert "flatter" not in answer.out


def test_on_the_leads_that_it_learnt_from_no_side_is_called_better(
    here: Path, model: Path, leads: Path, scores: pl.DataFrame
) -> None:
    """A model flatters itself on them."""
    scores.with_columns(pl.col("probability") * 0.2 + pl.Series([0.0, 0.5] * 600)).write_csv("worse.csv")
    answer = call("compare", "worse.csv", model, leads)
    assert f"{model} seems to have learnt from these very leads" in " ".join(answer.out.split())
    rows = [line for line in answer.out.splitlines() if " to " in line and "Compare" not in line]
    assert not [line for line in rows if line.split()[-1] in ("A", "B")]
    assert call("compare", "worse.csv", model, leads, "--json").json["caution"]


def test_the_same_scores_from_a_table_differ_in_nothing_but_the_line(
    here: Path, model: Path, leads: Path, scores: pl.DataFrame
) -> None:
    scores.write_csv("same.csv")
    found = call("compare", model, "same.csv", leads, "--json").json["metrics"]
    assert abs(found["auc"]["difference"]) < 1e-12
    assert abs(found["log_loss"]["difference"]) < 1e-9


def test_leads_without_a_score_are_counted(
    here: Path, model: Path, leads: Path, scores: pl.DataFrame
) -> None:
    scores.head(1000).write_csv("some.csv")
    found = call("compare", model, "some.csv", leads, "--json").json
    assert (found["leads"], found["unmatched"]) == (1000, 200)


def test_a_model_needs_its_columns_here_too(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.drop("Visits").write_csv("less.csv")
    refused = call("compare", model, model, "less.csv")
    assert (refused.code, refused.error) == (2, "missing_columns")
    assert "'Visits'" in refused.err
    assert "less.csv" in refused.err
    assert call("compare", model, model, "less.csv", "--allow-missing").code == 0


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ("Lead ID,share\nL-000001,0.5\n", "no_column"),
        ("Lead ID,probability\nL-000001,1.5\n", "probability"),
        ("Lead ID,probability\nL-000001,0.5\nL-000001,0.6\n", "duplicate_ids"),
        ("Lead ID,probability\nnobody,0.5\n", "no_outcomes"),
    ],
)
def test_tables_that_cannot_be_used(here: Path, model: Path, leads: Path, table: str, code: str) -> None:
    (here / "table.csv").write_text(table)
    answer = call("compare", model, "table.csv", leads)
    assert (answer.code, answer.error) == (2, code)


def test_two_tables_know_no_outcome(here: Path, leads: Path, scores: pl.DataFrame) -> None:
    scores.write_csv("same.csv")
    assert call("compare", "same.csv", "same.csv", leads).error == "no_model"
