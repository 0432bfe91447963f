"""Typed leads as codes: bins with enough rows, rare levels together, and nothing learnt when applied."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data import frame
from leadlight.data.schema import Column, Schema
from leadlight.errors import BundleError
from leadlight.model.encode import BINS, LEVELS, SUPPORT, Encoder, Feature, between, quantile_edges

VALUES = st.one_of(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=300),
    st.lists(st.sampled_from([0.0, 1.0, 2.5, -7.0, 1e300]), min_size=1, max_size=300),
    st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 60)), min_size=1, max_size=20).map(
        lambda runs: [float(value) for value, times in runs for _ in range(times)]
    ),
    st.integers(0, 2**31).map(
        lambda seed: np.random.default_rng(seed).gamma(0.5, 10, 1500).round(1).tolist()
    ),
)


def held(values: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many values each bin holds."""
    places = np.searchsorted(np.array(edges), np.array(values), side="left")
    return np.bincount(places, minlength=len(edges) + 1).tolist()


@given(VALUES, st.sampled_from([2, 8, BINS]))
def test_every_bin_holds_twenty_rows(values: list[float], bins: int) -> None:
    edges = quantile_edges(np.array(values), bins)
    assert all(low < high for low, high in pairwise(edges))
    assert all(map(math.isfinite, edges))
    assert len(edges) <= 2 * bins
    if edges:
        assert min(held(values, edges)) >= SUPPORT
        assert min(values) <= edges[0] <= edges[-1] < max(values)
    if len(values) < 2 * SUPPORT or min(values) == max(values):
        assert edges == ()


@given(VALUES, st.sampled_from([2, 8, BINS]))
def test_no_bin_is_much_larger_than_the_others_without_need(values: list[float], bins: int) -> None:
    """A bin holds twice its share at most, but for a common value and the few around it."""
    edges = quantile_edges(np.array(values), bins)
    size = max(SUPPORT, math.ceil(len(values) / bins))
    places = np.searchsorted(np.array(edges), np.array(values), side="left")
    for place in range(len(edges) + 1):
        inside = np.array(values)[places == place]
        most = np.unique(inside, return_counts=True)[1].max(initial=0)
        assert len(inside) - most < 2 * size


@given(
    st.integers(0, 2**31),
    st.floats(-50, 150),
    st.integers(30, 900),
)
def test_a_common_value_has_a_bin_of_its_own(seed: int, common: float, times: int) -> None:
    """But for fewer than twenty rows before and behind it, which are no bin."""
    values = np.r_[np.random.default_rng(seed).random(1000) * 100, np.full(times, common)]
    edges = quantile_edges(values, BINS)
    places = np.searchsorted(np.array(edges), values, side="left")
    beside = values[places == places[-1]]
    assert np.sum(beside < common) < SUPPORT
    assert np.sum(beside > common) < SUPPORT


@given(st.permutations(range(120)), st.integers(2, 30))
def test_bins_do_not_depend_on_the_order_of_rows(order: list[int], distinct: int) -> None:
    values = np.arange(120) % distinct * 0.1
    assert quantile_edges(values[list(order)], 4) == quantile_edges(values, 4)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_cut_lies_between_and_is_short(first: float, second: float) -> None:
    low, high = sorted((first, second))
    if low == high:
        return
    cut = between(low, high)
    assert low <= cut < high
    if math.nextafter(math.nextafter(low, high), high) < high and low < high - abs(high) * 1e-14:
        assert low < cut


@pytest.mark.parametrize(
    ("low", "high", "cut"),
    [
        (1.0, 2.0, 1.5),
        (0.0, 1.0, 0.5),
        (1000.0, 2000.0, 1500.0),
        (999.0, 1001.0, 1000.0),
        (-1.7e308, 1.7e308, 0.0),
        (1.6e308, 1.7e308, 1.65e308),
        (0.0, 5e-324, 0.0),
        (1.0, math.nextafter(1.0, 2.0), 1.0),
    ],
)
def test_cuts(low: float, high: float, cut: float) -> None:
    assert between(low, high) == pytest.approx(cut, rel=0.05)
    assert low <= between(low, high) < high


ROWS = 1200
START = datetime(2024, 1, 1)
SCHEMA = Schema(
    (
        Column("id", role="id", kind="text"),
        Column("when", role="time", kind="date", used=False),
        Column("visits", kind="number"),
        Column("typed", kind="number", missing="median"),
        Column("given", kind="number", missing=3.0),
        Column("source", kind="category"),
        Column("usual", kind="category", missing="mode"),
        Column("told", kind="category", missing=" GOOGLE"),
        Column("flag", kind="flag"),
        Column("seen", kind="date"),
        Column("note", kind="text"),
        Column("empty", kind="category"),
        Column("blank", kind="number"),
    )
)


def leads(seed: int = 0, rows: int = ROWS) -> pl.DataFrame:
    dice = np.random.default_rng(seed)
    number = np.where(dice.random(rows) < 0.4, 0, dice.gamma(2, 5, rows)).round(1)
    gaps = dice.random((rows, 3)) < 0.1
    words = dice.choice(
        ["google", "direct", "rare a", "rare b", "fair"], rows, p=[0.5, 0.38, 0.01, 0.01, 0.1]
    )
    moments = [START + timedelta(hours=int(hour)) for hour in dice.integers(0, 5000, rows)]
    numbers = pl.Series(number).set(pl.Series(gaps[:, 0]), None)
    levels = pl.Series(words).set(pl.Series(gaps[:, 1]), None)
    return pl.DataFrame(
        {
            "when": pl.Series(
                [
                    moment + timedelta(days=int(day))
                    for moment, day in zip(moments, dice.integers(0, 90, rows), strict=True)
                ]
            ),
            "visits": numbers,
            "typed": numbers,
            "given": numbers,
            "source": levels,
            "usual": levels,
            "told": levels,
            "flag": pl.Series(dice.choice(["yes", "no"], rows)),
            "seen": pl.Series(moments).set(pl.Series(gaps[:, 2]), None),
            "note": pl.Series([None if k % 7 == 0 else "x" * (k % 50) for k in range(rows)]),
            "empty": pl.Series([None] * rows, dtype=pl.String),
            "blank": pl.Series([None] * rows, dtype=pl.Float64),
        }
    )


TYPED = leads()
ENCODER = Encoder.fit(TYPED, SCHEMA)
CODES = ENCODER.apply(TYPED)
BY_NAME = {feature.name: k for k, feature in enumerate(ENCODER.features)}


def test_features_follow_the_schema() -> None:
    assert list(BY_NAME) == [
        "visits",
        "typed",
        "given",
        "source",
        "usual",
        "told",
        "flag",
        "seen (weekday)",
        "seen (hour)",
        "seen (age)",
        "note (length)",
        "empty",
        "blank",
    ]
    assert ENCODER.sizes == tuple(feature.size for feature in ENCODER.features)
    assert ENCODER.sizes[BY_NAME["empty"]] == ENCODER.sizes[BY_NAME["blank"]] == 2
    assert (CODES.max(axis=0) < ENCODER.sizes).all()
    assert not (CODES == 0)[:, BY_NAME["flag"]].any()


def test_rare_levels_are_other_and_no_rare_value_is_kept() -> None:
    feature = ENCODER.features[BY_NAME["source"]]
    assert feature.levels == ("google", "direct", "fair")
    codes = feature.code_levels(pl.Series(["fair", "rare a", "never seen", None, "google"]))
    assert codes.tolist() == [3, 4, 4, 0, 1]
    text = json.dumps(ENCODER.to_json())
    assert "rare" not in text
    for name, k in BY_NAME.items():
        counts = np.bincount(CODES[:, k], minlength=ENCODER.sizes[k])
        known = counts[1:-1] if ENCODER.features[k].take == "level" else counts[1:]
        assert (known >= SUPPORT).all() or name in ("empty", "blank")


def test_missing_is_a_code_or_what_was_asked_for() -> None:
    gone = TYPED.select("visits").to_series().is_null().to_numpy()
    assert (CODES[gone, BY_NAME["visits"]] == 0).all()
    assert not (CODES[~gone, BY_NAME["visits"]] == 0).any()
    middle = float(TYPED["visits"].median())  # type: ignore[arg-type]
    for name, value in (("typed", middle), ("given", 3.0)):
        feature = ENCODER.features[BY_NAME[name]]
        assert set(CODES[gone, BY_NAME[name]]) == set(feature.code_numbers(np.array([value])))
    lost = TYPED["source"].is_null().to_numpy()
    assert set(CODES[lost, BY_NAME["source"]]) == {0}
    assert set(CODES[lost, BY_NAME["usual"]]) == set(CODES[lost, BY_NAME["told"]]) == {1}


def test_a_given_level_that_is_rare_is_other() -> None:
    schema = Schema((Column("source", missing="Rare A"),))
    encoder = Encoder.fit(TYPED, schema)
    assert encoder.apply(pl.DataFrame({"source": [None]}, schema={"source": pl.String}))[0, 0] == 4


@given(st.randoms(), st.integers(1, 40))
def test_apply_learns_nothing(dice: random.Random, count: int) -> None:
    some = dice.sample(range(ROWS), count)
    assert np.array_equal(ENCODER.apply(TYPED[some]), CODES[some])
    assert np.array_equal(ENCODER.apply(TYPED[some[:1]]), CODES[some[:1]])


def test_the_order_of_rows_and_of_columns_does_not_matter() -> None:
    order = np.random.default_rng(1).permutation(ROWS).tolist()
    assert Encoder.fit(TYPED[order], SCHEMA).to_json() == ENCODER.to_json()
    assert Encoder.fit(TYPED.select(reversed(TYPED.columns)), SCHEMA).to_json() == ENCODER.to_json()


def test_the_leads_are_not_changed() -> None:
    typed = leads(3)
    before = typed.clone()
    Encoder.fit(typed, SCHEMA).apply(typed)
    assert typed.equals(before)


def test_strange_leads_are_coded_all_the_same() -> None:
    strange = pl.DataFrame(
        {
            "visits": [1e300, -1e300, None],
            "source": ["never seen", "", None],
            "seen": [datetime(9999, 12, 31), datetime(1, 1, 1), None],
            "note": ["x" * 10_000, "", None],
        }
    )
    typed = SCHEMA.apply(strange)
    codes = ENCODER.apply(typed)
    assert (codes.max(axis=0) < ENCODER.sizes).all()
    visits = BY_NAME["visits"]
    assert codes[:, visits].tolist() == [ENCODER.sizes[visits] - 1, 1, 0]
    assert codes[:, BY_NAME["seen (age)"]].tolist() == [0, 0, 0]
    assert ENCODER.apply(typed[:0]).shape == (0, len(ENCODER.features))


def test_ages_are_counted_from_the_arrival_or_from_a_given_moment() -> None:
    feature = ENCODER.features[BY_NAME["seen (age)"]]
    some = TYPED.head(5)
    now = frame.seconds_of(START + timedelta(days=400))
    then = frame.seconds(some["seen"])
    assert (
        ENCODER.apply(some, now)[:, BY_NAME["seen (age)"]].tolist()
        == feature.code_numbers((now - then) / 86400).tolist()
    )
    arrived = frame.seconds(some["when"])
    assert (
        ENCODER.apply(some)[:, BY_NAME["seen (age)"]].tolist()
        == feature.code_numbers((arrived - then) / 86400).tolist()
    )
    hours = ENCODER.features[BY_NAME["seen (hour)"]]
    assert (
        CODES[:5, BY_NAME["seen (hour)"]].tolist()
        == hours.code_numbers(some["seen"].dt.hour().cast(pl.Float64).to_numpy()).tolist()
    )


def test_codes_stay_apart_in_the_engine() -> None:
    """LightGBM keeps 255 bins: no feature has more codes."""
    rows = LEVELS * 2 * SUPPORT
    typed = pl.DataFrame(
        {
            "source": [f"level {k % (2 * LEVELS)}" for k in range(rows)],
            "visits": np.arange(rows).astype(float),
        }
    )
    encoder = Encoder.fit(typed, Schema((Column("source"), Column("visits", kind="number"))))
    assert encoder.sizes == (LEVELS + 2, BINS + 1)
    assert max(encoder.sizes) <= 255
    runs = np.repeat(np.arange(2000) * 1.0, 1 + np.arange(2000) % 60)
    assert len(quantile_edges(runs, BINS)) + 2 <= 255


@pytest.mark.parametrize("name", ["count", "value", "", "*", "literal"])
def test_any_column_name_will_do(name: str) -> None:
    typed = pl.DataFrame({name: ["a", "b", None] * 30})
    encoder = Encoder.fit(typed, Schema((Column(name),)))
    assert encoder.apply(typed)[:3, 0].tolist() == [1, 2, 0]


def test_an_encoder_survives_json() -> None:
    restored = Encoder.from_json(json.loads(json.dumps(ENCODER.to_json())))
    assert restored == ENCODER
    assert np.array_equal(restored.apply(TYPED), CODES)


NUMBER = Feature("n", "value", edges=(1.0, 2.0)).to_json()
LEVEL = Feature("c", "level", levels=("a", "b")).to_json()
HOSTILE: dict[str, dict[str, Any]] = {
    "unsorted edges": NUMBER | {"edges": [2.0, 1.0]},
    "equal edges": NUMBER | {"edges": [1.0, 1.0]},
    "edge not a number": NUMBER | {"edges": [1.0, math.nan]},
    "edge infinite": NUMBER | {"edges": [1.0, math.inf]},
    "edge as words": NUMBER | {"edges": ["1", "nan"]},
    "doubled levels": LEVEL | {"levels": ["a", "a"]},
    "levels of a number": NUMBER | {"levels": ["a"]},
    "edges of a level": LEVEL | {"edges": [1.0]},
    "missing beyond": NUMBER | {"missing": 4},
    "missing below": LEVEL | {"missing": -1},
    "unknown take": NUMBER | {"take": "square"},
    "too many levels": LEVEL | {"levels": [str(k) for k in range(2**16)]},
    "too many edges": NUMBER | {"edges": [float(k) for k in range(2**16)]},
}


@pytest.mark.parametrize("feature", HOSTILE.values(), ids=HOSTILE)
def test_what_contradicts_itself_is_refused(feature: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        Encoder.from_json({"features": [feature], "declared": [], "time": None})


def test_a_feature_stands_once() -> None:
    with pytest.raises(BundleError):
        Encoder.from_json({"features": [NUMBER, NUMBER], "declared": [], "time": None})


def dated(dates: list[str]) -> tuple[pl.DataFrame, Schema]:
    schema = Schema((Column("Customer since", kind="date"),))
    return schema.apply(pl.DataFrame({"Customer since": dates})), schema


def test_without_a_time_of_arrival_dates_give_their_age_to_about_the_export() -> None:
    days = [f"2013-{month:02}-{day:02}" for month in range(1, 7) for day in range(1, 29)]
    typed, schema = dated([*days, "9999-12-31", "2014-01-02"])
    encoder = Encoder.fit(typed, schema)
    age = next(feature for feature in encoder.features if feature.take == "age")
    assert encoder.reference == datetime(2013, 7, 1, tzinfo=UTC).timestamp()
    assert max(age.edges) < 181
    again = Encoder.from_json(encoder.to_json())
    assert again == encoder
    assert np.array_equal(again.apply(typed), encoder.apply(typed))


def test_ages_are_counted_to_the_moment_that_is_given() -> None:
    typed, schema = dated([f"2013-{month:02}-{day:02}" for month in range(1, 7) for day in range(1, 29)])
    encoder = Encoder.fit(typed, schema)
    place = [feature.take for feature in encoder.features].index("age")
    years_later = datetime(2023, 7, 1, tzinfo=UTC).timestamp()
    assert (encoder.apply(typed, years_later)[:, place] == encoder.features[place].size - 1).all()


@pytest.mark.parametrize("moment", ["soon", True, float("inf"), {}])
def test_a_moment_of_reference_that_is_none_is_refused(moment: object) -> None:
    with pytest.raises(BundleError):
        Encoder.from_json({"features": [], "declared": [], "time": None, "reference": moment})
