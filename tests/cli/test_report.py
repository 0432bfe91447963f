"""`report`, `card`, `inspect -o` and `train --report`."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

import leadlight as ll
from tests.cli.calls import call, start


def test_a_report_of_a_model(here: Path, model: Path) -> None:
    answer = call("report", model)
    assert answer.code == 0, answer.err
    assert "report.html" in answer.out
    assert "Of two leads, one won and one lost" in answer.out
    text = (here / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "How long each took is not in a model" in text
    assert call("report", model).error == "exists"
    assert call("report", model, "--force").code == 0


def test_a_report_with_leads_and_figures(here: Path, model: Path, leads: Path) -> None:
    answer = call(
        "report", model, leads, "-o", "r.html", "--figures", "figures", "--over", "Visits", "Industry"
    )
    assert answer.code == 0, answer.err
    assert "“Visits” and “Industry”" in (here / "r.html").read_text(encoding="utf-8")
    names = {path.stem for path in (here / "figures").iterdir()}
    assert {"roc", "swarm", "grades", "boundary", "segment-1"} <= names
    assert all((here / "figures" / f"{name}.png").read_bytes().startswith(b"\x89PNG") for name in names)
    assert all((here / "figures" / f"{name}.svg").read_bytes().startswith(b"<svg") for name in names)


def test_what_is_asked_wrongly_is_refused(here: Path, model: Path, leads: Path) -> None:
    assert call("report", model, "-o", "no/where.html").error == "no_folder"
    assert call("report", model, "--over", "Visits", "Nothing", "-o", "r.html").error == "no_boundary"
    assert call("report", leads, "-o", "r.html").code == 2
    (here / "file").write_text("")
    assert call("report", model, "-o", "r.html", "--figures", "file").error == "no_folder"
    assert call("report", model, "-o", "r.html", "--figures", "no/where").error == "no_folder"
    assert not (here / "r.html").exists()


def test_leads_in_pictures(here: Path, leads: Path) -> None:
    answer = call("inspect", leads, "-o", "leads.html", "--json")
    assert answer.json["report"] == "leads.html"
    assert "What the leads say" in (here / "leads.html").read_text(encoding="utf-8")
    answer = call("inspect", leads, "-o", "leads.html")
    assert (answer.code, answer.error) == (2, "exists")


def test_training_with_a_report_shows_how_long_it_took(here: Path, leads: Path) -> None:
    words = ("--models", "bayes", "--folds", "3", "--report", "report.html")
    answer = call("train", leads, *words)
    assert answer.code == 0, answer.err
    assert "report.html" in answer.out
    text = (here / "report.html").read_text(encoding="utf-8")
    assert "Learning a fold took" in text
    assert "scored by the tested model" in text
    answer = call("train", leads, "--models", "bayes", "--folds", "3", "-o", "b.leadlight", "--json")
    assert answer.json["report"] is None


def test_a_card(here: Path, model: Path, leads: Path) -> None:
    answer = call("card", model)
    assert answer.code == 0
    assert answer.out.startswith("# Model card")
    answer = call("card", model, leads, "-o", "card.md")
    assert answer.code == 0
    assert (here / "card.md").read_text(encoding="utf-8").startswith("# Model card")
    assert call("card", model, "-o", "card.md").error == "exists"


@pytest.mark.parametrize("library", ["altair", "vl_convert"])
def test_without_the_charts_one_line_says_what_to_install(
    here: Path, model: Path, leads: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any work is done; a card needs no charts."""
    monkeypatch.setitem(sys.modules, library, None)
    for words in (
        ("report", model),
        ("inspect", leads, "-o", "l.html"),
        ("train", leads, "--report", "r.html"),
    ):
        answer = call(*words)
        assert (answer.code, answer.error) == (2, "no_charts")
        assert "pip install '" in answer.err
        assert "[report]'" in answer.err
    assert call("card", model).code == 0
    assert call("inspect", leads).code == 0
    assert not list(here.iterdir())


def test_python_writes_the_same(here: Path, model: Path, leads: Path) -> None:
    """What the API writes is what the command writes, byte for byte."""
    assert call("report", model, leads, "-o", "one.html").code == 0
    ll.load(model).report("other.html", leads)
    assert (here / "one.html").read_bytes() == (here / "other.html").read_bytes()
    assert call("inspect", leads, "-o", "three.html").code == 0
    ll.inspect(leads).report("four.html")
    assert (here / "three.html").read_bytes() == (here / "four.html").read_bytes()
    assert ll.load(model).card() == call("card", model).out


def test_standard_input_can_be_shown(here: Path, model: Path, leads: Path) -> None:
    answer = start("report", model, "-", folder=here, stdin=leads.read_bytes())
    assert answer.code == 0, answer.err


def test_leads_that_lack_a_column_are_refused(here: Path, model: Path, frame: pl.DataFrame) -> None:
    frame.drop("Industry").write_csv("less.csv")
    assert call("report", model, "less.csv").error == "missing_columns"
    assert call("card", model, "less.csv").error == "missing_columns"
