"""`leadlight watch`: exit codes, JSON, and the runbook that every alarm leads to."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from leadlight.data.sample import generate
from leadlight.insight.watching import CODES
from tests.cli.calls import call
from tests.cli.conftest import ROWS
from tests.contract.house import ROOT


def test_clean_leads_end_with_0(here: Path, model: Path, leads: Path) -> None:
    answer = call("watch", model, leads)
    assert answer.code == 0, answer.out
    assert "No alarm" in answer.out


def test_an_alarm_ends_with_1(here: Path, model: Path) -> None:
    """The alarm is told with its next step; --json is one object."""
    odd = generate(ROWS, 2).leads.with_columns(pl.col("Minutes on Site") * 1_000)
    odd.write_csv("odd.csv")
    answer = call("watch", model, "odd.csv")
    assert answer.code == 1
    assert "unit_changed" in answer.out
    found = call("watch", model, "odd.csv", "--json")
    assert found.code == 1
    assert found.json["alarms"] == len([f for f in found.json["findings"] if f["severity"] == "alarm"])


def test_a_file_that_lacks_a_column_is_refused_unless_allowed(here: Path, model: Path) -> None:
    generate(ROWS, 2).leads.drop("Visits").write_csv("lacking.csv")
    assert call("watch", model, "lacking.csv").code == 2
    answer = call("watch", model, "lacking.csv", "--allow-missing", "--json")
    assert answer.code == 1
    assert "column_empty" in {each["code"] for each in answer.json["findings"]}


def test_every_finding_has_its_line_in_the_runbook() -> None:
    text = (ROOT / "docs" / "how-to" / "runbook.md").read_text("utf-8")
    assert not [code for code in CODES if f"`{code}`" not in text]
