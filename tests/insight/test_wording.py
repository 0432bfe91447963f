"""Numbers in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.insight import wording


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.0123, "1.2 %"),
        (0.0994, "9.9 %"),
        (0.0996, "10 %"),
        (0.9876, "99 %"),
        (0.9952, "99.5 %"),
        (None, "none"),
        (float("nan"), "none"),
    ],
)
def test_shares(share: float | None, said: str) -> None:
    assert wording.percent(share) == said


@given(st.floats(0, 1))
def test_a_share_is_off_by_half_a_point_at_most(share: float) -> None:
    assert abs(float(wording.percent(share).removesuffix(" %")) / 100 - share) <= 0.005 + 1e-9


@given(st.floats(1e-4, 1e7) | st.floats(-1e7, -1e-4))
def test_a_measure_keeps_three_digits(value: float) -> None:
    read = float(wording.measure(value).replace(",", ""))
    assert read == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (1550, "1,550"),
        (12.96, "13"),
        (2.244, "2.24"),
        (-0.05, "-0.05"),
        (12345678, "12,345,678"),
        (1.2e13, "1.2e+13"),
    ],
)
def test_measures(value: float, said: str) -> None:
    assert wording.measure(value) == said


def test_lists() -> None:
    assert wording.listed([]) == ""
    assert wording.listed(["a"]) == "a"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
    assert wording.some(["a", "b", "c", "d", "e"], 2) == "a, b and 3 more"


def test_names_are_cut_where_they_would_fill_the_page() -> None:
    assert len(wording.short("x" * 500)) == wording.LONGEST
    assert wording.quoted("City") == "“City”"
    assert (wording.counted(1, "lead"), wording.counted(2000, "lead")) == ("1 lead", "2,000 leads")
