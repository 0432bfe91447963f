"""`leadlight plan`: the open leads, best first, dealt among callers, and who is left out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import leadlight
from tests.cli.calls import call

PARTS = ("listed", "below", "suppressed", "decided", "duplicates", "rejected")


def listed(path: str = "list.csv") -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def test_only_leads_that_are_open_and_may_be_called(here: Path, stages_model: Path, stages: Path) -> None:
    answer = call("plan", stages_model, stages, "-o", "list.csv", "--json")
    assert answer.code == 0
    found, counts = listed(), answer.json["counts"]
    assert set(found["Stage"]) <= {"New", "Working", "Qualified"}
    assert set(found["Do Not Call"]) == {"No"}
    assert counts["in"] == 1200
    assert counts["in"] == sum(counts[name] for name in PARTS)
    assert counts["suppressed"] > 0
    assert found.height == counts["listed"] == answer.json["expected"]["calls"]
    assert found["rank"].to_list() == [str(rank) for rank in range(1, found.height + 1)]
    chances = found["probability"].cast(pl.Float64)
    assert chances.is_sorted(descending=True)
    assert set(found["call"]) == {"true"}
    assert {"reason_1", "reason_2", "reason_3"} <= set(found.columns)


@pytest.fixture
def twice(here: Path, stages_model: Path, stages: Path) -> pl.DataFrame:
    """The export, and further rows of its five best leads in front of it."""
    call("plan", stages_model, stages, "--capacity", "5", "-o", "best.csv")
    frame = pl.read_csv(stages, infer_schema=False)
    changes = [
        {"Created": "2001-01-01", "Company Size": "older"},
        {"Created": "2030-01-01", "Company Size": "newer"},
        {"Created": "2001-01-01", "Stage": "Lost"},
        {"Created": "2001-01-01", "Do Not Call": "Yes"},
        {"Created": "2001-01-01", "E-mail": "gone@example.com"},
    ]
    further = [
        {name: row[name] for name in frame.columns} | change
        for row, change in zip(listed("best.csv").to_dicts(), changes, strict=True)
    ]
    blank = [{**further[1], "Lead ID": "null"}, {**further[1], "Lead ID": ""}]
    both = pl.concat([pl.DataFrame([*further, *blank], schema=frame.schema), frame])
    both.write_csv("twice.csv")
    (here / "stop.csv").write_text("Email\ngone@example.com\n")
    return both


def test_nobody_is_listed_twice(twice: pl.DataFrame, stages_model: Path, stages: Path) -> None:
    """The newest row stands for an id; decided and barred is who is so in any row; all rows add up."""
    first = listed("best.csv")["Lead ID"].to_list()
    before = call("plan", stages_model, stages, "-o", "once.csv", "--json").json["counts"]
    words = ("--callers", "2", "--suppress", "stop.csv", "-o", "list.csv")
    answer = call("plan", stages_model, "twice.csv", *words, "--json")
    found, counts = listed(), answer.json["counts"]
    assert found["Lead ID"].is_unique().all()
    assert set(first[:2]) <= set(found["Lead ID"])
    assert set(first[2:]).isdisjoint(found["Lead ID"])
    sizes = dict(found.select("Lead ID", "Company Size").iter_rows())
    assert sizes[first[0]] != "older"
    assert sizes[first[1]] == "newer"
    assert (counts["duplicates"], counts["rejected"]) == (5, 2)
    assert counts["in"] == twice.height == sum(counts[name] for name in PARTS)
    assert counts["decided"] == before["decided"] + 1
    assert counts["suppressed"] == before["suppressed"] + 2
    told = call("plan", stages_model, "twice.csv", *words, "--force").out
    assert "+ 5 duplicates + 2 rejected" in " ".join(told.split())


def test_rows_of_one_id_are_one_in_python_too(twice: pl.DataFrame, stages_model: Path) -> None:
    """Rows without an id stand for themselves there."""
    model = leadlight.load(stages_model)
    made = model.plan(twice, capacity=2_000)
    ids = made.frame["Lead ID"].fill_null("")
    assert (made.counts.duplicates, ids.is_in(["", "null"]).sum()) == (5, 2)
    assert ids.filter(~ids.is_in(["", "null"])).is_unique().all()
    first = made.frame["Lead ID"][0]
    without = model.plan(twice, suppressed=(twice["Lead ID"] == first).fill_null(False).to_numpy())
    assert first not in without.frame["Lead ID"].to_list()
    with pytest.raises(leadlight.errors.InputError, match="1 marks"):
        model.plan(twice, suppressed=[True])


@pytest.mark.parametrize(
    ("column", "words", "free"),
    [
        ("Do Not Call", ["X", "", ""], ""),
        ("DoNotCall", ["Ja", "Nein", "Nein"], "Nein"),
        ("No Calls", ["Yes", "No", "No", "Ask first", "Temporary"], "No"),
        ("Call Consent", ["Declined", "Granted", "Granted"], "Granted"),
        ("Opt-In", ["none", "opted in", "opted in"], "opted in"),
    ],
)
def test_who_must_not_be_called_in_the_words_of_many(
    here: Path, stages: Path, column: str, words: list[str], free: str
) -> None:
    frame = pl.read_csv(stages, infer_schema=False).drop("Do Not Call")
    told = pl.Series(column, (words * frame.height)[: frame.height])
    frame.with_columns(told).write_csv("leads.csv")
    answered = ("--target", "Stage", "--positive", "Won", "--negative", "Lost")
    assert call("train", "leads.csv", *answered, "--models", "logistic", "--folds", "3").code == 0
    answer = call("plan", "model.leadlight", "leads.csv", "-o", "list.csv", "--json")
    open_leads = frame.with_columns(told).filter(~pl.col("Stage").is_in(["Won", "Lost"]))
    assert set(listed()[column].fill_null("")) == {free}
    assert answer.json["counts"]["suppressed"] == open_leads.filter(pl.col(column) != free).height


def test_a_column_that_came_since_training_is_respected(here: Path, stages_model: Path, stages: Path) -> None:
    frame = pl.read_csv(stages, infer_schema=False)
    marks = pl.Series("No Phone, No Calls", (["x", "", "later"] * frame.height)[: frame.height])
    frame.with_columns(marks).write_csv("leads.csv")
    assert call("plan", stages_model, "leads.csv", "-o", "list.csv").code == 0
    assert set(listed()["No Phone, No Calls"].fill_null("")) == {""}
    assert listed().height > 0


def test_a_capacity_takes_the_best(here: Path, stages_model: Path, stages: Path) -> None:
    answer = call("plan", stages_model, stages, "--capacity", "30", "--callers", "4", "-o", "list.csv")
    assert answer.code == 0
    assert "30 leads to call this week" in answer.out
    assert sorted(listed()["caller"].value_counts()["count"].to_list()) == [7, 7, 8, 8]


def test_callers_from_a_file_keep_their_own_leads(here: Path, stages_model: Path, stages: Path) -> None:
    (here / "callers.csv").write_text("name,capacity\nTeam North,20\nTeam South,10\n")
    answer = call("plan", stages_model, stages, "--callers", "callers.csv", "-o", "list.csv", "--json")
    shares = {each["caller"]: each for each in answer.json["shares"]}
    assert {name: each["calls"] for name, each in shares.items()} == {"Team North": 20, "Team South": 10}
    assert shares["Team North"]["owned"] > 0


@pytest.mark.parametrize("name", ["score", "rank"])
def test_ids_in_a_column_called_like_ours_are_still_told(here: Path, stages: Path, name: str) -> None:
    text = stages.read_text("utf-8")
    assert text.startswith("Lead ID,")
    (here / "leads.csv").write_text(text.replace("Lead ID", name, 1), "utf-8")
    answered = ("--target", "Stage", "--positive", "Won", "--negative", "Lost")
    assert call("train", "leads.csv", *answered, "--id", name, "--models", "logistic").code == 0
    answer = call("plan", "model.leadlight", "leads.csv", "-o", "list.csv")
    assert answer.code == 0
    found = listed()
    assert found["rank"].to_list() == [str(rank) for rank in range(1, found.height + 1)]
    assert set(found[f"{name} (input)"]) <= set(pl.read_csv(stages)["Lead ID"])
    assert found[f"{name} (input)"][0] in answer.out


def test_a_list_can_be_planned_again_and_again(here: Path, stages_model: Path, stages: Path) -> None:
    source: Path | str = stages
    for turn in range(3):
        answer = call("plan", stages_model, source, "--callers", "2", "-o", f"{turn}.csv")
        assert answer.code == 0, answer.err
        source = f"{turn}.csv"
    found = listed("2.csv")
    assert found.columns[:2] == ["rank", "caller"]
    for name in ("rank", "caller", "score", "reason_1"):
        assert found[f"{name} (input 2)"].to_list() == listed("1.csv")[name].to_list()
        assert found[f"{name} (input)"].to_list() == listed("0.csv")[name].to_list()


def test_a_policy_for_this_list_alone(here: Path, stages_model: Path, stages: Path) -> None:
    call("plan", stages_model, stages, "--cuts", "hot=0.8", "-o", "list.csv")
    assert listed()["probability"].cast(pl.Float64).min() >= 0.8


@pytest.mark.parametrize("line", [("--precision", "0.5"), ("--cuts", "hot=0.8"), ("--meet",)])
def test_a_line_that_is_asked_for_holds_beside_a_capacity(
    here: Path, stages_model: Path, stages: Path, line: tuple[str, ...]
) -> None:
    """Of those above the line the best that there is time for, and nobody below it."""
    call("plan", stages_model, stages, *line, "-o", "line.csv")
    above = listed("line.csv")
    for capacity, rows in (("5", 5), ("1000", above.height)):
        call("plan", stages_model, stages, *line, "--capacity", capacity, "-o", f"{capacity}.csv")
        assert listed(f"{capacity}.csv").equals(above.head(rows))
    call("plan", stages_model, stages, "--capacity", "1000", "--names", "A,B,C", "-o", "all.csv")
    assert listed("all.csv").height > above.height
    assert set(listed("all.csv")["grade"]) <= {"A", "B", "C"}


def test_those_in_the_suppression_file_are_not_listed(here: Path, stages_model: Path, stages: Path) -> None:
    call("plan", stages_model, stages, "-o", "before.csv")
    first = listed("before.csv")["E-mail"][0]
    (here / "stop.csv").write_text(f"Email,since\n{first.upper()},2026-01-01\n")
    call("plan", stages_model, stages, "-o", "after.csv", "--suppress", "stop.csv")
    assert first not in listed("after.csv")["E-mail"].to_list()
    assert listed("after.csv").height == listed("before.csv").height - 1


def test_excel_by_default(here: Path, stages_model: Path, stages: Path) -> None:
    assert call("plan", stages_model, stages).code == 0
    assert pl.read_excel(here / "list.xlsx").height > 0


def test_where_all_is_decided_nobody_is_called(here: Path, model: Path, leads: Path) -> None:
    answer = call("plan", model, leads, "-o", "list.csv", "--json")
    assert answer.code == 0
    assert answer.json["counts"]["decided"] == 1200
    assert listed().height == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--callers", "0"), "callers"),
        (("--callers", "2.5"), "callers"),
        (("--callers", "nobody.csv"), "not_found"),
        (("--meet", "--precision", "0.5"), "two_policies"),
        (("-o", "list.doc"), "unknown_output"),
    ],
)
def test_what_is_refused(
    here: Path, stages_model: Path, stages: Path, words: tuple[str, ...], code: str
) -> None:
    answer = call("plan", stages_model, stages, *words)
    assert (answer.code, answer.error) == (2, code)


def test_the_list_begins_with_what_a_caller_looks_at(here: Path, stages_model: Path, stages: Path) -> None:
    assert call("plan", stages_model, stages, "--callers", "2", "--force").code == 0
    listed = pl.read_excel(here / "list.xlsx")
    assert listed.columns[:7] == ["rank", "caller", "score", "grade", "reason_1", "reason_2", "reason_3"]
    assert listed["Visits"].dtype.is_numeric()
    assert listed["Created"].dtype.is_temporal()
    assert listed["Phone"].dtype == pl.String
    texts = [
        text
        for name in listed.columns
        if listed[name].dtype == pl.String
        for text in listed[name].drop_nulls()
    ]
    assert not [text for text in texts if text.startswith(("'", "Calibration"))]
