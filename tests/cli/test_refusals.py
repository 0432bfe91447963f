"""What the machine or a person refuses ends in a sentence, never in an internal error."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from leadlight.cli import failure
from tests.cli.calls import PROGRAM, call, start
from tests.cli.test_asking import QUICK, talk

posix = pytest.mark.skipif(os.name != "posix", reason="needs a POSIX system")


@posix
def test_the_end_of_input_at_a_question_is_no_answer(here: Path, stages: Path) -> None:
    """Ctrl-D gives the command to type, as where there is no terminal."""
    code, shown = talk(here, ("train", str(stages), *QUICK), "\x04")
    assert code == 2, shown
    assert "error[which_values]" in shown
    assert "--positive" in shown


@posix
def test_a_full_standard_output_is_told(here: Path, model: Path) -> None:
    with open("/dev/full", "w") as full:
        found = subprocess.run([PROGRAM, "card", model], stdout=full, stderr=subprocess.PIPE, check=False)
    told = found.stderr.decode()
    assert found.returncode == 2, told
    assert "error[unwritten]: The output could not be written: no space left on device." in told
    assert "Traceback" not in told
    assert "Exception ignored" not in told


@posix
def test_names_that_the_system_refuses_are_told(here: Path, model: Path) -> None:
    """A circle of links, a name that is too long, a user who is not there."""
    (here / "a.csv").symlink_to(here / "b.csv")
    (here / "b.csv").symlink_to(here / "a.csv")
    for place in ("a.csv", "x" * 5000 + ".csv", "~nobody-of-this-name/leads.csv", "/proc/self/mem"):
        answer = call("score", model, place, "-o", "out.csv")
        assert answer.code == 2, (place[:20], answer.err[-300:])
        answer = call("score", place, model, "-o", "out.csv")
        assert answer.code == 2, (place[:20], answer.err[-300:])
    assert call("sample", "-o", "a.csv/leads.csv").code == 2
    assert call("sample", "-o", "x" * 300 + ".csv").code == 2


@posix
@pytest.mark.parametrize("place", ["/dev/zero", "pipe"])
def test_a_device_or_a_pipe_is_no_model(here: Path, leads: Path, place: str) -> None:
    """One would fill the memory, the other wait for ever."""
    os.mkfifo(here / "pipe")
    answer = start("score", place, leads, "-o", "out.csv", folder=here)
    assert (answer.code, answer.error) == (2, "no_file")


@pytest.mark.parametrize(
    "words",
    [
        ("keys", "create", "--scope", "score", "--days", "1000000000"),
        ("keys", "create", "--scope", "score", "--days", "nan"),
        ("keys", "create", "--scope", "score", "--per-minute", "1" + 30 * "0"),
        ("keys", "rotate", "crm", "--grace-hours", "inf"),
        ("db", "audit", "--last", "1" + 20 * "0"),
    ],
)
def test_numbers_without_bounds_are_refused(here: Path, words: tuple[str, ...]) -> None:
    assert call("init", "--home", "home").code == 0
    assert call("keys", "create", "--scope", "score", "--name", "crm", "--home", "home").code == 0
    assert call(*words, "--home", "home").code == 2
    listed = call("keys", "list", "--home", "home", "--json")
    assert (listed.code, len(listed.json["keys"])) == (0, 1)


def test_rejected_rows_never_replace_the_leads(here: Path, model: Path, leads: Path) -> None:
    """x.rejected.csv in and -o x.csv would write the list of rejected rows over its input."""
    place = here / "x.rejected.csv"
    place.write_bytes(leads.read_bytes())
    answer = call("score", model, place, "-o", "x.csv", "--force")
    assert (answer.code, answer.error) == (2, "exists")
    assert place.read_bytes() == leads.read_bytes()


def test_a_port_that_is_taken_is_told_before_anything_else(here: Path) -> None:
    """No "Serving", and no link that would make an admin."""
    assert call("init", "--home", "home").code == 0
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = call("serve", "--home", "home", "--port", str(taken.getsockname()[1]))
    assert (answer.code, answer.error) == (2, "address")
    assert answer.out == ""


def test_a_hint_to_install_works_where_leadlight_came_from_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """No registry has it; these tests run from a checkout."""
    root = Path(__file__).parents[2]
    hint = "Install them: pip install 'leadlight[report]'"
    assert failure.installable(hint) == f"Install them: pip install '{root}[report]'"
    monkeypatch.setattr("sys.prefix", str(root / "pipx" / "venvs" / "leadlight"))
    assert failure.installable(hint) == f"Install them: pipx install --force '{root}[all]'"
    assert failure.installable("Look again.") == "Look again."
