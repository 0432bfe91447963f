"""What `leadlight insight` says of leads in a file."""

from __future__ import annotations

import json
from pathlib import Path

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
