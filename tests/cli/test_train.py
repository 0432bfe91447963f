"""`leadlight train`: what it prints for people and for programs, and what it refuses before it begins."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadlight.model.bundle import Bundle
from leadlight.model.regrade import outcome_on_test
from tests.cli.calls import call

QUICK = ("--models", "logistic", "--folds", "3")
FIGURES = {
    "auc",
    "gini",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "f1_negative",
    "log_loss",
    "brier",
    "ece",
    "threshold",
    "confusion",
}


def test_one_json_object_with_all_that_is_promised(here: Path, leads: Path) -> None:
    answer = call("train", leads, "--models", "bayes,logistic", "--folds", "3", "--json")
    assert answer.code == 0
    found = answer.json
    parts = "model chosen candidates train validation test split excluded findings rows seconds"
    assert set(parts.split()) <= set(found)
    assert found["model"] == "model.leadlight"
    assert found["chosen"] in ("bayes", "logistic")
    assert {each["name"] for each in found["candidates"]} == {"bayes", "logistic"}
    names = {"auc", "auc_low", "auc_high", "log_loss", "accuracy", "precision", "recall", "f1", "fit_seconds"}
    assert all(names <= set(each) for each in found["candidates"])
    assert all(set(found[part]) >= FIGURES for part in ("train", "validation", "test"))
    assert found["validation"]["folds"]["auc"]["deviation"] >= 0
    assert set(found["rows"]) == {"in", "used", "open", "duplicates", "repeated", "rejected"}
    assert found["rows"]["in"] == found["rows"]["used"] == 1200
    assert {"column", "code", "evidence"} <= set(found["excluded"][0])
    assert {"column", "code", "severity", "evidence"} <= set(found["findings"][0])
    assert Bundle.load(here / "model.leadlight").family == found["chosen"]


STAGES = ("--positive", "Won", "--negative", "Lost")


def said(text: str) -> str:
    """Without the breaks of lines."""
    return " ".join(text.split())


def test_the_verdict_comes_first_and_the_rest_is_a_sentence_a_topic(here: Path, stages: Path) -> None:
    answer = call("train", stages, *STAGES, *QUICK, "--report", "r.html")
    assert answer.code == 0
    verdict, _, rest = answer.out.partition("\n\n")
    lines = re.split(r"(?<=[.])\n", verdict)
    assert [line.split()[0] for line in lines] == ["Result:", "The", "No", "To", "Files:"]
    assert re.fullmatch(
        r"Result: logistic with AUC 0\.\d+ \(0\.\d+ to 0\.\d+\) on \d+ leads that it has not seen"
        r" \(the newest; \d+ % bought\)\.",
        said(lines[0]),
    )
    assert re.search(r"about \d+ leads above it; of them \d+ % \(\d+ % to \d+ %\) bought", said(lines[1]))
    assert lines[2] == "No column that is learnt from is doubtful."
    assert lines[4] == "Files: model.leadlight; the report is r.html."
    assert call("plan", "model.leadlight", stages, "-o", "list.csv").code == 0
    listed = pl.read_csv("list.csv", infer_schema=False)
    first, second, third = listed["Lead ID"].head(3)
    assert f"To call: {listed.height} of " in said(lines[3])
    assert f" open leads, first {first}, {second} and {third}" in said(lines[3])
    assert "Who must not be called is read from 'Do Not Call'." in rest
    assert len(answer.out.splitlines()) < 30
    assert "How the models compare" not in answer.out


def doubtful_leads(leads: Path) -> None:
    """A column that is given to half of the won and to few of the lost, under a plain name."""
    frame = pl.read_csv(leads, infer_schema=False)
    dice = np.random.default_rng(2)
    given = dice.random(frame.height) < np.where(frame["Converted"] == "1", 0.5, 0.12)
    frame.with_columns(Profile=pl.Series(np.where(given, "A", ""))).write_csv("doubt.csv")


@pytest.mark.parametrize("names", [("--drop", "Visits"), ("--drop", "Profile"), ("--drop", "doubtful")])
def test_no_column_is_called_free_of_doubt_while_a_suspect_stays(
    here: Path, leads: Path, names: tuple[str, str]
) -> None:
    doubtful_leads(leads)
    answer = call("train", "doubt.csv", *QUICK, *names)
    assert answer.code == 0, answer.err
    verdict = said(answer.out.partition("\n\n")[0])
    told = "No column that is learnt from is doubtful."
    if names == ("--drop", "Visits"):
        assert "Without the doubtful 'Profile': AUC 0." in verdict
        assert "To leave it out: --drop doubtful." in verdict
        assert told not in verdict
    else:
        assert told in verdict


def test_a_leak_that_was_kept_is_told_in_the_verdict(here: Path, leads: Path) -> None:
    frame = pl.read_csv(leads, infer_schema=False)
    leak = pl.col("Converted").replace_strict({"1": "signed", "0": "lost to price"})
    frame.with_columns(leak.alias("Lost Reason")).write_csv("leaky.csv")
    answer = call("train", "leaky.csv", *QUICK, "--keep", "Lost Reason")
    assert answer.code == 0, answer.err
    assert "Likely a leak, and kept as you asked: 'Lost Reason'." in said(answer.out.partition("\n\n")[0])


def test_the_whole_story(here: Path, stages: Path) -> None:
    answer = call("train", stages, *STAGES, *QUICK, "--verbose")
    assert answer.code == 0
    assert answer.out.startswith("Result: logistic with AUC ")
    parts = [
        "1,200 leads, of which",
        "What each column was taken for",
        "Left out, and why",
        "How the models compare",
        "Chosen: logistic",
        "leads that it has not seen (the newest)",
        "Of 100 leads scored about",
        "Whom to call",
        "odds x ",
        "Files",
        "model.leadlight",
        "Next",
        f"leadlight plan model.leadlight {stages} -o list.xlsx",
    ]
    flat = said(answer.out.partition("\n\n")[2])
    places = [flat.index(part.strip()) for part in parts]
    assert places == sorted(places)
    assert "\x1b" not in answer.out
    wide = [line for line in answer.out.splitlines() if len(line) > 80]
    assert all(line.startswith("  leadlight ") for line in wide)


def test_progress_goes_to_standard_error(here: Path, leads: Path) -> None:
    answer = call("train", leads, *QUICK, "--json")
    assert "logistic" in answer.err
    assert "\x1b" not in answer.err


def test_without_open_leads_the_next_step_is_to_score(here: Path, leads: Path) -> None:
    answer = call("train", leads, *QUICK)
    assert answer.code == 0
    assert "No lead is open, so there is nobody to call yet." in answer.out
    assert f"leadlight score model.leadlight {leads} --reasons 3" in answer.out


def test_a_taken_name_is_refused_before_anything_is_read(here: Path) -> None:
    (here / "model.leadlight").write_bytes(b"mine")
    answer = call("train", "there-is-no-such-file.csv")
    assert (answer.code, answer.error) == (2, "exists")
    assert "--force" in answer.err
    assert (here / "model.leadlight").read_bytes() == b"mine"


def test_force_replaces(here: Path, leads: Path) -> None:
    (here / "model.leadlight").write_bytes(b"mine")
    assert call("train", leads, *QUICK, "--force").code == 0
    assert Bundle.load(here / "model.leadlight").family == "logistic"


def test_rows_that_cannot_be_read_are_counted(here: Path, leads: Path) -> None:
    text = leads.read_text().splitlines()
    text[10] += ",more,and,more"
    (here / "odd.csv").write_text("\n".join(text) + "\n")
    rows = call("train", "odd.csv", *QUICK, "--json").json["rows"]
    assert (rows["in"], rows["used"], rows["rejected"]) == (1200, 1199, 1)


def test_flags_win_over_the_file_beside_the_leads(here: Path, frame: pl.DataFrame) -> None:
    frame.write_csv("leads.csv")
    (here / "leadlight.toml").write_text('[train]\nseed = 5\nfolds = 4\nmodels = "bayes"\n')
    found = call("train", "leads.csv", "--folds", "3", "--json").json
    assert found["chosen"] == "bayes"
    assert found["split"]["folds"] == 3


def test_an_unknown_key_in_the_file_is_refused_with_its_line(here: Path, frame: pl.DataFrame) -> None:
    frame.write_csv("leads.csv")
    (here / "leadlight.toml").write_text("[train]\nfold = 4\n")
    answer = call("train", "leads.csv")
    assert answer.code == 2
    assert "leadlight.toml" in answer.err
    assert "'folds'" in answer.err


def test_columns_can_be_dropped_kept_and_declared(here: Path, leads: Path) -> None:
    answer = call(
        "train",
        leads,
        *QUICK,
        "--drop",
        "Visits",
        "--only",
        "Pages Viewed",
        "--only",
        "Minutes on Site",
        "--feature",
        'effort = "Pages Viewed" * "Minutes on Site"',
        "--json",
    )
    assert answer.code == 0, answer.err
    columns = {column.name for column in Bundle.load(here / "model.leadlight").scorer.schema.inputs}
    assert columns == {"Pages Viewed", "Minutes on Site", "effort"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--metric", "beauty"), "unknown_metric"),
        (("--models", "oracle"), "unknown_model"),
        (("--test", "1.5"), "test_share"),
        (("--drop", "Visit"), "no_column"),
        (("--target", "Converted?"), "no_target"),
        (("--time", "Lead Source"), "time"),
        (("--feature", "effort = Visits +"), "expression"),
        (("--feature", "effort"), "expression"),
        (("--positive", "maybe"), "target_value"),
        (("-o", "no/such/folder.leadlight"), "no_folder"),
        (("--config", "absent.toml"), "config"),
        (("--encoding", "utf-9"), "unknown_encoding"),
        (("--sheet", "Leads"), "idle_option"),
    ],
)
def test_what_cannot_be_is_refused_with_a_code(
    here: Path, leads: Path, words: tuple[str, ...], code: str
) -> None:
    answer = call("train", leads, *words)
    assert answer.code == 2, answer.err
    assert answer.error == code
    assert "\n  next: " in answer.err or "\n  at: " in answer.err
    assert not (here / "model.leadlight").exists()


def test_the_same_leads_give_the_same_model(here: Path, leads: Path, model: Path) -> None:
    assert call("train", leads, *QUICK, "-o", "again.leadlight").code == 0
    assert (here / "again.leadlight").read_bytes() == model.read_bytes()


def test_terminal_and_report_tell_the_same_of_the_line(here: Path, stages: Path) -> None:
    answer = call("train", stages, "--positive", "Won", "--negative", "Lost", *QUICK, "--report", "r.html")
    assert answer.code == 0
    called = re.search(r"has about ([0-9,]+) leads above it", " ".join(answer.out.split()))
    assert called is not None
    given = outcome_on_test(Bundle.load(here / "model.leadlight"))
    assert called[1] == f"{given.calls:,}"
    assert f"gives about {called[1]} calls" in (here / "r.html").read_text(encoding="utf-8")


def test_hundreds_of_columns_left_out_are_told_in_a_few_lines(here: Path, frame: pl.DataFrame) -> None:
    """Those that are alike by name, as far as one would read them; programs get every one."""
    empty = {f"Empty {place}": pl.lit("same") for place in range(60)}
    rare = {
        f"Rare {place}": pl.when(pl.int_range(pl.len()) < 25 + place).then(pl.lit("yes"))
        for place in range(60)
    }
    frame.with_columns(**empty, **rare).write_csv("wide.csv")
    answer = call("train", "wide.csv", *QUICK)
    assert answer.code == 0
    assert len(answer.out.splitlines()) < 30
    answer = call("train", "wide.csv", *QUICK, "--verbose", "--force")
    assert answer.code == 0
    told = answer.out.split("Left out, and why")[1].split("How the models compare")[0]
    assert len(told.splitlines()) < 60
    assert "and 49 more" in " ".join(told.split())
    answer = call("train", "wide.csv", *QUICK, "--json", "--force")
    assert {each["column"] for each in answer.json["excluded"]} >= {*empty}


def test_an_export_of_120_leads_counts_its_test_leads_one_by_one(here: Path) -> None:
    """Cells of 20 leads would say that nobody is above the line; and the audit says how little it sees."""
    dice = np.random.default_rng(0)
    size = dice.normal(size=120)
    won = dice.random(120) < 1 / (1 + np.exp(0.6 - 1.6 * size))
    columns = {
        "Lead ID": [f"L{number}" for number in range(120)],
        "Size": size.round(2),
        "Lost Reason": np.where(~won & (dice.random(120) < 0.6), "price", "").tolist(),
        "Converted": np.where(won, "yes", "no"),
    }
    pl.DataFrame(columns).write_csv("few.csv")
    answer = call("train", "few.csv", *QUICK)
    assert answer.code == 0
    assert "the audit cannot tell leaks from luck" in said(answer.out.partition("\n\n")[0])
    answer = call("train", "few.csv", *QUICK, "--verbose", "--force")
    told = " ".join(answer.out.split())
    assert re.search(
        r"The line is at a score of [0-9.]+ and has [1-9][0-9]* leads above it; of them [1-9]", told
    )
    assert "audit_blind" in told
    assert "'Lost Reason' was probably filled in once sales had worked the lead" in told
