"""What the pages tell the reader to type runs, in order, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.house import ROOT, tracked

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING_UP = ("make", "git", "cd", "pipx", "pip", "uv")


def blocks(page: Path) -> list[tuple[str, str]]:
    """The console and python blocks of a page, in order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def typed(block: str) -> list[str]:
    """The commands of a console block: the lines that begin with a prompt, and what continues them."""
    joined = block.replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in joined.splitlines() if line.startswith("$ ")]


PAGES = [path for path in tracked() if path.suffix == ".md" and blocks(path)]
SLOW = ("docs/how-to/reports.md", "docs/how-to/people.md", "docs/how-to/backup.md")
"""They draw every picture three times, or start many commands that have tests of their own."""


def once(page: Path) -> object:
    name = str(page.relative_to(ROOT))
    return pytest.param(page, id=name, marks=[pytest.mark.long] if name in SLOW else [])


@pytest.mark.parametrize("page", [once(page) for page in PAGES])
def test_what_a_page_tells_to_type_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One journey a page: its commands and its Python share a folder, its Python shares its names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    names: dict[str, object] = {"__name__": "page"}
    for language, block in blocks(page):
        if language == "python":
            exec(compile(block, str(page), "exec", dont_inherit=True), names)
            continue
        for command in typed(block):
            run(command)


def run(command: str) -> None:
    """Run one command as typed; what sets the machine up is only looked at."""
    first, *rest = command.split()
    if first in SETTING_UP:
        assert first != "make" or set(targets(rest)) <= made(), command
        return
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert answer.returncode == 0, f"{command}\n{answer.stdout}\n{answer.stderr}"


def targets(words: list[str]) -> list[str]:
    """The targets among the words after make: neither settings nor the comment."""
    plain = " ".join(words).split("#")[0].split()
    return [word for word in plain if "=" not in word]


def made() -> set[str]:
    """What the Makefile can make."""
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
