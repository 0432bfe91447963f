"""`leadlight score`: what comes out, in which order, and that every row is accounted for."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import leadlight
from tests.cli.calls import call, start

OURS = ["score", "probability", "probability_low", "probability_high", "grade", "call"]


def test_the_file_comes_back_with_our_columns(
    here: Path, model: Path, leads: Path, frame: pl.DataFrame
) -> None:
    answer = call("score", model, leads, "--reasons", "2")
    assert answer.code == 0
    assert "1,200 in = 1,200 scored + 0 rejected + 0 suppressed." in answer.out
    scored = pl.read_csv(here / "leads.scored.csv", infer_schema=False)
    assert scored.columns == [*frame.columns, *OURS, "reason_1", "reason_2", "model"]
    assert scored["Lead ID"].to_list() == frame["Lead ID"].to_list()


def test_the_scores_are_those_of_the_library_to_the_last_bit(here: Path, model: Path, leads: Path) -> None:
    assert call("score", model, leads, "--only-scores", "-o", "scores.csv").code == 0
    scored = pl.read_csv(here / "scores.csv", schema_overrides={"Lead ID": pl.String})
    again = leadlight.load(model).score(leads)
    assert scored.columns == ["Lead ID", *OURS, "model"]
    assert scored["probability"].to_list() == again["probability"].to_list()
    assert scored["grade"].to_list() == again["grade"].to_list()
    assert scored["model"].unique().to_list() == [leadlight.load(model).bundle.hash[:12]]


@pytest.mark.parametrize("name", ["scores.parquet", "scores.jsonl", "scores.xlsx"])
def test_every_kind_of_output_holds_the_same(here: Path, model: Path, leads: Path, name: str) -> None:
    assert call("score", model, leads, "--only-scores", "-o", name).code == 0
    read = {".parquet": pl.read_parquet, ".jsonl": pl.read_ndjson, ".xlsx": pl.read_excel}
    scored = read[Path(name).suffix](here / name)
    assert scored["probability"].to_list() == pytest.approx(
        leadlight.load(model).score(leads)["probability"].to_list(), abs=1e-12
    )


def test_parquet_in_gives_the_same_scores_as_text(
    here: Path, model: Path, leads: Path, frame: pl.DataFrame
) -> None:
    typed = pl.read_csv(leads, try_parse_dates=True)
    typed.write_parquet("leads.parquet")
    assert call("score", model, "leads.parquet", "--only-scores", "-o", "a.csv").code == 0
    assert call("score", model, leads, "--only-scores", "-o", "b.csv").code == 0
    assert (here / "a.csv").read_bytes() == (here / "b.csv").read_bytes()


def test_the_best_come_ranked(here: Path, model: Path, leads: Path) -> None:
    assert call("score", model, leads, "--top", "7", "-o", "top.csv").code == 0
    top = pl.read_csv(here / "top.csv")
    everyone = leadlight.load(model).score(leads).sort("probability", "Lead ID", descending=[True, False])
    assert top["rank"].to_list() == list(range(1, 8))
    assert top["Lead ID"].to_list() == everyone["Lead ID"].head(7).to_list()


def test_groups_multiply_to_the_odds(here: Path, model: Path, leads: Path) -> None:
    assert call("score", model, leads, "--groups", "--only-scores", "-o", "g.csv").code == 0
    found = pl.read_csv(here / "g.csv")
    product = found["fit"] * found["engagement"] * found["timing"] * found["source"]
    odds = found["probability"] / (1 - found["probability"])
    base = (odds / product).to_list()
    assert base == pytest.approx([base[0]] * len(base), rel=1e-6)


def test_bad_rows_are_rejected_and_listed(here: Path, model: Path, leads: Path) -> None:
    lines = leads.read_text().splitlines()
    lines[3] += ",too much"
    lines[5] = lines[5].replace("L-000005", " ")
    lines[9] = lines[9].replace("L-000009", "null")
    (here / "bad.csv").write_text("\n".join(lines) + "\n")
    answer = call("score", model, "bad.csv", "--json")
    assert answer.code == 1
    assert answer.json["rows"] == {"in": 1200, "scored": 1197, "rejected": 3, "suppressed": 0}
    assert answer.json["rejects"] == "bad.scored.rejected.csv"
    rejects = (here / "bad.scored.rejected.csv").read_text()
    assert rejects == "line,reason\n4,too_many_fields\n6,blank_id\n10,blank_id\n"
    scored = pl.read_csv(here / "bad.scored.csv")
    assert scored.height == 1197


def test_a_clean_run_takes_an_old_list_of_rejects_away(here: Path, model: Path, leads: Path) -> None:
    (here / "leads.scored.rejected.csv").write_text("line,reason\n2,nul\n")
    assert call("score", model, leads).code == 0
    assert not (here / "leads.scored.rejected.csv").exists()


def test_those_who_must_be_left_out_are_not_scored(
    here: Path, model: Path, leads: Path, frame: pl.DataFrame
) -> None:
    (here / "ids.txt").write_text("L-000002\nL-000004\nnobody\n")
    answer = call("score", model, leads, "--suppress", "ids.txt", "--json", "-o", "a.csv")
    assert answer.code == 0
    assert answer.json["rows"] == {"in": 1200, "scored": 1198, "rejected": 0, "suppressed": 2}
    assert not {"L-000002", "L-000004"} & set(pl.read_csv(here / "a.csv")["Lead ID"])


def test_a_pipe_in_and_out(here: Path, model: Path, leads: Path) -> None:
    answer = call("score", model, "-", "--only-scores", stdin=leads.read_bytes())
    assert answer.code == 0
    assert answer.out.startswith("Lead ID,score,")
    assert len(answer.out.splitlines()) == 1201
    assert "1,200 in" in answer.err
    assert not list(here.iterdir())


def test_scores_and_json_cannot_both_go_to_standard_output(model: Path, leads: Path) -> None:
    answer = call("score", model, leads, "-o", "-", "--json")
    assert (answer.code, answer.error) == (2, "two_outputs")


def test_what_could_not_be_read_is_told_by_column(here: Path, model: Path, frame: pl.DataFrame) -> None:
    odd = frame.with_columns(pl.lit("many").alias("Visits"), pl.lit("Carrier pigeon").alias("Lead Source"))
    odd.head(50).write_csv("odd.csv")
    answer = call("score", model, "odd.csv", "--json")
    assert answer.code == 0
    assert answer.json["unreadable"] == {"Visits": 50}
    assert answer.json["unseen"]["Lead Source"] == 50
    assert "many" not in answer.out + answer.err
    assert "pigeon" not in answer.out + answer.err


def test_a_missing_column_is_refused_unless_allowed(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.rename({"Visits": "visit"}).write_csv("renamed.csv")
    answer = call("score", model, "renamed.csv")
    assert (answer.code, answer.error) == (2, "missing_columns")
    assert "'Visits'" in answer.err
    assert "Did you mean 'visit'?" in answer.err
    assert not (here / "renamed.scored.csv").exists()
    assert call("score", model, "renamed.csv", "--allow-missing").code == 0


def test_a_file_without_any_column_of_the_model_is_refused(here: Path, model: Path) -> None:
    (here / "other.csv").write_text("a,b\n1,2\n")
    answer = call("score", model, "other.csv", "--allow-missing")
    assert (answer.code, answer.error) == (2, "missing_columns")


def test_a_column_of_ours_in_the_leads_is_kept_and_marked(
    here: Path, model: Path, frame: pl.DataFrame
) -> None:
    frame.with_columns(pl.lit("7").alias("score")).write_csv("scored.csv")
    assert call("score", model, "scored.csv", "-o", "again.csv").code == 0
    columns = pl.read_csv(here / "again.csv").columns
    assert "score (input)" in columns
    assert columns.count("score") == 1


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl", "xlsx"])
def test_a_scored_file_can_be_scored_again_and_again(
    here: Path, model: Path, leads: Path, frame: pl.DataFrame, ending: str
) -> None:
    """Each earlier score stays under a name of its own, the newest with the highest number."""
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet, "jsonl": pl.read_ndjson, "xlsx": pl.read_excel}
    source: Path | str = leads
    for turn in range(4):
        answer = call("score", model, source, "-o", f"{turn}.{ending}")
        assert answer.code == 0, answer.err
        source = f"{turn}.{ending}"
    marked = ["score (input)", "score (input 2)", "score (input 3)"]
    found = read[ending](here / source)
    assert len(found.columns) == frame.width + 4 * len([*OURS, "model"])
    assert {name for name in found.columns if name.startswith("score")} == {*marked, "score"}
    for name in marked:
        assert found[name].cast(pl.Float64).to_list() == found["score"].to_list()


def test_the_rank_of_a_ranked_file_is_marked_too(here: Path, model: Path, leads: Path) -> None:
    source: Path | str = leads
    for turn in range(3):
        answer = call("score", model, source, "--top", "9", "-o", f"{turn}.csv")
        assert answer.code == 0, answer.err
        source = f"{turn}.csv"
    found = pl.read_csv(here / source)
    assert [name for name in found.columns if "rank" in name] == ["rank (input)", "rank (input 2)", "rank"]
    assert found["rank (input 2)"].to_list() == found["rank"].to_list() == list(range(1, 10))


def test_reordered_and_further_columns_change_nothing(here: Path, model: Path, frame: pl.DataFrame) -> None:
    shuffled = frame.select(reversed(frame.columns)).with_columns(pl.lit("x").alias("New Column"))
    shuffled.write_csv("shuffled.csv")
    frame.write_csv("straight.csv")
    for name in ("shuffled", "straight"):
        assert call("score", model, f"{name}.csv", "--only-scores", "-o", f"{name}.out.csv").code == 0
    assert (here / "shuffled.out.csv").read_bytes() == (here / "straight.out.csv").read_bytes()


def test_a_file_without_rows_gives_a_file_without_rows(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.clear().write_csv("none.csv")
    answer = call("score", model, "none.csv")
    assert answer.code == 0
    assert "0 in = 0 scored" in answer.out
    assert pl.read_csv(here / "none.scored.csv", infer_schema=False).height == 0


def test_many_batches_are_one_file(
    here: Path, model: Path, frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes whether the leads come in one batch or in many."""
    from leadlight.connect import files

    frame.write_csv("leads.csv")
    assert call("score", model, "leads.csv", "--reasons", "1", "-o", "one.csv").code == 0
    whole = files.read_batches
    monkeypatch.setattr(files, "read_batches", lambda *place, **how: whole(*place, **how, batch_bytes=20_000))
    assert call("score", model, "leads.csv", "--reasons", "1", "-o", "many.csv").code == 0
    assert call("score", model, "leads.csv", "--top", "9", "-o", "top.csv").code == 0
    assert (here / "one.csv").read_bytes() == (here / "many.csv").read_bytes()
    assert pl.read_csv(here / "top.csv").height == 9


def test_nothing_is_written_where_reading_fails_on_the_way(here: Path, model: Path, leads: Path) -> None:
    (here / "cut.csv").write_bytes(leads.read_bytes() + b'L-9,"never closed\n')
    answer = call("score", model, "cut.csv")
    assert (answer.code, answer.error) == (2, "unclosed_quote")
    assert "cut.csv:1202" in answer.err
    assert [path.name for path in here.iterdir()] == ["cut.csv"]


def test_a_reader_that_goes_away_is_no_error(here: Path, model: Path, leads: Path) -> None:
    import subprocess

    from tests.cli.calls import PROGRAM

    command = f"'{PROGRAM}' score '{model}' '{leads}' -o - 2>err.txt | head -1 >first.txt"
    subprocess.run(["bash", "-c", command], cwd=here, check=True)
    assert (here / "first.txt").read_text().startswith("Lead ID,")
    assert "error" not in (here / "err.txt").read_text()
    assert "Traceback" not in (here / "err.txt").read_text()


def test_as_a_process_of_its_own(here: Path, model: Path, leads: Path) -> None:
    answer = start("score", model, leads, "--only-scores", folder=here)
    assert answer.code == 0
    assert "\x1b" not in answer.out + answer.err
    assert max(map(len, answer.out.splitlines())) <= 80


def test_leads_without_an_id(here: Path, frame: pl.DataFrame) -> None:
    """No column tells them apart: they are scored all the same, in their order."""
    bare = frame.select("Lead Source", "Seniority", "Visits", "Asked for Demo", "Converted")
    bare.write_csv("bare.csv")
    assert call("train", "bare.csv", "--models", "bayes", "--folds", "3").code == 0
    for words in (("--only-scores",), ("--top", "3"), ("--only-scores", "--top", "3"), ()):
        assert call("score", "model.leadlight", "bare.csv", *words, "-o", "out.csv", "--force").code == 0
        assert pl.read_csv("out.csv").height == (3 if "--top" in words else 1200)


def test_a_moment_that_is_none_is_refused(here: Path, model: Path, leads: Path) -> None:
    answer = call("score", model, leads, "--at", "soon")
    assert (answer.code, answer.error) == (2, "moment")
    assert call("score", model, leads, "--at", "2026-03-31T09:00Z").code == 0
