"""The glass box runtime: exact sums in any order, and nothing restored that contradicts itself."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.errors import BundleError
from leadlight.model.points import GRAIN, LARGEST, PAIR_GRAIN, Pair, Points, rounded
from tests.model.changes import with_array, with_data, with_value

SIZES = (5, 3, 20, 4)


def made(seed: int = 0) -> Points:
    dice = np.random.default_rng(seed)
    tables = [dice.normal(scale=3, size=size) for size in SIZES]
    return Points.of(
        dice.normal(), tables, [pair(dice, 0, 2, (3, 4)), pair(dice, 3, 1, (4, 3)), pair(dice, 2, 3, (16, 2))]
    )


def pair(dice: np.random.Generator, first: int, second: int, sides: tuple[int, int]) -> Pair:
    bins = [
        np.sort(dice.integers(0, side, SIZES[feature]))
        for feature, side in zip((first, second), sides, strict=True)
    ]
    return Pair(first, second, bins[0], bins[1], dice.normal(size=sides))


def codes_of(seed: int = 0, rows: int = 200) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return np.column_stack([dice.integers(0, size, rows) for size in SIZES]).astype(np.uint16)


def test_the_margin_is_the_sum_of_what_the_tables_say() -> None:
    points = made()
    for row in codes_of(rows=50).tolist():
        parts = [points.base, *(table[code] for table, code in zip(points.tables, row, strict=True))]
        parts += [
            each.table[each.first_bins[row[each.first]], each.second_bins[row[each.second]]]
            for each in points.pairs
        ]
        parts += [0.0]
        assert points.margin(np.array([row], dtype=np.uint16))[0] == math.fsum(parts)
        full = [each.full[row[each.first], row[each.second]] for each in points.pairs]
        assert full == parts[1 + len(SIZES) : -1]


@given(st.integers(0, 10**6), st.randoms())
def test_sums_are_exact_in_any_order(seed: int, dice: Any) -> None:
    points, codes = made(seed), codes_of(seed, 20)
    parts = points.contributions(codes)
    margins = points.margin(codes)
    for row, margin in zip(parts.tolist(), margins.tolist(), strict=True):
        terms = [points.base, *row]
        dice.shuffle(terms)
        assert sum(terms) == math.fsum(terms) == margin
    assert np.array_equal(points.base + parts.sum(axis=1), margins)


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_one_row_is_a_batch_bit_for_bit(layout: Any) -> None:
    points, codes = made(), codes_of()
    margins, parts = points.margin(layout(codes)), points.contributions(layout(codes))
    for k in range(0, len(codes), 17):
        assert points.margin(codes[k : k + 1])[0] == margins[k]
        assert np.array_equal(points.contributions(codes[k : k + 1])[0], parts[k])
    assert points.margin(codes[:0]).shape == (0,)
    assert points.contributions(codes[:0]).shape == (0, len(SIZES))


def test_a_pair_belongs_to_its_two_features_in_equal_parts() -> None:
    points = Points.of(0.0, [np.zeros(size) for size in SIZES], [made().pairs[0]])
    parts = points.contributions(codes_of())
    assert np.array_equal(parts[:, 0], parts[:, 2])
    assert np.array_equal(parts[:, 0] * 2, points.margin(codes_of()))
    assert not parts[:, [1, 3]].any()


@given(st.floats(-1000, 1000), st.sampled_from([GRAIN, PAIR_GRAIN]))
def test_rounding_goes_to_the_grain(value: float, grain: float) -> None:
    near = rounded(np.array([value]), grain)[0]
    assert (near * grain).is_integer()
    assert abs(near - value) <= 0.5 / grain
    assert math.copysign(1, near) > 0 or near < 0


@given(st.floats(0.1, 3), st.floats(-3, 3), st.integers(0, 99))
def test_a_line_is_folded_into_the_tables(slope: float, intercept: float, seed: int) -> None:
    points, codes = made(seed), codes_of(seed)
    scaled = points.scaled(slope, intercept)
    assert np.abs(scaled.margin(codes) - (points.margin(codes) * slope + intercept)).max() < 1e-10
    parts = scaled.contributions(codes)
    assert np.array_equal(scaled.base + parts.sum(axis=1), scaled.margin(codes))
    assert all((table * GRAIN % 1 == 0).all() for table in scaled.tables)


def test_centred_contributions_average_zero_and_the_margin_stays() -> None:
    points, codes = made(), codes_of(rows=500)
    centred = points.centred(codes)
    assert np.abs(centred.margin(codes) - points.margin(codes)).max() < 1e-10
    assert np.abs(centred.contributions(codes).mean(axis=0)).max() < 1e-11
    assert centred.base == pytest.approx(points.margin(codes).mean(), abs=1e-10)
    assert all(
        np.array_equal(one.table, two.table) for one, two in zip(centred.pairs, points.pairs, strict=True)
    )


@given(st.permutations(range(4)))
def test_features_can_stand_anywhere(order: list[int]) -> None:
    points, codes = made(), codes_of()
    placed = points.placed(order)
    there = np.empty_like(codes)
    there[:, order] = codes
    assert np.array_equal(placed.margin(there), points.margin(codes))
    assert np.array_equal(placed.contributions(there)[:, order], points.contributions(codes))


def test_saving_and_restoring_changes_nothing() -> None:
    points, codes = made(), codes_of()
    data = json.loads(json.dumps(points.to_json()))
    arrays = {
        name: np.frombuffer(values.tobytes(), values.dtype).reshape(values.shape)
        for name, values in points.to_arrays().items()
    }
    restored = Points.restore(data, arrays, SIZES)
    assert np.array_equal(restored.margin(codes), points.margin(codes))
    assert np.array_equal(restored.contributions(codes), points.contributions(codes))
    assert restored.to_json() == points.to_json()


HOSTILE = {
    "table of another size": with_array("table_0", lambda values: values[:-1]),
    "table with a side too many": with_array("table_0", lambda values: values[:, None]),
    "table of small floats": with_array("table_0", lambda values: values.astype(np.float32)),
    "table of integers": with_array("table_0", lambda values: values.astype(np.int64)),
    "table of objects": with_array("table_0", lambda values: values.astype(object)),
    "table of texts": with_array("table_0", lambda values: values.astype(str)),
    "table in another byte order": with_array("table_0", lambda values: values.astype(">f8")),
    "table of complex numbers": with_array("table_0", lambda values: values.astype(complex)),
    "not a number": with_value("table_1", math.nan),
    "infinite": with_value("table_1", -math.inf),
    "huge": with_value("table_1", LARGEST),
    "off the grain": with_value("table_1", 2.0**-41),
    "tiny": with_value("table_1", 5e-324),
    "pair not a number": with_value("pair_0", math.nan),
    "pair infinite": with_value("pair_0", math.inf),
    "pair huge": with_value("pair_0", 1e300),
    "pair off its grain": with_value("pair_0", 2.0**-40),
    "pair without a side": with_array("pair_0", np.ravel),
    "pair empty": with_array("pair_0", lambda values: values[:0]),
    "pair too low": with_array("pair_2", lambda values: values[:1]),
    "pair too narrow": with_array("pair_2", lambda values: values[:, :1]),
    "bin out of range": with_value("pair_0_first", 255),
    "bins of another size": with_array("pair_0_second", lambda values: values[:-1]),
    "bins below zero": with_array("pair_0_second", lambda values: values.astype(np.int8) - 3),
    "bins that are no integers": with_array("pair_0_second", lambda values: values.astype(np.float64)),
    "pair of a feature beyond": with_data(pairs=[[0, 4], [3, 1], [2, 3]]),
    "pair of a feature before": with_data(pairs=[[-1, 2], [3, 1], [2, 3]]),
    "pair with itself": with_data(pairs=[[2, 2], [3, 1], [2, 3]]),
    "base not a number": with_data(base=math.nan),
    "base huge": with_data(base=1e10),
    "base as words": with_data(base="infinity"),
    "too few tables": with_data(tables=3),
    "too many tables": with_data(tables=5),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_contradicts_itself_is_not_restored(change: Any) -> None:
    points = made()
    data, arrays = points.to_json(), points.to_arrays()
    change(data, arrays)
    with pytest.raises(BundleError):
        Points.restore(data, arrays, SIZES)


@pytest.mark.parametrize("sizes", [(5, 3, 20), (5, 3, 20, 4, 2), (5, 3, 4, 20), (6, 3, 20, 4)])
def test_another_encoder_is_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(BundleError):
        Points.restore(made().to_json(), made().to_arrays(), sizes)
