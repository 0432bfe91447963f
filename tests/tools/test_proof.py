"""A proof that was stopped goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import proof

PASSING = ["-c", "pass"]
FAILING = ["-c", "raise SystemExit(1)"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the record out of the repository, and name the commit."""
    monkeypatch.setattr(proof, "RESULTS", tmp_path)
    monkeypatch.setattr(proof, "RECORD", tmp_path / "proof.json")
    monkeypatch.setattr(proof, "commit", lambda: "one")


def test_a_part_that_passed_is_done_until_the_next_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    proof.prove("part", PASSING)
    assert proof.done("part")
    monkeypatch.setattr(proof, "commit", lambda: "two")
    assert not proof.done("part")


def test_a_part_that_failed_is_run_again() -> None:
    proof.prove("part", FAILING)
    assert not proof.done("part")
    proof.prove("part", PASSING)
    assert proof.done("part")


def test_nothing_is_proven_about_uncommitted_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "commit", lambda: "one+changes")
    proof.prove("part", PASSING)
    assert not proof.done("part")


def test_figures_of_tests_are_kept(tmp_path: Path) -> None:
    (tmp_path / "test_leaks.py").write_text(
        "def test_leaks(record_property):\n    record_property('found', 195)\n"
    )
    proof.prove("part", ["-m", "pytest", "-p", "no:cacheprovider", str(tmp_path / "test_leaks.py")])
    outcome = proof.record()["part"]
    assert (outcome.passed, outcome.tests, outcome.figures) == (True, 1, {"test_leaks: found": "195"})


def test_each_folder_of_tests_is_a_part() -> None:
    assert "tests/contract" in proof.parts()
    assert proof.main(["--list"]) == 0


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(SystemExit, match="there is no part"):
        proof.main(["tests/nothing"])
