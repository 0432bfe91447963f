"""The units and the crontab in deploy/: systemd takes them, and each command in them is one of ours."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from leadlight.cli import app

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROGRAM = Path(sys.executable).with_name("leadlight")
UNITS = sorted((DEPLOY / "systemd").iterdir())


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    for path in UNITS:
        written = path.read_text().replace("=leadlight ", f"={PROGRAM} ")
        (tmp_path / path.name).write_text(written.replace("User=leadlight\nGroup=leadlight\n", ""))
    name = unit.name.replace("@.", "@1.")
    if name != unit.name:
        (tmp_path / name).symlink_to(tmp_path / unit.name)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in answer.stderr.splitlines() if "leadlight" in line]
    assert ours == []
    assert answer.returncode == 0, answer.stderr


def commands() -> list[list[str]]:
    """Every call of ours in the units and in the crontab."""
    texts = [path.read_text() for path in (*UNITS, DEPLOY / "cron" / "leadlight")]
    called = re.compile(r"(?:=|\s)leadlight ((?:serve|stream|sync|db|score|watch)\b[^&\n]*)")
    return [shlex.split(line) for text in texts for line in called.findall(text)]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_is_one_of_ours(words: list[str]) -> None:
    """With the options that it has."""
    known = get_command(app)
    while words and words[0] in getattr(known, "commands", {}):
        known, words = known.commands[words[0]], words[1:]  # type: ignore[attr-defined]
    options = {name for parameter in known.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert known.name in {"serve", "stream", "sync", "backup", "check", "score", "watch"}
    assert {word for word in words if word.startswith("--")} <= options
