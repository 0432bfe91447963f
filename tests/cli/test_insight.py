"""What `leadlight insight` says of leads in a file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from leadlight.data.sample_history import generate_history
from tests.cli.calls import call


def test_channels_count_every_lead_once(stages_model: Path, stages: Path) -> None:
    told = call("insight", "channels", stages_model, stages, "--json")
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert found["column"] == "Lead Source"
    assert sum(row["leads"] for row in found["rows"]) + found["others"] == 1_200
    assert all(row["low"] < row["rate"] < row["high"] for row in found["rows"] if row["decided"] >= 20)
    text = call("insight", "channels", stages_model, stages)
    assert all(row["value"] in text.out for row in found["rows"])


def test_an_unknown_column_is_refused_with_the_one_that_was_meant(stages_model: Path, stages: Path) -> None:
    told = call("insight", "channels", stages_model, stages, "--column", "Lead Sorce")
    assert told.code == 2
    assert "Lead Source" in told.err


def test_accounts_gather_the_open_leads_of_each_company(
    stages_model: Path, stages: Path, tmp_path: Path
) -> None:
    raw = pl.read_csv(stages, infer_schema=False)
    firms = pl.Series("Company", [f"Firm {k % 300} GmbH" for k in range(raw.height)])
    raw.with_columns(firms).write_csv(tmp_path / "leads.csv")
    out = tmp_path / "accounts.csv"
    told = call(
        "insight", "accounts", stages_model, tmp_path / "leads.csv", "--json", "--top", "5", "-o", out
    )
    assert told.code == 0, told.err
    found = told.json
    assert len(found["accounts"]) == 5
    assert 200 < found["count"] <= 300
    best = found["accounts"][0]
    assert best["name"].startswith("Firm ")
    assert best["open"] == sum(lead["outcome"] == "open" for lead in best["leads"])
    written = pl.read_csv(out)
    assert written.height == found["count"]
    assert written["score"].to_list() == sorted(written["score"].to_list(), reverse=True)
    text = call("insight", "accounts", stages_model, tmp_path / "leads.csv")
    assert best["name"] in text.out


def test_leads_without_companies_have_no_accounts(stages_model: Path, stages: Path) -> None:
    told = call("insight", "accounts", stages_model, stages, "--json")
    assert told.code == 0
    assert told.json["accounts"] == []
    assert told.json["without_company"] > 100


def test_money_touches_and_rejected_rows_are_told(stages_model: Path, tmp_path: Path) -> None:
    made = generate_history(1_200, 4)
    for name in ("leads", "events", "contacts", "outcomes", "spend"):
        getattr(made, name).write_csv(tmp_path / f"{name}.csv")
    words = ["insight", "channels", stages_model, tmp_path / "leads.csv", "--spend", tmp_path / "spend.csv"]
    words += ["--events", tmp_path / "events.csv", "--outcomes", tmp_path / "outcomes.csv"]
    told = call(*words, "--json")
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert found["shift"]["note"].startswith("This is no experiment")
    assert found["touches"]["rows"]
    assert found["spending"]["currency"] == "EUR"
    text = call(*words).out
    assert "back for each 1 spent" in text
    assert "no experiment" in text
    assert "too few" in text
