"""Whatever goes wrong: one sentence, a stable code, an exit code, and no traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from leadlight.cli import failure
from leadlight.cli.command import Command
from leadlight.errors import InputError
from tests.cli.calls import PROGRAM, call, start


def command(problem: BaseException | None) -> typer.Typer:
    """An app whose one command fails in this way."""
    app = typer.Typer()

    @app.command(cls=Command)
    def work(as_json: bool = typer.Option(False, "--json")) -> None:
        if problem is not None:
            raise problem

    return app


def ended(problem: BaseException | None, *words: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(command(problem), list(words))
    return found.exit_code, found.stdout, found.stderr


def test_a_refusal_tells_code_place_and_next_step() -> None:
    problem = InputError("It is bent.", code="bent", where="leads.csv:7", hint="Straighten it.")
    code, out, err = ended(problem)
    assert (code, out) == (2, "")
    assert err == "error[bent]: It is bent.\n  at: leads.csv:7\n  next: Straighten it.\n"


def test_with_json_a_refusal_is_one_object_as_well() -> None:
    code, out, err = ended(InputError("It is bent.", code="bent"), "--json")
    assert code == 2
    assert json.loads(out) == {
        "error": {"code": "bent", "message": "It is bent.", "where": None, "next_step": None}
    }
    assert err.startswith("error[bent]")


def test_our_own_mistake_names_its_kind_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADLIGHT_DEBUG", raising=False)
    code, out, err = ended(ValueError("ann@example.com is not a number"))
    assert (code, out) == (70, "")
    assert "error[internal]" in err
    assert "ValueError" in err
    assert "ann@example.com" not in err
    assert "Traceback" not in err


def test_the_trace_is_there_for_those_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLIGHT_DEBUG", "1")
    _, _, err = ended(ValueError("told"))
    assert "Traceback" in err
    assert "ValueError: told" in err


def test_what_is_no_exception_is_caught_too() -> None:
    class PanicError(BaseException):
        """As libraries in other languages raise it."""

    code, _, err = ended(PanicError("ann@example.com"))
    assert code == failure.BROKEN
    assert "ann" not in err


@pytest.mark.parametrize(
    ("problem", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 141), (None, 0)]
)
def test_other_ends(problem: BaseException | None, code: int) -> None:
    found, _, err = ended(problem)
    assert found == code
    assert len(err.splitlines()) <= 1


def test_interrupting_a_training_leaves_nothing_behind(here: Path, leads: Path) -> None:
    process = subprocess.Popen(
        [PROGRAM, "train", leads], cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    while "bayes" not in process.stderr.readline():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in out + err
    assert not list(here.iterdir())


def test_an_unknown_option_is_refused(here: Path) -> None:
    answer = start("train", "leads.csv", "--no-such-thing", folder=here)
    assert answer.code == 2
    assert "--no-such-thing" in answer.err


def test_a_command_without_arguments_says_what_it_needs() -> None:
    answer = call("score")
    assert answer.code == 2
    assert "MODEL" in answer.err


def test_a_command_that_is_told_to_end_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    """Half-written scores are leads of people; nobody would look for them in a hidden file."""
    begun = "import os, signal, sys; from leadlight import cli; from leadlight.data.atomic import replacing\n"
    writing = (
        "def write(*_, **__):\n"
        f"    with replacing({str(tmp_path / 'out.csv')!r}) as handle:\n"
        "        handle.write(b'lead'); os.kill(os.getpid(), signal.SIGTERM); signal.pause()\n"
        "cli.app = write; sys.argv = ['leadlight', 'score']; cli.main()\n"
    )
    found = subprocess.run([sys.executable, "-c", begun + writing], timeout=60, check=False)
    assert (found.returncode, list(tmp_path.glob(".*.part"))) == (143, [])
