"""What was typed, typed again; and every command says what it does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.main import get_command

from leadlight import __version__
from leadlight.cli import app
from leadlight.cli.command import SUMMARIES, line, written_out
from tests.cli.calls import call, start

FIRST = ["demo", "sample", "inspect", "train", "score", "policy", "plan", "explain", "evaluate", "compare"]
NAMES = list(get_command(app).commands)  # type: ignore[attr-defined]


def test_the_commands_come_in_the_order_in_which_one_meets_them() -> None:
    assert [name for name in NAMES if name in FIRST] == FIRST


@pytest.mark.parametrize("name", NAMES)
def test_each_has_help(name: str) -> None:
    answer = call(name, "--help")
    assert answer.code == 0
    assert answer.out.startswith(f"Usage: leadlight {name}")


@pytest.mark.parametrize("name", NAMES)
def test_what_help_says_of_it_is_its_first_line(name: str) -> None:
    """Help lists all commands without importing one, so the lines stand in two places."""
    command = get_command(app).commands[name]  # type: ignore[attr-defined]
    assert command.help.split("\n\n")[0].replace("\n", " ").strip() == SUMMARIES[name]


def test_help_is_plain_and_names_every_command(tmp_path: Path) -> None:
    answer = start("--help", folder=tmp_path)
    assert answer.code == 0
    assert "\x1b" not in answer.out
    assert all(f"  {name} " in answer.out for name in NAMES)
    assert "..." not in answer.out.partition("Commands:")[2]


def test_the_version() -> None:
    assert call("--version").out == f"{__version__}\n"


def test_a_command_line_is_quoted() -> None:
    assert line("train", Path("my leads.csv")) == "leadlight train 'my leads.csv'"


def test_options_as_they_are_typed() -> None:
    said = {"target": "Stage", "open": ["New", "In work"], "id": None, "config": Path("a.toml")}
    assert written_out(said) == [
        "--target",
        "Stage",
        "--open",
        "New",
        "--open",
        "In work",
        "--config",
        "a.toml",
    ]


def test_the_program_is_named_by_its_path_where_the_shell_would_not_find_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(here / "bin" / "leadlight")])
    monkeypatch.setenv("PATH", "")
    assert line("demo") == "bin/leadlight demo"
