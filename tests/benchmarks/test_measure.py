"""The ruler measures right."""

from __future__ import annotations

import sys

import pytest

from benchmarks.measure import Figure, Run, interleaved, line, machine, middle, process, table

MEGABYTE = 1_000_000


def test_a_process_is_measured_whole() -> None:
    run = process(sys.executable, "-c", "import time; kept = bytearray(80_000_000); time.sleep(0.2)")
    assert 0.2 <= run.seconds < 5
    assert 80 * MEGABYTE <= run.peak_bytes < 200 * MEGABYTE


def test_a_fat_parent_does_not_weigh_on_its_child() -> None:
    """The kernel lets a child's peak begin at its parent's."""
    kept = bytearray(b"x" * 300 * MEGABYTE)
    assert process(sys.executable, "-c", "pass").peak_bytes < len(kept) / 3


def test_a_command_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="no such lead"):
        process(sys.executable, "-c", "raise SystemExit('no such lead')")


def test_candidates_take_turns() -> None:
    turns: list[str] = []
    interleaved({"ours": lambda: turns.append("ours"), "peer": lambda: turns.append("peer")}, repeats=2)
    assert turns == ["ours", "peer", "ours", "peer"]


def test_the_middle_takes_the_worst_memory() -> None:
    assert middle([Run(3, 1), Run(1, 9), Run(2, 1)]) == Run(2, 9)


@pytest.mark.parametrize(
    ("figure", "ratio", "met"),
    [
        (Figure("score", "s", 2, 10, bar=5, of_ratio=True), 5, True),
        (Figure("score", "s", 2, 9, bar=5, of_ratio=True), 4.5, False),
        (Figure("auc", "", 0.88, 0.80, bar=0.87, lower_is_better=False), 1.1, True),
        (Figure("train", "s", 21, bar=20), None, False),
        (Figure("load", "s", 1, 1), 1, None),
    ],
)
def test_a_ratio_above_one_is_ours(figure: Figure, ratio: float | None, met: bool | None) -> None:
    assert figure.ratio == (ratio if ratio is None else pytest.approx(ratio))
    assert figure.met is met
    assert ("met" in line(figure)) is (met is not None)
    assert ("MISSED" in table([figure])) is (met is False)


def test_a_result_says_what_it_was_measured_on() -> None:
    assert machine()["cores"] >= 1
    assert {"numpy", "polars"} <= machine()["libraries"].keys()
