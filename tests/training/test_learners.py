"""What every family of models must do: the one contract that a new one joins by standing in FAMILIES.

Tables and trees give the same bits saved and restored, in one row and in a batch, with features in any
order and rows in any layout. Contributions add up to the margin, exactly for tables, to 1e-9 for trees,
and they are Shapley values: for tables among the training leads, for trees along their paths.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadlight.data.schema import Column, Schema
from leadlight.model.blend import RUNTIMES, Blend, Learner, runtime_of
from leadlight.model.encode import Encoder, Feature
from leadlight.model.points import Points
from leadlight.model.trees import Trees
from leadlight.training.learners import ENSEMBLE, FAMILIES, SETS, SPACES, glassbox
from leadlight.training.learners.boosting import boost
from leadlight.training.learners.settings import Settings, Span
from tests.conftest import TIER
from tests.model.shapley import among_leads, of_trees, shapley

ROWS = 1500
ADD_UP = {"points": 0.0, "trees": 1e-9}
SHAPLEY = {"points": 1e-9, "trees": 1e-6}
OTHER_SHAPLEY = 0.02

families = pytest.mark.parametrize("family", FAMILIES)


@dataclass(frozen=True)
class World:
    """Leads as an encoder has coded them, and their outcome."""

    encoder: Encoder
    codes: np.ndarray
    outcome: np.ndarray
    typed: pl.DataFrame


SCHEMA = Schema(
    (
        Column("visits", kind="number"),
        Column("source"),
        Column("seen", kind="date"),
        Column("minutes", kind="number"),
        Column("called", kind="flag"),
        Column("when", role="time", kind="date", used=False),
    )
)


@cache
def world(rows: int = ROWS) -> World:
    """Five columns that hang together, one pair of which says more than its parts."""
    dice = np.random.default_rng(7)
    interest = dice.normal(size=rows)
    visits = np.round(np.exp(interest + dice.normal(size=rows)))
    minutes = np.round(10 * np.exp(0.7 * interest + dice.normal(size=rows)), 1)
    source = np.array(["google", "direct", "fair", "partner", "list"])[
        dice.integers(0, 5, rows) % (1 + visits.astype(int) % 5)
    ]
    seen = dice.integers(0, 100, rows)
    called = dice.random(rows) < 0.5
    margin = 1.2 * np.log1p(visits) * (source != "google") + 0.08 * minutes * called - 1.5 - 0.01 * seen
    outcome = (dice.random(rows) < 1 / (1 + np.exp(-margin))).astype(float)
    gaps = dice.random((rows, 2)) < 0.1
    typed = pl.DataFrame(
        {
            "visits": pl.Series(visits).set(pl.Series(gaps[:, 0]), None),
            "source": pl.Series(source).set(pl.Series(gaps[:, 1]), None),
            "seen": pl.Series(seen.astype(np.int64) * 86_400_000_000).cast(pl.Datetime("us")),
            "minutes": minutes,
            "called": np.where(called, "yes", "no"),
            "when": pl.Series([200 * 86_400_000_000] * rows).cast(pl.Datetime("us")),
        }
    )
    encoder = Encoder.fit(typed, SCHEMA)
    return World(encoder, encoder.apply(typed), outcome, typed)


ROUNDS = {"forest": 10, "lightgbm": 100, "lightgbm_deep": 40, "xgboost": 100, "catboost": 60}
SHORT: dict[str, Settings] = {name: {"rounds": count} for name, count in ROUNDS.items()}
SHORT["neural"] = {"epochs": 3}
"""Members of an ensemble are families of their own here: together they need not learn for long. Nor need any
in the quick tests: the contract is the same."""
SHORT[ENSEMBLE] = {f"{name}.{key}": value for name, each in SHORT.items() for key, value in each.items()}


def fit_of(family: str) -> Any:
    is_short = TIER == "quick" or family == ENSEMBLE
    return partial(FAMILIES[family], settings=SHORT.get(family, {})) if is_short else FAMILIES[family]


def learn(family: str, of: World, seed: int = 0, **more: Any) -> Learner:
    return fit_of(family)(of.codes, of.outcome, of.encoder, seed=seed, **more)


@cache
def learnt(family: str) -> Learner:
    return learn(family, world())


def equal(one: Learner, other: Learner, codes: np.ndarray) -> bool:
    """The same bits in margin and contributions."""
    same = np.array_equal(one.margin(codes), other.margin(codes))
    return same and np.array_equal(one.contributions(codes), other.contributions(codes))


def restored(learner: Learner, sizes: Sequence[int]) -> Learner:
    """Through JSON and bytes, as a bundle holds it."""
    data = json.loads(json.dumps(learner.to_json(), allow_nan=False))
    arrays = {
        name: np.frombuffer(each.tobytes(), each.dtype).reshape(each.shape)
        for name, each in learner.to_arrays().items()
    }
    return RUNTIMES[runtime_of(learner)].restore(data, arrays, sizes)


@families
def test_saved_and_restored_it_is_the_same_bit_for_bit(family: str) -> None:
    again = restored(learnt(family), world().encoder.sizes)
    assert equal(again, learnt(family), world().codes)
    assert again.base == learnt(family).base
    assert {name: each.tobytes() for name, each in again.to_arrays().items()} == {
        name: each.tobytes() for name, each in learnt(family).to_arrays().items()
    }


@families
def test_what_goes_in_is_not_changed(family: str) -> None:
    of = world()
    weight = np.linspace(0.5, 2, ROWS)
    inputs = (of.codes.copy(order="F"), of.outcome.copy(), weight.copy())
    learner = fit_of(family)(inputs[0], inputs[1], of.encoder, seed=0, weight=inputs[2])
    learner.margin(inputs[0])
    learner.contributions(inputs[0])
    assert all(map(np.array_equal, inputs, (of.codes, of.outcome, weight)))


@families
def test_what_goes_in_may_be_read_only(family: str) -> None:
    codes, outcome = world().codes.copy(), world().outcome.copy()
    codes.flags.writeable = outcome.flags.writeable = False
    assert equal(fit_of(family)(codes, outcome, world().encoder, seed=0), learnt(family), codes)


@families
def test_the_order_of_features_does_not_matter(family: str) -> None:
    of = world()
    order = np.random.default_rng(5).permutation(len(of.encoder.features))
    encoder = replace(of.encoder, features=tuple(of.encoder.features[k] for k in order))
    codes = np.asfortranarray(of.codes[:, order])
    other = fit_of(family)(codes, of.outcome, encoder, seed=0)
    assert np.array_equal(other.margin(codes), learnt(family).margin(of.codes))
    gap = other.contributions(codes) - learnt(family).contributions(of.codes)[:, order]
    assert np.abs(gap).max() <= (0 if isinstance(other, Points) else 1e-12)


@families
def test_missing_and_unseen_values_are_scored(family: str) -> None:
    of, learner = world(), learnt(family)
    nothing = SCHEMA.apply(pl.DataFrame({"more": ["x"]}))
    strange = pl.DataFrame(
        {"visits": ["1e300"], "source": ["never seen"], "seen": ["9999-12-31"], "called": ["?"]}
    )
    for typed in (nothing, SCHEMA.apply(strange)):
        codes = of.encoder.apply(typed)
        assert np.isfinite(learner.margin(codes)).all()
        assert np.isfinite(learner.contributions(codes)).all()
    sizes = np.array(of.encoder.sizes)
    every = (np.arange(sizes.max())[:, None] % sizes).astype(np.uint16)
    assert np.isfinite(learner.margin(every)).all()
    assert np.abs(learner.margin(every)).max() < 50


@families
@pytest.mark.parametrize("size", [1, 7, 16, 17, 1000])
def test_one_row_is_a_batch(family: str, size: int) -> None:
    learner, codes = learnt(family), world().codes
    margins, parts = learner.margin(codes), learner.contributions(codes)
    for start in range(0, ROWS, max(size, 60)):
        rows = slice(start, start + size)
        assert np.array_equal(learner.margin(codes[rows]), margins[rows])
        assert np.array_equal(learner.contributions(codes[rows]), parts[rows])
    many = np.ascontiguousarray(np.tile(codes, (8, 1))[::-1])
    assert np.array_equal(learner.margin(many)[:ROWS], margins[::-1])
    assert learner.margin(codes[:0]).shape == (0,)
    assert learner.contributions(codes[:0]).shape == (0, codes.shape[1])


@families
def test_the_same_seed_is_the_same_model(family: str) -> None:
    again = learn(family, world())
    assert {name: each.tobytes() for name, each in again.to_arrays().items()} == {
        name: each.tobytes() for name, each in learnt(family).to_arrays().items()
    }
    assert again.to_json() == learnt(family).to_json()
    weighted = learn(family, world(), weight=np.ones(ROWS))
    assert np.abs(weighted.margin(world().codes) - learnt(family).margin(world().codes)).max() < 1e-6


def test_the_number_of_threads_does_not_matter() -> None:
    """The families that boost are the ones that use threads."""
    settings = {"num_leaves": 8, "feature_fraction_bynode": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1}
    one, two = (
        boost(world().codes, world().outcome, 3, {**settings, "seed": 1, "num_threads": threads})
        for threads in (1, 2)
    )
    assert one.to_text() == two.to_text()


@families
def test_contributions_add_up_to_the_margin(family: str) -> None:
    learner, codes = learnt(family), world().codes
    parts = learner.contributions(codes)
    gap = np.abs(learner.base + parts.sum(axis=1) - learner.margin(codes)).max()
    assert gap <= ADD_UP.get(runtime_of(learner), 1e-5)
    assert parts.shape == codes.shape
    assert np.abs(parts.mean(axis=0)).max() < (1e-10 if isinstance(learner, Points) else 0.2)


def shapley_values(learner: Learner, row: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Along the paths of trees, among the leads of others, and of several models by their weight."""
    if isinstance(learner, Trees):
        return of_trees(learner, row)
    if isinstance(learner, Blend):
        parts = zip(learner.weights, learner.parts, strict=True)
        return sum((w * shapley_values(part, row, codes) for w, part in parts), np.zeros(len(row)))
    return shapley(among_leads(learner.margin, row, codes))


@families
def test_contributions_are_shapley_values(family: str) -> None:
    learner, codes = learnt(family), world().codes
    assert codes.shape[1] <= 8
    for row in codes[:: ROWS // 6]:
        wanted = shapley_values(learner, row, codes)
        gap = np.abs(learner.contributions(row[None])[0] - wanted).max()
        assert gap < SHAPLEY.get(runtime_of(learner), OTHER_SHAPLEY)


@families
def test_it_learns(family: str) -> None:
    """It tells winners from losers among leads that it has not seen."""
    of, half = world(), ROWS // 2
    learner = fit_of(family)(of.codes[:half], of.outcome[:half], of.encoder, seed=0)
    margin, outcome = learner.margin(of.codes[half:]), of.outcome[half:]
    won, lost = margin[outcome == 1], margin[outcome == 0]
    assert (won[:, None] > lost[None, :]).mean() > 0.7
    even = np.full(len(outcome), -np.log(2))
    spoken = -np.logaddexp(0, np.where(outcome == 1, -margin, margin))
    assert spoken.mean() > even.mean()


def bare(codes: np.ndarray, outcome: np.ndarray) -> World:
    """Codes without leads behind them."""
    features = tuple(
        Feature(f"f{k}", "value", edges=tuple(float(edge) for edge in range(max(0, int(column.max()) - 1))))
        for k, column in enumerate(codes.T)
    )
    return World(Encoder(features), codes, outcome, pl.DataFrame())


CODES = np.arange(60, dtype=np.uint16) % 5
TURN = (np.arange(60) % 2).astype(float)
ODD = {
    "one feature": bare(CODES[:, None], TURN),
    "a constant feature": bare(np.column_stack([np.ones(60, dtype=np.uint16), CODES]), TURN),
    "everything missing": bare(np.zeros((60, 3), dtype=np.uint16), TURN),
    "few rows": bare(CODES[:40, None], TURN[:40]),
    "a feature that tells all": bare((1 + TURN[:, None]).astype(np.uint16), TURN),
    "a rare outcome": bare(CODES[:, None], (np.arange(60) == 7).astype(float)),
    "two features that are one": bare(np.column_stack([CODES, CODES]), TURN),
}


@families
@pytest.mark.parametrize("odd", ODD)
def test_odd_leads_give_a_sound_model(family: str, odd: str) -> None:
    of = ODD[odd]
    learner = learn(family, of)
    assert np.isfinite(learner.margin(of.codes)).all()
    assert np.abs(learner.margin(of.codes)).max() < 30
    parts = learner.contributions(of.codes)
    assert np.abs(learner.base + parts.sum(axis=1) - learner.margin(of.codes)).max() <= 1e-9
    assert equal(restored(learner, of.encoder.sizes), learner, of.codes)


def corners(family: str) -> list[Settings]:
    """The ends of every span, and each value of a choice; few rounds will do."""
    space = SPACES.get(family, ())
    if isinstance(space, tuple):
        return [settings for settings in space if settings.get("C") == 1.0]
    ends = []
    for end in (0, -1):
        found = {
            name: ((each.low, each.high) if isinstance(each, Span) else each)[end]
            for name, each in space.items()
        }
        ends.append(
            {name: min(found[name], 40) if name.endswith("rounds") else found[name] for name in found}
        )
    return ends


SET = [(family, settings) for family in FAMILIES for settings in corners(family)]


@pytest.mark.parametrize(
    ("family", "settings"), SET, ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.filterwarnings("ignore:The max_iter was reached")
def test_the_contract_holds_wherever_tuning_looks(family: str, settings: Settings) -> None:
    of = world()
    learner, again = (learn(family, of, settings=settings) for _ in range(2))
    assert equal(again, learner, of.codes[:200])
    assert equal(restored(learner, of.encoder.sizes), learner, of.codes[:200])
    margins, parts = learner.margin(of.codes), learner.contributions(of.codes[:200])
    assert np.isfinite(margins).all()
    assert np.abs(learner.base + parts.sum(axis=1) - margins[:200]).max() <= 1e-9
    for k in range(0, 200, 40):
        assert learner.margin(of.codes[k : k + 1])[0] == margins[k]
        assert np.array_equal(learner.contributions(of.codes[k : k + 1])[0], parts[k])


def test_the_table_of_families_is_whole() -> None:
    assert all(set(names) <= set(FAMILIES) for names in SETS.values())
    assert set(SPACES) <= set(FAMILIES)
    assert {runtime_of(learnt(family)) for family in FAMILIES} <= set(RUNTIMES)


def leads_with_pairs() -> World:
    """Wide features, so that pairs have coarser bins than their features."""
    dice = np.random.default_rng(3)
    shared = dice.normal(size=(2000, 1))
    columns = 0.6 * shared + 0.8 * dice.normal(size=(2000, 4))
    features = [
        Feature(f"x{k}", "value", edges=tuple(np.quantile(columns[:, k], np.arange(1, 40) / 40).tolist()))
        for k in range(3)
    ]
    features.append(Feature("x3", "level", levels=tuple(f"level {k}" for k in range(30))))
    codes = [feature.code_numbers(columns[:, k]) for k, feature in enumerate(features[:3])]
    codes.append(dice.integers(0, 32, 2000).astype(np.uint16))
    margin = columns[:, 0] * columns[:, 1] + (codes[3] > 20) * columns[:, 2]
    outcome = (dice.random(2000) < 1 / (1 + np.exp(-margin))).astype(float)
    return World(Encoder(tuple(features)), np.column_stack(codes).astype(np.uint16), outcome, pl.DataFrame())


PAIRED = leads_with_pairs()


def test_pairs_are_pure_and_coarse() -> None:
    """What a pair says, neither of its features says alone, on average over the training leads."""
    learner = learn("glassbox", PAIRED)
    assert isinstance(learner, Points)
    assert learner.pairs
    sizes = PAIRED.encoder.sizes
    for pair in learner.pairs:
        first, second = (
            np.bincount(PAIRED.codes[:, feature], minlength=sizes[feature]) / len(PAIRED.codes)
            for feature in (pair.first, pair.second)
        )
        assert np.abs(pair.full @ second).max() < 1e-6
        assert np.abs(first @ pair.full).max() < 1e-6
        assert max(pair.table.shape) <= 16
        assert pair.table.shape == (pair.first_bins.max() + 1, pair.second_bins.max() + 1)
    assert len({(pair.first, pair.second) for pair in learner.pairs}) == len(learner.pairs)


def test_without_pairs_there_are_none() -> None:
    learner = learn("glassbox_main", PAIRED)
    assert isinstance(learner, Points)
    assert not learner.pairs


@pytest.mark.parametrize("leaves", [2, 3])
def test_tables_say_what_the_trees_say(leaves: int) -> None:
    """Trees of one or two splits, written as tables, give the trees' margin."""
    settings: dict[str, Any] = {"num_leaves": leaves, "learning_rate": 0.2, "seed": 0}
    if leaves == 3:
        settings["interaction_constraints"] = [[0, 1], [1, 3], [2, 3]]
    trees = boost(PAIRED.codes, PAIRED.outcome, 60, settings)
    mains, pairs = glassbox._tables(trees, PAIRED.encoder.sizes)
    assert set(pairs) <= {(0, 1), (1, 3), (2, 3)}
    assert bool(pairs) is (leaves == 3)
    codes = PAIRED.codes.astype(np.intp)
    margin = sum(table[codes[:, k]] for k, table in enumerate(mains))
    margin = margin + sum(
        table[codes[:, first], codes[:, second]] for (first, second), table in pairs.items()
    )
    assert np.abs(margin - trees.margin(PAIRED.codes)).max() < 1e-9
