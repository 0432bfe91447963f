"""Commands called in this process, or as a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from leadlight.cli import app

PROGRAM = Path(sys.executable).with_name("leadlight")


@dataclass(frozen=True)
class Answer:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code in error[code]."""
        start = self.err.index("error[") + len("error[")
        return self.err[start : self.err.index("]", start)]


def call(*words: str | Path, stdin: bytes | None = None) -> Answer:
    """In this process; a traceback is a failure of the test."""
    found = CliRunner().invoke(app, [str(word) for word in words], input=stdin, prog_name="leadlight")
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return Answer(found.exit_code, found.stdout, found.stderr)


def start(*words: str | Path, folder: Path, stdin: bytes | None = None, **environment: str) -> Answer:
    """As a process of its own, as people do."""
    found = subprocess.run(
        [PROGRAM, *map(str, words)],
        cwd=folder,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )
    answer = Answer(found.returncode, found.stdout.decode(), found.stderr.decode())
    assert "Traceback" not in answer.err + answer.out
    return answer
