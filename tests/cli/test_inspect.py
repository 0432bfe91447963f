"""`leadlight inspect`, `sample` and `doctor`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import polars as pl
import pytest

from leadlight.cli import doctor
from leadlight.data.sample import generate
from tests.cli.calls import call


def test_every_column_with_what_it_is(leads: Path, frame: pl.DataFrame) -> None:
    found = call("inspect", leads, "--json").json
    columns = {each["name"]: each for each in found["columns"]}
    assert list(columns) == frame.columns
    assert columns["Lead ID"]["role"] == "id"
    assert columns["Created"]["role"] == "time"
    assert columns["Do Not Call"]["role"] == "consent"
    assert columns["Converted"]["role"] == "target"
    assert columns["Visits"]["kind"] == "number"
    assert (found["target"], found["target_kind"], found["problem"]) == ("Converted", "binary", None)
    assert found["rows"]["in"] == 1200
    assert all(each["code"] and each["severity"] for each in found["findings"])


def test_for_people(leads: Path) -> None:
    answer = call("inspect", leads)
    assert answer.code == 0
    assert "1,200 leads, 25 columns, outcome 'Converted' (binary)" in " ".join(answer.out.split())
    folded = " ".join(answer.out.split())
    assert (
        "Nothing to do about 2 columns left out, with nothing to learn from: 'Magazine Advert' and" in folded
    )
    assert "notes (" in folded
    assert "spellings: " not in answer.out
    assert len(answer.out.splitlines()) < 15
    assert answer.out.endswith(f"leadlight train {leads}\n")
    assert max(map(len, answer.out.splitlines()[:-1])) <= 80
    whole = call("inspect", leads, "--verbose").out
    for part in ("The columns", "What is left out, and why", "Worth knowing", "spellings: "):
        assert part in whole


def test_a_leak_comes_before_what_asks_for_nothing(here: Path, frame: pl.DataFrame) -> None:
    leak = pl.col("Converted").cast(pl.String).replace_strict({"1": "signed", "0": "lost to price"})
    frame.with_columns(leak.alias("Lost Reason")).write_csv("leads.csv")
    told = call("inspect", "leads.csv").out
    assert told.index("leak: 'Lost Reason'") < told.index("Nothing to do about")
    assert "--keep 'Lost Reason'" in told
    assert call("inspect", "leads.csv", "-o", "leads.html").code == 0
    page = Path("leads.html").read_text(encoding="utf-8")
    noticed = page[page.index("What was noticed") :]
    places = [
        noticed.index(part) for part in ("was probably filled in", "Nothing to do about", "spell a value")
    ]
    assert places == sorted(places)


def test_a_question_is_told_with_the_command_that_answers_it(stages: Path) -> None:
    answer = call("inspect", stages)
    assert answer.code == 0
    assert "What stands in the way of training" in answer.out
    last = answer.out.splitlines()[-1]
    assert last.startswith(f"  leadlight train {stages} --positive won --negative lost --open ")
    found = call("inspect", stages, "--json").json
    assert found["problem"]["code"] == "which_values"
    roles = {each["name"]: each["role"] for each in found["columns"]}
    assert (roles["Stage"], roles["Lead ID"], roles["Created"]) == ("target", "id", "time")


def test_what_was_inferred_can_be_written_edited_and_read(here: Path, stages: Path) -> None:
    said = ("--positive", "Won", "--negative", "Lost")
    answer = call("inspect", stages, *said, "--write", "leadlight.toml")
    assert answer.code == 0
    assert "--config leadlight.toml" in answer.out
    told = tomllib.loads((here / "leadlight.toml").read_text())
    assert told["target"]["positive"] == ["won"]
    assert told["columns"]["Owner"]["role"] == "owner"
    answer = call(
        "train", stages, "--config", "leadlight.toml", "--models", "bayes", "--folds", "3", "--json"
    )
    assert answer.code == 0
    assert answer.json["rows"]["open"] > 0
    assert call("inspect", stages, "--write", "leadlight.toml").error == "exists"


def test_leads_that_cannot_be_learnt_from_are_shown_all_the_same(here: Path, frame: pl.DataFrame) -> None:
    frame.head(15).write_csv("few.csv")
    answer = call("inspect", "few.csv", "--json")
    assert answer.code == 0
    assert answer.json["problem"]["code"] in ("too_few", "single_class")


def test_a_sample_with_its_truth(here: Path) -> None:
    answer = call("sample", "--rows", "300", "--truth", "truth.csv", "--seed", "4")
    assert answer.code == 0
    assert answer.out.endswith("leadlight train leads.csv\n")
    made = generate(300, 4)
    assert pl.read_csv(here / "truth.csv")["Probability"].to_list() == made.truth["Probability"].to_list()
    assert pl.read_csv(here / "leads.csv", infer_schema=False).columns == made.leads.columns
    assert call("sample").error == "exists"
    assert call("sample", "--rows", "0").code == 2


def test_a_doctor_who_finds_nothing() -> None:
    found = call("doctor", "--json")
    assert found.code == 0, found.out
    assert found.json["healthy"]
    assert {"python", "polars", "disk", "encoding", "sample"} <= {
        each["name"] for each in found.json["checks"]
    }


def test_a_doctor_who_finds_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 60)
    answer = call("doctor")
    assert answer.code == 1
    assert "FAILED  disk" in answer.out
    assert "Make room" in answer.out
    assert "1 of 11 checks failed." in answer.out
