"""`leadlight insight segments` on leads in a file."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from tests.cli.calls import call


def test_every_lead_has_a_grade_and_the_playbook_is_shown(
    stages_model: Path, stages: Path, here: Path
) -> None:
    (here / "leadlight.toml").write_text('[playbooks.warm]\ndo = "Write"\nby = "marketing"\n')
    words = ("--config", "leadlight.toml", "-o", "segments.csv")
    told = call("insight", "segments", stages_model, stages, "--json", *words)
    assert told.code == 0, told.err
    found = json.loads(told.out)
    assert [(each["grade"], each["do"]) for each in found["grades"]] == [
        ("hot", ""),
        ("warm", "Write"),
        ("cold", ""),
    ]
    assert sum(each["leads"] for each in found["grades"]) == found["counts"]["leads"] == 1_200
    assert pl.read_csv(here / "segments.csv").height == 1_200
    assert found["sentences"]


def test_a_playbook_for_no_grade_is_refused(stages_model: Path, stages: Path, here: Path) -> None:
    (here / "leadlight.toml").write_text('[playbooks.warmer]\ndo = "Write"\n')
    told = call("insight", "segments", stages_model, stages, "--config", "leadlight.toml")
    assert told.code == 2
    assert "'warm'" in told.err
