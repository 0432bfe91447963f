"""What several features say together: looked up as in a dictionary, kept as plain data, shared out whole."""

from __future__ import annotations

import json
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.errors import BundleError
from leadlight.model.crossing import WRITTEN_OUT, Crossing, narrowed, widened

SIZES = (5, 300, 7, 400)


@st.composite
def crossings(draw: st.DrawFn, wide: bool | None = None) -> Crossing:
    """Some features, some kinds that are known, one to three columns."""
    wide = draw(st.booleans()) if wide is None else wide
    sources = (1, 3, 0) if wide else tuple(draw(st.lists(st.sampled_from((0, 2)), min_size=1, max_size=3)))
    dice = np.random.default_rng(draw(st.integers(0, 999)))
    places = [dice.permutation(SIZES[source]) for source in sources]
    crossing = Crossing.of(sources, places)
    kinds = np.unique(dice.integers(0, prod(crossing.sizes), draw(st.integers(0, 60)))).astype(np.float64)
    count = draw(st.integers(1, 3))
    columns = dice.integers(0, 16, (count, len(kinds))).astype(np.uint16)
    return replace(
        crossing, kinds=kinds, columns=columns, others=dice.integers(0, 16, count).astype(np.uint16)
    )


def leads(rows: int = 300, seed: int = 0) -> np.ndarray:
    dice = np.random.default_rng(seed)
    return np.column_stack([dice.integers(0, size, rows) for size in SIZES]).astype(np.uint16)


def looked_up(crossing: Crossing, row: np.ndarray) -> list[int]:
    """One lead by hand."""
    kind = 0
    for source, places in zip(crossing.sources, crossing.places, strict=True):
        kind = kind * (max(places.tolist()) + 1) + int(places[row[source]])
    known = crossing.kinds.tolist()
    column = crossing.columns[:, known.index(kind)] if kind in known else crossing.others
    return [int(code) for code in column]


@given(crossings())
def test_each_lead_gets_what_stands_at_its_kind(crossing: Crossing) -> None:
    codes = leads()
    made = crossing.apply(codes)
    assert made.dtype == np.uint16
    assert [list(column) for column in made.T] == [looked_up(crossing, row) for row in codes]
    assert (prod(crossing.sizes) > WRITTEN_OUT) is (crossing.written is None)


@given(crossings(wide=True))
def test_a_kind_that_is_known_is_found_among_very_many(crossing: Crossing) -> None:
    assert crossing.written is None
    for place, kind in enumerate(crossing.kinds.astype(int).tolist()):
        lead = np.zeros((1, len(SIZES)), dtype=np.uint16)
        for source, places, size in reversed(
            list(zip(crossing.sources, crossing.places, crossing.sizes, strict=True))
        ):
            kind, own = divmod(kind, size)
            lead[0, source] = places.tolist().index(own)
        assert crossing.apply(lead)[:, 0].tolist() == crossing.columns[:, place].tolist()


@given(st.lists(crossings(), max_size=4))
def test_made_columns_stand_behind_the_others(some: list[Crossing]) -> None:
    codes = leads(50)
    wide = widened(some, codes)
    assert np.array_equal(wide[:, : len(SIZES)], codes)
    made = [column for crossing in some for column in crossing.apply(codes)]
    assert all(map(np.array_equal, wide[:, len(SIZES) :].T, made))
    assert np.array_equal(widened(some, codes[7:8]), wide[7:8])


@given(st.lists(crossings(), max_size=4))
def test_nothing_is_lost_when_it_is_shared_out(some: list[Crossing]) -> None:
    width = len(SIZES) + sum(each.count for each in some)
    parts = np.random.default_rng(1).normal(size=(20, width))
    shared = narrowed(some, parts.copy(), len(SIZES))
    assert shared.shape == (20, len(SIZES))
    assert np.abs(shared.sum(axis=1) - parts.sum(axis=1)).max() < 1e-12
    asked = {source for each in some for source in each.sources}
    for k in set(range(len(SIZES))) - asked:
        assert np.array_equal(shared[:, k], parts[:, k])


def kept(crossing: Crossing) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    data = json.loads(json.dumps(crossing.to_json()))
    return data, {name: values.copy() for name, values in crossing.to_arrays().items()}


@given(crossings())
def test_saved_and_restored_it_is_the_same(crossing: Crossing) -> None:
    again = Crossing.restore(*kept(crossing), SIZES)
    assert np.array_equal(again.apply(leads()), crossing.apply(leads()))
    assert again.columns_sizes == crossing.columns_sizes


def known() -> Crossing:
    crossing = Crossing.of((0, 2), [np.arange(5), np.arange(7)])
    columns = np.array([[1, 2, 3]], dtype=np.uint16)
    return replace(
        crossing, kinds=np.array([0.0, 3.0, 34.0]), columns=columns, others=np.array([0], dtype=np.uint16)
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kinds", np.array([0.0, 3.0, 35.0])),
        ("kinds", np.array([0.0, 3.0, 3.0])),
        ("kinds", np.array([-1.0, 3.0, 4.0])),
        ("kinds", np.array([0.0, 0.5, 4.0])),
        ("kinds", np.array([0.0, np.nan, 4.0])),
        ("kinds", np.array([0.0, 3.0])),
        ("kinds", np.array([0, 3, 34], dtype=np.int32)),
        ("columns", np.array([[1, 2, 70_000]], dtype=np.int32)),
        ("columns", np.array([[1, 2, -3]], dtype=np.int32)),
        ("columns", np.array([1, 2, 3], dtype=np.int32)),
        ("columns", np.zeros((0, 3), dtype=np.int32)),
        ("others", np.zeros(0, dtype=np.int32)),
        ("others", np.array([-1], dtype=np.int32)),
        ("places_0", np.arange(4, dtype=np.int32)),
        ("places_0", np.array([0, 1, 2, 3, -1], dtype=np.int32)),
        ("places_1", np.array([0, 1, 2, 3, 4, 5, 1 << 20], dtype=np.int32)),
        ("places_1", np.arange(7.0)),
    ],
)
def test_a_crossing_that_contradicts_itself_is_refused(name: str, value: np.ndarray) -> None:
    data, arrays = kept(known())
    Crossing.restore(data, arrays, SIZES)
    with pytest.raises(BundleError):
        Crossing.restore(data, arrays | {name: value}, SIZES)


@pytest.mark.parametrize("sources", [[], [0, 9], [-1, 2]])
def test_sources_that_are_not_there_are_refused(sources: list[int]) -> None:
    _, arrays = kept(known())
    with pytest.raises(BundleError):
        Crossing.restore({"sources": sources}, arrays, SIZES)
