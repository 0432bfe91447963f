"""Selection, tuning and balance from the command line, and what happens when tuning is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from leadlight.cli.page import bar
from tests.cli.calls import PROGRAM, call, start
from tests.training.planted import noise_leads, planted_leads

TUNING = ("--models", "logistic", "--folds", "2", "--tune", "8", "--seed", "3")


@pytest.fixture(scope="module")
def leads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Few leads that can be learnt from all the same."""
    path = tmp_path_factory.mktemp("leads") / "leads.csv"
    planted_leads(400, 1, noises=1).write_csv(path)
    return path


@pytest.fixture(scope="module")
def whole(leads: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The model of a tuning that nothing interrupted."""
    path = tmp_path_factory.mktemp("whole") / "model.leadlight"
    assert call("train", leads, *TUNING, "-o", path).code == 0
    return path.read_bytes()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_tuning_goes_on(leads: Path, here: Path, whole: bytes, sign: int) -> None:
    study = here / "model.leadlight.study"
    words = ["train", str(leads), *TUNING, "-o", "model.leadlight"]
    process = subprocess.Popen(
        [PROGRAM, *words], cwd=here, env=os.environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 60
    while not (study.is_file() and study.read_bytes().count(b"\n") >= 3) and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(sign)
    said = process.communicate()[1].decode()
    assert process.returncode != 0
    assert not (here / "model.leadlight").exists()
    if sign == signal.SIGINT:
        assert "the same command goes on from there" in " ".join(said.split())
    before = study.read_bytes()
    answer = call(*words)
    assert answer.code == 0, answer.err
    assert (here / "model.leadlight").read_bytes() == whole
    assert not study.exists()
    assert before.count(b"\n") < 10


def test_noise_is_refused_with_exit_2_and_no_file(here: Path) -> None:
    noise_leads(300, 6, 0.3, 1).write_csv("noise.csv")
    answer = call("train", "noise.csv", "--models", "logistic", "--tune", "2")
    assert answer.code == 2
    assert answer.error == "nothing_to_learn"
    assert not list(here.glob("*.leadlight*"))


@pytest.mark.parametrize("flag", ["--select", "--balance"])
def test_unknown_names_are_refused_with_those_there_are(leads: Path, here: Path, flag: str) -> None:
    answer = call("train", leads, flag, "magic")
    assert answer.code == 2
    assert "The ways are: none" in answer.err


CHOOSING = ("--models", "logistic", "--folds", "2", "--select", "iv", "--tune", "3", "--balance", "weights")


@pytest.mark.parametrize(
    ("library", "asked", "code", "extra"),
    [
        ("optuna", ("--tune", "3"), "no_optuna", "[tune]'"),
        ("imblearn", ("--balance", "smote"), "no_imbalanced_learn", "[balance]'"),
    ],
)
def test_a_library_that_is_not_installed_is_asked_for_in_a_line(
    leads: Path, here: Path, library: str, asked: tuple[str, str], code: str, extra: str
) -> None:
    """In a process that cannot import it: exit 2, what to install, and no file."""
    code_of = f"import sys; sys.modules[{library!r}] = None; from leadlight.cli import app; app()"
    found = subprocess.run(
        [sys.executable, "-c", code_of, "train", str(leads), "--models", "logistic", *asked],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 2
    told = [line for line in found.stderr.splitlines() if not line.endswith(" ...")]
    assert f"error[{code}]" in told[0]
    assert extra in " ".join(told)
    assert "Traceback" not in found.stderr
    assert not list(here.iterdir())


@pytest.mark.parametrize("width", ["80", "120"])
def test_what_was_chosen_is_told(
    leads: Path, here: Path, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    """All of it on a page of that width."""
    monkeypatch.setenv("COLUMNS", width)
    answer = call("train", leads, *CHOOSING, "-o", f"{width}.leadlight")
    assert answer.code == 0, answer.err
    text = " ".join(answer.out.split())
    assert "columns are used" in text
    assert "Tuning logistic" in text
    assert "Balanced by weights" in text
    assert all(len(line) <= int(width) for line in answer.out.splitlines() if "leadlight" not in line)


def test_what_was_chosen_is_carried_in_json(leads: Path, here: Path) -> None:
    found = call("train", leads, *CHOOSING, "--json").json
    assert found["selection"]["method"] == "iv"
    assert len(found["tuning"]["families"][0]["trials"]) == 4
    assert found["balance"]["balanced"].keys() >= {"auc", "recall", "ece"}


@pytest.mark.filterwarnings("error")
def test_nothing_but_the_steps_is_told_on_standard_error(leads: Path, tmp_path: Path) -> None:
    """No library has a word of its own there."""
    words = ("--models", "logistic", "--folds", "2", "--tune", "7", "--balance", "smote", "--select", "shap")
    answer = start("train", leads, *words, folder=tmp_path)
    assert answer.code == 0
    assert all(line.endswith(" ...") for line in answer.err.splitlines()), answer.err


def test_a_step_that_counts_has_a_bar() -> None:
    assert bar("tuning logistic, trial 5 of 20, best auc 0.8").count("━") == 5
    assert bar("logistic, 5 folds") == ""
    assert bar("trial 3 of 0") == "  " + "━" * 20


def test_a_training_without_tuning_leaves_the_trials_of_another(leads: Path, here: Path) -> None:
    study = here / "model.leadlight.study"
    study.write_bytes(b"trials of hours")
    assert call("train", leads, "--models", "bayes", "-o", "model.leadlight").code == 0
    assert study.read_bytes() == b"trials of hours"
