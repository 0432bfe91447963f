"""Where the leads can be read in two ways: a question on a terminal, else the command to type."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
from pathlib import Path

import polars as pl
import pytest

from tests.cli.calls import PROGRAM, call

QUICK = ("--models", "bayes", "--folds", "3")


def typed(answer: str) -> list[str]:
    """The command that was given to type."""
    line = next(line for line in answer.splitlines() if line.startswith("    leadlight "))
    return shlex.split(line)[1:]


def test_open_looking_values_are_asked_for_with_the_whole_command(here: Path, stages: Path) -> None:
    answer = call("train", stages, *QUICK)
    assert (answer.code, answer.error) == (2, "which_values")
    words = typed(answer.err)
    assert words[:2] == ["train", str(stages)]
    assert call(*words).code == 0


def test_what_was_said_already_is_not_said_again(here: Path, stages: Path) -> None:
    words = typed(call("train", stages, *QUICK, "--positive", "Won").err)
    assert words.count("--positive") == 1
    assert "lost" in words
    assert call(*words).code == 0


def test_the_candidates_for_the_outcome_are_named(here: Path, frame: pl.DataFrame) -> None:
    frame.rename({"Converted": "Blue Tick"}).write_csv("leads.csv")
    answer = call("train", "leads.csv", *QUICK)
    assert (answer.code, answer.error) == (2, "which_target")
    assert "'Blue Tick'" in answer.err
    assert "--target" in typed(answer.err)


def test_the_question_is_one_json_object_too(here: Path, stages: Path) -> None:
    answer = call("train", stages, "--json")
    assert answer.code == 2
    assert answer.json["error"]["code"] == "which_values"
    assert "--positive won" in answer.json["error"]["next_step"]


def talk(folder: Path, words: tuple[str, ...], said: str) -> tuple[int, str]:
    """Run a command on a terminal and type answers."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [PROGRAM, *words], cwd=folder, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        os.close(theirs)
        os.write(ours, said.encode())
        assert process.stdout is not None
        out = process.stdout.read().decode()
    shown = b""
    try:
        while piece := os.read(ours, 65536):
            shown += piece
    except OSError:
        pass
    os.close(ours)
    return process.returncode, out + shown.decode(errors="replace")


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_on_a_terminal_one_is_asked(here: Path, stages: Path) -> None:
    """Values in the order of their probable meaning; an empty line takes what is proposed."""
    code, shown = talk(here, ("train", str(stages), *QUICK), "\n\n\nopen\n\n")
    assert code == 0, shown
    assert "which of them are won, lost and still open" in shown
    assert (here / "model.leadlight").exists()
