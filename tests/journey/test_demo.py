"""The first minute: `leadlight demo`, as the README tells it."""

from __future__ import annotations

import shlex
from pathlib import Path

import polars as pl

from tests.cli.calls import start


def test_the_demo_tells_its_story_and_can_be_told_again(tmp_path: Path) -> None:
    answer = start("demo", folder=tmp_path)
    assert answer.code == 0, answer.err
    folder = tmp_path / "leadlight-demo"
    assert {"leads.csv", "model.leadlight", "scores.csv"} <= {path.name for path in folder.iterdir()}
    assert "'Call Result' was probably filled in once sales had worked the lead" in " ".join(
        answer.out.split()
    )
    assert "6,000 in = 6,000 scored + 0 rejected + 0 suppressed" in answer.out
    assert answer.out.rstrip().endswith("train your-leads.csv")
    assert 30 <= len(answer.out.splitlines()) <= 64
    assert "\x1b" not in answer.out + answer.err

    scores = pl.read_csv(folder / "scores.csv", infer_schema=False)
    assert scores.height == 6000
    assert {"probability", "grade", "reason_3"} <= set(scores.columns)

    assert start("plan", "--home", "leadlight-demo", folder=tmp_path).code == 0

    commands = [
        line.strip() for line in answer.out.splitlines() if " train lead" in line or " score lead" in line
    ]
    assert len(commands) == 2
    before = (folder / "model.leadlight").read_bytes()
    for command in commands:
        again = start(*shlex.split(command)[1:], "--force", folder=tmp_path)
        assert again.code == 0, again.err
    assert (folder / "model.leadlight").read_bytes() == before
    assert pl.read_csv(folder / "scores.csv", infer_schema=False).equals(scores)


def test_what_stands_in_its_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "leadlight-demo").write_text("a file")
    answer = start("demo", folder=tmp_path)
    assert (answer.code, answer.error) == (2, "no_folder")
