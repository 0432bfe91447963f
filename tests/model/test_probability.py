from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leadlight.model.probability import logit, probability

MARGINS = np.random.default_rng(0).normal(0, 6, 4000)
SHARES = probability(MARGINS)


@pytest.mark.parametrize("length", range(1, 101))
def test_one_row_equals_a_batch_of_any_length_and_offset(length: int) -> None:
    for offset in range(9):
        part = MARGINS[offset : offset + length]
        assert np.array_equal(probability(part), SHARES[offset : offset + length])
    assert [probability(margin) for margin in MARGINS[:length].tolist()] == SHARES[:length].tolist()


def test_memory_layout_does_not_matter() -> None:
    matrix = np.zeros((4000, 3))
    matrix[:, 1] = MARGINS
    unaligned = np.frombuffer(b"\0" + MARGINS.tobytes(), dtype=np.float64, offset=1)
    assert np.array_equal(probability(MARGINS[::-1]), SHARES[::-1])
    assert np.array_equal(probability(MARGINS[::7]), SHARES[::7])
    assert np.array_equal(probability(matrix[:, 1]), SHARES)
    assert np.array_equal(probability(matrix)[:, 1], SHARES)
    assert np.array_equal(probability(np.asfortranarray(matrix))[:, 1], SHARES)
    assert np.array_equal(probability(unaligned), SHARES)


def test_a_million_rows_equal_single_rows_and_take_little_time() -> None:
    margins = np.random.default_rng(1).normal(0, 6, 1_000_000)
    start = time.perf_counter()
    shares = probability(margins)
    assert time.perf_counter() - start < 0.5
    for row in range(0, len(margins), 997):
        assert probability(float(margins[row])) == shares[row]


@given(some.floats(allow_nan=False))
def test_any_number_gives_a_probability(margin: float) -> None:
    share = probability(margin)
    assert 0.0 <= share <= 1.0
    assert share == probability(np.array([margin]))[0]
    assert share == pytest.approx(1 / (1 + math.exp(-min(max(margin, -700), 700))), rel=1e-15)


def test_the_bits_are_the_same_on_every_machine() -> None:
    """Written down once: another processor or C library has to give the same."""
    known = {-3.7: "0x1.8b4c0ffc14fbep-6", 0.0: "0x1.0000000000000p-1", 1.25: "0x1.8dfa3f55dc7cap-1"}
    assert {margin: probability(margin).hex() for margin in known} == known


def test_a_higher_margin_never_has_a_lower_probability() -> None:
    neighbours = 1.0 + np.arange(200_000) * np.spacing(1.0)
    assert (np.diff(probability(neighbours)) >= 0).all()
    assert (np.diff(probability(np.sort(MARGINS))) >= 0).all()


def test_the_input_is_left_alone() -> None:
    margins = MARGINS.copy()
    probability(margins)
    assert np.array_equal(margins, MARGINS)


def test_missing_stays_missing() -> None:
    assert math.isnan(probability(math.nan))


def test_logit_turns_it_back() -> None:
    assert logit(SHARES) == pytest.approx(MARGINS, abs=1e-6)
    assert np.isfinite(logit([0.0, 1.0])).all()
