"""The network: sums before a bend are exact, reasons are Shapley values, and no odd array is restored."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.errors import BundleError
from leadlight.model.network import GRAIN, REACH, Network
from leadlight.model.points import Points
from tests.model.changes import with_array, with_data, with_value
from tests.model.shapley import among_leads, shapley

SIZES = (5, 3, 20, 4)


def codes_of(seed: int = 0, rows: int = 300) -> np.ndarray:
    """Leads whose features hang together."""
    dice = np.random.default_rng(seed)
    shared = dice.random(rows)
    columns = [np.minimum((shared + dice.random(rows)) / 2 * size, size - 1) for size in SIZES]
    return np.column_stack(columns).astype(np.uint16)


def made(seed: int = 0, units: int = 12, strength: float = 0.5) -> Network:
    dice = np.random.default_rng(seed)
    return Network.of(
        dice.normal(),
        [dice.normal(size=size) for size in SIZES],
        [dice.normal(scale=strength, size=(size, units)) for size in SIZES],
        dice.normal(size=units) / 2,
        dice.normal(size=units) / math.sqrt(units),
        codes_of(seed),
    )


def restored(network: Network, change: Callable[[Any, Any], None] = lambda data, arrays: None) -> Network:
    data = json.loads(json.dumps(network.to_json()))
    arrays = {
        name: np.frombuffer(values.tobytes(), values.dtype).reshape(values.shape)
        for name, values in network.to_arrays().items()
    }
    change(data, arrays)
    return Network.restore(data, arrays, SIZES)


def test_the_margin_is_what_the_formula_says() -> None:
    network = made()
    for row, margin in zip(codes_of().tolist(), network.margin(codes_of()).tolist(), strict=True):
        before = [
            math.fsum(
                [bias, *(float(table[code, unit]) for table, code in zip(network.deep, row, strict=True))]
            )
            for unit, bias in enumerate(network.bias.tolist())
        ]
        bent = [
            value / math.sqrt(1 + value * value) * weight
            for value, weight in zip(before, network.output.tolist(), strict=True)
        ]
        straight = [table[code] for table, code in zip(network.wide, row, strict=True)]
        assert margin == pytest.approx(math.fsum([network.intercept, *straight, *bent]), abs=1e-13)


@given(st.integers(0, 10**6), st.permutations(range(4)))
def test_features_can_stand_anywhere(seed: int, order: list[int]) -> None:
    network, codes = made(seed), codes_of(seed, 40)
    there = np.empty_like(codes)
    there[:, order] = codes
    placed = network.placed(order)
    assert np.array_equal(placed.margin(there), network.margin(codes))
    assert np.abs(placed.contributions(there)[:, order] - network.contributions(codes)).max() < 1e-12


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
@pytest.mark.parametrize("units", [1, 2, 3, 40, 321])
def test_one_row_is_a_batch_bit_for_bit(layout: Any, units: int) -> None:
    network, codes = made(units=units), codes_of()
    margins, parts = network.margin(layout(codes)), network.contributions(layout(codes))
    for size in (1, 2, 5, 15, 31):
        for start in range(0, 260, 26):
            rows = slice(start, start + size)
            assert np.array_equal(network.margin(codes[rows]), margins[rows])
            assert np.array_equal(network.contributions(codes[rows]), parts[rows])


@given(st.integers(0, 10**6), st.floats(0.01, 30))
def test_contributions_add_up_however_strong_the_network(seed: int, strength: float) -> None:
    network, codes = made(seed, strength=strength), codes_of(seed, 40)
    parts = network.contributions(codes)
    assert np.isfinite(parts).all()
    assert np.abs(network.base + parts.sum(axis=1) - network.margin(codes)).max() < 1e-12


@pytest.mark.parametrize(("strength", "allowed"), [(0.03, 1e-4), (0.1, 1e-3), (0.5, 0.05)])
@pytest.mark.parametrize("seed", range(3))
def test_contributions_are_shapley_values_against_the_leads(
    strength: float, allowed: float, seed: int
) -> None:
    """Leads whose features hang together, as they do; the gentler the bends, the closer."""
    network, codes = made(seed, strength=strength), codes_of(seed)
    for row in codes[::50]:
        wanted = shapley(among_leads(network.margin, row, codes))
        assert np.abs(network.contributions(row[None])[0] - wanted).max() < allowed


def test_a_network_without_bends_is_a_table_a_feature() -> None:
    network, codes = made(strength=0.0), codes_of()
    points = Points(network.intercept, network.wide)
    straight = network.margin(codes) - points.margin(codes)
    assert np.ptp(straight) < 1e-12
    assert np.abs(network.contributions(codes) - points.contributions(codes)).max() < 1e-12


def test_a_feature_that_says_nothing_has_no_part() -> None:
    network = made()
    silent = Network.of(
        0.0,
        [np.zeros(SIZES[0]), *network.wide[1:]],
        [np.ones((SIZES[0], len(network.bias))), *network.deep[1:]],
        network.bias,
        network.output,
        codes_of(),
    )
    assert not silent.contributions(codes_of())[:, 0].any()
    assert silent.contributions(codes_of())[:, 1:].all()


def test_tables_average_zero_over_the_leads_and_the_base_is_their_mean() -> None:
    network, codes = made(), codes_of()
    for k, (wide, deep) in enumerate(zip(network.wide, network.deep, strict=True)):
        assert abs(wide[codes[:, k]].mean()) < 1e-11
        assert np.abs(deep[codes[:, k]].mean(axis=0)).max() <= 1 / GRAIN
    assert network.base == pytest.approx(network.margin(codes).mean(), abs=1e-12)
    assert network.contributions(codes).mean() == pytest.approx(0.0, abs=1e-12)


def test_against_other_leads_the_margin_stays() -> None:
    network, others = made(), codes_of(9)[:150]
    moved = network.centred(others)
    assert np.abs(moved.margin(others) - network.margin(others)).max() < 1e-3
    assert moved.base == pytest.approx(network.margin(others).mean(), abs=1e-3)


def test_no_weight_is_so_large_that_sums_lose_digits() -> None:
    network = made(strength=1e5)
    assert restored(network).margin(codes_of()).tolist() == network.margin(codes_of()).tolist()
    assert np.abs(network.bias).max() + sum(np.abs(table).max() for table in network.deep) <= REACH


def test_saving_and_restoring_changes_nothing() -> None:
    network, codes = made(), codes_of()
    again = restored(network)
    assert np.array_equal(again.margin(codes), network.margin(codes))
    assert np.array_equal(again.contributions(codes), network.contributions(codes))
    assert again.to_json() == network.to_json()


HOSTILE = {
    "tables of another length": with_array("deep", lambda values: values[:-1]),
    "tables of another width": with_array("deep", lambda values: values[:, :-1]),
    "tables in a row": with_array("deep", np.ravel),
    "tables of large floats": with_array("deep", lambda values: values.astype(np.float64)),
    "tables of integers": with_array("deep", lambda values: values.astype(np.int32)),
    "tables of objects": with_array("deep", lambda values: values.astype(object)),
    "tables in another byte order": with_array("deep", lambda values: values.astype(">f4")),
    "table not a number": with_value("deep", math.nan),
    "table infinite": with_value("deep", math.inf),
    "table huge": with_value("deep", 1e30),
    "table off the grain": with_value("deep", 2.0**-15),
    "tables that reach too far": with_array("deep", lambda values: np.full_like(values, 300.0)),
    "points of another length": with_array("wide", lambda values: values[1:]),
    "points not a number": with_value("wide", math.nan),
    "points huge": with_value("wide", -1e300),
    "points off the grain": with_value("wide", 2.0**-41),
    "bias of another length": with_array("bias", lambda values: values[:-1]),
    "bias not a number": with_value("bias", math.nan),
    "bias off the grain": with_value("bias", 1e-40),
    "output of another length": with_array("output", lambda values: np.append(values, 0.0)),
    "output not a number": with_value("output", math.nan),
    "output huge": with_value("output", 1e300),
    "spread below zero": with_value("spread", -1e-3),
    "spread not a number": with_value("spread", math.nan),
    "spread huge": with_value("spread", 1e300),
    "spread of another shape": with_array("spread", np.transpose),
    "skew huge": with_value("skew", -1e300),
    "skew of another shape": with_array("skew", np.transpose),
    "shared skew not a number": with_value("shared_skew", math.nan),
    "shared infinite": with_value("shared", -math.inf),
    "shared of small floats": with_array("shared", lambda values: values.astype(np.float32)),
    "no units": with_data(units=0),
    "units below zero": with_data(units=-12),
    "too many units": with_data(units=10**9),
    "other units": with_data(units=11),
    "base not a number": with_data(base=math.nan),
    "base huge": with_data(base=1e10),
    "intercept infinite": with_data(intercept=math.inf),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_contradicts_itself_is_not_restored(change: Any) -> None:
    with pytest.raises(BundleError):
        restored(made(), change)


@pytest.mark.parametrize("sizes", [(5, 3, 20), (5, 3, 20, 4, 2), (6, 3, 20, 4)])
def test_another_encoder_is_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(BundleError):
        Network.restore(made().to_json(), made().to_arrays(), sizes)


@pytest.mark.parametrize("name", ["shared", "skew", "shared_skew"])
def test_moments_that_no_leads_can_have_give_finite_parts(name: str) -> None:
    """The sums hold all the same."""
    network = restored(made(), with_array(name, lambda values: np.full_like(values, -500.0)))
    parts = network.contributions(codes_of())
    assert np.isfinite(parts).all()
    assert np.abs(network.base + parts.sum(axis=1) - network.margin(codes_of())).max() < 1e-9
