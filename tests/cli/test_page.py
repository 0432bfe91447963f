"""Pages: plain in a pipe, at most 80 columns wide, and nothing in them that steers the terminal."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from leadlight.cli.inert import inert
from leadlight.cli.page import Page, progress


def page(width: int = 80) -> tuple[Page, io.StringIO]:
    paper = io.StringIO()
    return Page(Console(file=paper, width=width, highlight=False, markup=False, emoji=False)), paper


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "Cc")), max_size=60)


@given(st.lists(st.tuples(words, words, words), min_size=1, max_size=5))
def test_a_table_stays_within_the_page(rows: list[tuple[str, str, str]]) -> None:
    ours, paper = page()
    ours.table(("first", "second", "third"), rows, right=("second",))
    lines = paper.getvalue().split("\n")
    assert len(lines) > len(rows)
    assert not [line for line in lines if cell_len(line) > 82]
    assert not [line for line in lines if line != line.rstrip(" ")]


def test_a_table_shows_every_cell_where_there_is_room() -> None:
    ours, paper = page()
    ours.table(("column", "n", "why"), [("Tags", 3, "a leak"), ("City", 12, "")], right=("n",))
    assert paper.getvalue() == "  column   n  why\n  Tags     3  a leak\n  City    12\n"


def test_the_last_column_is_wrapped() -> None:
    ours, paper = page(60)
    ours.table(("column", "why"), [("Tags", "word " * 20)])
    lines = paper.getvalue().splitlines()
    assert len(lines) > 2
    assert all(line.startswith("          word") for line in lines[2:])


@given(st.text())
def test_nothing_steers_the_terminal(text: str) -> None:
    shown = inert(text)
    assert len(shown) == len(text)
    assert not [letter for letter in shown if ord(letter) < 32 or 127 <= ord(letter) < 160]
    assert "\u202e" not in shown


def test_markup_in_a_value_is_text() -> None:
    ours, paper = page()
    ours.line("[red]not a colour[/red] :smile:")
    assert paper.getvalue() == "  [red]not a colour[/red] :smile:\n"


def test_a_command_is_never_broken() -> None:
    ours, paper = page()
    ours.typed("leadlight " + "x" * 200)
    assert len(paper.getvalue().splitlines()) == 1


def test_progress_in_a_pipe_is_a_line_a_kind_of_work(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("reading") as tell:
        for step in ("bayes, fold 1", "bayes, fold 2", "logistic, fold 1"):
            tell(step)
    assert capsys.readouterr().err == "reading ...\nbayes ...\nlogistic ...\n"


def test_no_colour_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    paper = io.StringIO()
    ours = Page(Console(file=paper, force_terminal=True, width=80))
    ours.typed("leadlight train")
    assert "\x1b[36m" not in paper.getvalue()
