"""The X Education leads with no hint but the file: the first minute of somebody with an export."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from leadlight.model.bundle import Bundle
from tests.cli.calls import call

CONSTANT = {
    "Magazine",
    "Receive More Updates About Our Courses",
    "Update me on Supply Chain Content",
    "Get updates on DM Content",
    "I agree to pay the amount through cheque",
}
HONEST = {"Lead Source", "Lead Origin", "Total Time Spent on Website", "What is your current occupation"}


def test_with_no_flags(xeducation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    answer = call("train", xeducation, "--models", "logistic", "--json")
    assert answer.code == 0, answer.err
    found = answer.json
    excluded = {each["column"]: each["code"] for each in found["excluded"]}
    assert (excluded["Tags"], excluded["Lead Quality"]) == ("leak", "leak")
    assert {name for name, code in excluded.items() if code == "constant"} == CONSTANT
    accused = {each["column"] for each in found["findings"] if each["code"] in ("leak", "suspect")}
    assert not HONEST & accused
    assert {"Lead Profile", "Last Notable Activity"} <= accused
    assert found["rows"]["in"] == found["rows"]["used"] == 9240
    assert 0.85 < found["test"]["auc"] < 0.95

    schema = Bundle.load("model.leadlight").scorer.schema
    assert schema.name_of("id") == "Prospect ID"
    assert {column.name for column in schema.with_role("consent")} == {"Do Not Email", "Do Not Call"}
    assert schema["Lead Source"].read_one("google") == schema["Lead Source"].read_one("Google")
    assert schema["Specialization"].read_one("Select") is None

    scored = call("score", "model.leadlight", xeducation, "--reasons", "3", "--json")
    assert scored.code == 0
    assert scored.json["rows"]["scored"] == 9240
    frame = pl.read_csv("Leads.scored.csv", infer_schema=False)
    assert frame["reason_1"].str.contains(": odds x ").all()
