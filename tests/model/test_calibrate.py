from __future__ import annotations

import json
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays

from leadlight.errors import BundleError
from leadlight.model.calibrate import Calibrator, Interval, choose, probability
from leadlight.model.metrics import NINETY
from leadlight.model.polyline import MOST_KNOTS, Polyline
from tests.model.bends import BENDS, World

BASES, SIZES = (0.05, 0.1, 0.25, 0.4, 0.6), (1000, 4000, 20_000)


def plain(value: object) -> object:
    return json.loads(json.dumps(value, allow_nan=False))


def loss(y: np.ndarray, margin: np.ndarray) -> float:
    return float(np.logaddexp(0, np.where(y, -margin, margin)).mean())


class TestCalibrator:
    def test_the_line_is_the_likeliest(self) -> None:
        y, margin, _ = World("too sure", 0.3, 1).draw(5000)
        found = Calibrator.fit(y, margin)
        best = loss(y, found.apply(margin))
        for slope, intercept in product((-0.05, 0.0, 0.05), repeat=2):
            other = Calibrator(found.slope + slope, found.intercept + intercept)
            assert loss(y, other.apply(margin)) > best - 1e-6

    def test_what_is_too_sure_becomes_right(self) -> None:
        y, margin, truth = World("too sure", 0.3, 2).draw(200_000)
        share = probability(Calibrator.fit(y, margin).apply(margin))
        assert share == pytest.approx(truth, abs=0.02)

    def test_weights_count_as_repeated_rows(self) -> None:
        y, margin, _ = World("straight", 0.3, 3).draw(300)
        weight = np.random.default_rng(0).integers(1, 4, 300)
        repeated = Calibrator.fit(np.repeat(y, weight), np.repeat(margin, weight))
        weighted = Calibrator.fit(y, margin, weight)
        assert weighted.slope == pytest.approx(repeated.slope)
        assert weighted.intercept == pytest.approx(repeated.intercept)

    def test_many_rows_give_the_same_line_as_exact_arithmetic(self) -> None:
        y, margin, _ = World("straight", 0.3, 4).draw(150_000)
        found = Calibrator.fit(y, margin)
        share = probability(found.apply(margin))
        assert abs((share - y).sum()) < 1
        assert abs(((share - y) * margin).sum()) < 10

    @given(
        arrays(bool, some.integers(1, 40)).flatmap(
            lambda y: some.tuples(some.just(y), arrays(float, len(y), elements=some.floats(-1e6, 1e6)))
        )
    )
    def test_any_leads_give_a_finite_rising_line(self, leads: tuple[np.ndarray, np.ndarray]) -> None:
        for found in (Calibrator.fit(*leads), Calibrator.fit_curve(*leads)):
            assert found.slope > 0
            ends = np.array([-1e7, 0.0, 1e7])
            assert np.isfinite(found.apply(ends)).all()
            assert (np.diff(found.apply(ends)) > 0).all()
            assert Calibrator.from_json(plain(found.to_json())) == found

    def test_perfect_separation_stays_finite(self) -> None:
        found = Calibrator.fit([0, 0, 0, 1, 1, 1], [-3, -2, -1, 1, 2, 3])
        assert 0.5 < probability(found.apply(3.0)) < 0.99

    def test_a_margin_that_runs_the_wrong_way_gives_nearly_the_base_rate(self) -> None:
        y, margin, _ = World("straight", 0.3, 5).draw(4000)
        share = probability(Calibrator.fit(y, -margin).apply(-margin))
        assert share == pytest.approx(y.mean(), abs=0.02)

    def test_one_margin_for_all_gives_the_base_rate(self) -> None:
        assert probability(Calibrator.fit([0, 0, 1, 1] * 50, [5.0] * 200).apply(5.0)) == pytest.approx(0.5)

    @pytest.mark.parametrize("bend", ["flat at the bottom", "wavy", "kinked below"])
    def test_a_bend_is_seen_and_straightened(self, bend: str) -> None:
        world = World(bend, 0.35, 6)
        y, margin, _ = world.draw(20_000)
        chosen = choose(y, margin, np.arange(len(y)) % 5)
        assert chosen.lift is not None
        assert len(chosen.lift.knots) <= MOST_KNOTS
        assert (np.diff(chosen.apply(np.sort(margin))) >= 0).all()
        assert (np.diff(chosen.apply(np.linspace(margin.min() - 2, margin.max() + 2, 999))) > 0).all()
        fresh, place, _ = world.draw(50_000)
        assert loss(fresh, chosen.apply(place)) < loss(fresh, Calibrator.fit(y, margin).apply(place)) - 0.002

    def test_a_straight_margin_keeps_the_line(self) -> None:
        lifted = 0
        for seed in range(20):
            y, margin, _ = World("too sure", 0.3, seed).draw(4000)
            lifted += choose(y, margin, np.arange(len(y)) % 5).lift is not None
        assert lifted <= 2

    def test_one_row_equals_a_batch(self) -> None:
        y, margin, _ = World("wavy", 0.35, 7).draw(5000)
        found = Calibrator.fit_curve(y, margin)
        whole = found.apply(margin)
        assert [found.apply(one) for one in margin[:500].tolist()] == whole[:500].tolist()
        assert np.array_equal(found.apply(margin[::-3]), whole[::-3])

    def test_row_order_does_not_matter(self) -> None:
        y, margin, _ = World("wavy", 0.35, 8).draw(5000)
        other = np.random.default_rng(0).permutation(len(y))
        first, second = Interval.fit(y, margin), Interval.fit(y[other], margin[other])
        assert first == second

    @pytest.mark.parametrize(
        "broken",
        [
            [],
            {"slope": 0.0, "intercept": 0.0},
            {"slope": -1.0, "intercept": 0.0},
            {"slope": True, "intercept": 0.0},
            {"slope": float("nan"), "intercept": 0.0},
            {"slope": 1.0},
            {"slope": 1.0, "intercept": 0.0, "lift": {"knots": [0.0, 1.0], "values": [0.0, -2.0]}},
            {"slope": 1.0, "intercept": 0.0, "lift": {"knots": [1.0, 0.0], "values": [0.0, 0.0]}},
            {"slope": 1.0, "intercept": 0.0, "lift": {"knots": [1.0], "values": [0.0]}},
            {"slope": 1.0, "intercept": 0.0, "lift": {"knots": list(range(65)), "values": [0] * 65}},
            {"slope": 1.0, "intercept": 0.0, "lift": {"knots": "01", "values": [0, 0]}},
        ],
    )
    def test_a_broken_one_is_refused(self, broken: object) -> None:
        with pytest.raises(BundleError):
            Calibrator.from_json(broken)


class TestInterval:
    def test_low_is_under_the_probability_and_high_over_it(self) -> None:
        for bend, seed in product(BENDS, range(3)):
            y, margin, _ = World(bend, 0.2, seed).draw(800)
            interval = Interval.fit(y, Calibrator.fit(y, margin).apply(margin))
            places = np.linspace(-12, 12, 3001)
            low, high = interval.apply(places)
            assert (low >= 0).all()
            assert (low <= probability(places)).all()
            assert (probability(places) <= high).all()
            assert (high <= 1).all()
            assert (np.diff(low) >= -1e-15).all()
            assert (np.diff(high) >= -1e-15).all()
            assert len(interval.low.knots) <= MOST_KNOTS
            assert Interval.from_json(plain(interval.to_json())) == interval

    def test_one_row_equals_a_batch(self) -> None:
        y, margin, _ = World("wavy", 0.35, 7).draw(5000)
        interval = Interval.fit(y, margin)
        low, high = interval.apply(margin)
        assert [interval.apply(one) for one in margin[:500].tolist()] == list(
            zip(low[:500], high[:500], strict=True)
        )
        assert np.array_equal(interval.apply(margin[::-3])[0], low[::-3])

    def test_more_leads_make_it_narrower(self) -> None:
        widths = []
        for rows in (500, 5000, 50_000):
            y, margin, _ = World("straight", 0.3, 1).draw(rows)
            low, high = Interval.fit(y, margin).apply(margin[:500])
            widths.append((high - low).mean())
        assert widths[0] > 1.7 * widths[1] > 2.5 * widths[2]

    @given(
        arrays(bool, some.integers(1, 60)).flatmap(
            lambda y: some.tuples(some.just(y), arrays(float, len(y), elements=some.floats(-30, 30)))
        )
    )
    def test_any_leads_give_an_interval(self, leads: tuple[np.ndarray, np.ndarray]) -> None:
        low, high = Interval.fit(*leads).apply(leads[1])
        assert ((low >= 0) & (low <= high) & (high <= 1)).all()

    @pytest.mark.parametrize("values", [[-0.1, 0.5], [0.5, 1.1]])
    def test_rates_outside_zero_and_one_are_refused(self, values: list[float]) -> None:
        table = {"knots": [0.0, 1.0], "values": values}
        with pytest.raises(BundleError):
            Interval.from_json({"low": table, "high": table})


def covered(bend: str, base: float, rows: int, seed: int) -> tuple[float, float, float, float]:
    """Share of new leads whose true rate is inside, and mean width: ours, then Wilson's for deciles."""
    world = World(bend, base, seed)
    y, margin, _ = world.draw(rows)
    line = Calibrator.fit(y, margin)
    _, place, truth = world.draw(4000)
    low, high = Interval.fit(y, line.apply(margin)).apply(line.apply(place))
    edges = np.quantile(margin, np.arange(1, 10) / 10)
    decile = np.searchsorted(edges, margin)
    count = np.bincount(decile, minlength=10)
    mean = np.bincount(decile, weights=y, minlength=10) / count
    centre = (mean + NINETY**2 / count / 2) / (1 + NINETY**2 / count)
    half = NINETY * np.sqrt(mean * (1 - mean) / count + (NINETY / count) ** 2 / 4) / (1 + NINETY**2 / count)
    own = np.searchsorted(edges, place)
    inside = (np.abs(truth - centre[own]) <= half[own]).mean()
    return ((low <= truth) & (truth <= high)).mean(), (high - low).mean(), inside, 2 * half[own].mean()


def test_nine_in_ten_intervals_hold_the_true_rate(count: Callable[[int], int]) -> None:
    """Over nine shapes, five base rates, three sizes; narrower than deciles, which cover far less."""
    worlds = list(product(BENDS, BASES, SIZES))
    worlds = worlds[:: 2 if count(100) == 1 else 1]
    found = np.mean([covered(*world, seed) for world in worlds for seed in range(count(20))], axis=0)
    assert 0.85 <= found[0] <= 0.95
    assert found[1] < found[3]
    assert found[2] < found[0]


@pytest.mark.long
@pytest.mark.parametrize("rows", SIZES)
@pytest.mark.parametrize("base", BASES)
def test_they_hold_at_every_size_and_base_rate(rows: int, base: float, count: Callable[[int], int]) -> None:
    found = np.mean(
        [covered(bend, base, rows, seed) for bend in BENDS for seed in range(max(8, count(40)))], axis=0
    )
    assert 0.85 <= found[0] <= 0.95


class TestPolyline:
    def test_it_goes_through_its_knots_and_is_flat_outside(self) -> None:
        line = Polyline((0.0, 1.0, 3.0), (1.0, 5.0, 4.0))
        assert line.apply(np.array([-9.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0])).tolist() == [1, 1, 3, 5, 4.5, 4, 4]

    @given(
        arrays(float, some.integers(2, MOST_KNOTS), elements=some.floats(-50, 50), unique=True), some.data()
    )
    def test_one_row_equals_a_batch_equals_numpy(self, knots: np.ndarray, data: some.DataObject) -> None:
        knots = np.unique(np.round(knots, 6))
        if len(knots) < 2:
            return
        values = data.draw(arrays(float, len(knots), elements=some.floats(-1, 1)))
        line = Polyline.fit(knots, values)
        places = np.concatenate([np.linspace(-60, 60, 997), knots])
        found = line.apply(places)
        assert [line.apply(place) for place in places.tolist()] == found.tolist()
        assert found == pytest.approx(np.interp(places, line.knots, line.values), abs=1e-9)
        assert Polyline.from_json(plain(line.to_json())) == line
