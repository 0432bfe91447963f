from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from leadlight.errors import BundleError, PolicyError
from leadlight.model import metrics
from leadlight.model.grade import Grades, margin_at, rank
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from tests.model.test_metrics import leads

POLICIES = (
    Policy(),
    Policy.cuts(0.7, 0.4),
    Policy.cuts(0.6),
    Policy.capacity(200, 1000),
    Policy.capacity(50, 20),
    Policy.precision(0.6),
    Policy.value(20, 100),
    Policy.value(0, 100),
    Policy.meet(warm=0.25),
)


def plain(value: object) -> object:
    return json.loads(json.dumps(value, allow_nan=False))


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("policy", POLICIES, ids=str)


@each()
@pytest.mark.parametrize("levels", [None, 3])
def test_a_higher_margin_never_has_a_worse_grade(policy: Policy, levels: int | None) -> None:
    y, margin = leads(2000, levels)
    grades = Grades.fit(policy, y, margin)
    places = np.sort(np.append(margin, [-800, 800, grades.hot, grades.warm, np.nextafter(grades.hot, -9)]))
    codes = grades.apply(places)
    assert (np.diff(codes.astype(int)) <= 0).all()
    assert grades.hot >= grades.warm
    assert np.isfinite([grades.hot, grades.warm, grades.line]).all()
    assert np.array_equal(grades.call(places), codes == 0)
    assert [grades.name(place) for place in places.tolist()] == [grades.names[code] for code in codes]


@each()
def test_it_comes_back_from_its_plain_form(policy: Policy) -> None:
    y, margin = leads(1000)
    grades = Grades.fit(policy.named("high", "medium", "low"), y, margin)
    assert grades.names == ("high", "medium", "low")
    assert Grades.from_json(plain(grades.to_json())) == grades


@each()
def test_the_outcome_counts_every_lead_once(policy: Policy) -> None:
    y, margin = leads(3000)
    grades = Grades.fit(policy, y, margin)
    found = grades.outcome(y, margin)
    call = grades.call(margin)
    assert (found.leads, found.conversions, found.calls) == (3000, y.sum(), call.sum())
    assert found.called_conversions == (y & call).sum()
    assert found.precision.value == pytest.approx(metrics.precision(y, call))
    assert found.recall.value == pytest.approx(metrics.recall(y, call))
    assert found.precision.low <= found.precision.value <= found.precision.high
    assert sum(grade.leads for grade in found.grades) == 3000
    assert sum(grade.conversions for grade in found.grades) == y.sum()
    assert sum(grade.share for grade in found.grades) == pytest.approx(1)
    plain(found.to_json())


def test_cuts_are_probabilities_to_the_last_bit() -> None:
    grades = Grades.fit(Policy.cuts(0.7, 0.4), None, [])
    for cut, share in ((grades.hot, 0.7), (grades.warm, 0.4)):
        assert probability(cut) >= share > probability(np.nextafter(cut, -1.0))


@given(some.floats(1e-9, 1 - 1e-9))
def test_a_probability_finds_its_margin(share: float) -> None:
    cut = margin_at(share)
    assert probability(cut) >= share
    assert probability(cut - 1e-6) < share


def test_cold_is_under_half_the_base_rate() -> None:
    y, margin = leads(3000)
    grades = Grades.fit(Policy(), y, margin)
    assert probability(grades.warm) == pytest.approx(y.mean() / 2)
    assert probability(Grades.fit(Policy(), y, margin, 0.1).warm) == pytest.approx(0.05)
    assert probability(Grades.fit(Policy.meet(warm=0.3), y, margin).warm) == pytest.approx(0.3)


def test_warm_never_begins_above_hot() -> None:
    grades = Grades.fit(Policy.value(1, 1000), *leads(500))
    assert grades.warm == grades.hot == grades.line


def test_meeting_is_the_default() -> None:
    y, margin = leads(3000)
    found = Grades.fit(Policy(), y, margin).outcome(y, margin)
    assert found.calls == found.conversions
    assert found.precision.value == found.recall.value


@given(some.integers(1, 400), some.integers(1, 400), some.sampled_from([None, 1, 4, 9]))
def test_capacity_is_kept(calls: int, arrivals: int, levels: int | None) -> None:
    _, margin = leads(700, levels)
    called = Grades.fit(Policy.capacity(calls, arrivals), None, margin).call(margin).sum()
    if calls >= arrivals:
        assert called == 700
        return
    best = (margin == margin.max()).sum()
    assert called <= 700 * calls / arrivals or called == best
    if levels is None:
        assert called >= max(1, np.floor(700 * calls / arrivals))


@pytest.mark.parametrize("asked", [0.5, 0.7, 0.85])
def test_a_precision_is_met_and_holds_on_other_leads(asked: float) -> None:
    held = []
    for seed in range(20):
        y, margin = leads(2000, seed=seed)
        grades = Grades.fit(Policy.precision(asked), y, margin)
        found = grades.outcome(y, margin)
        assert found.precision.value >= asked
        assert found.calls >= 20
        fresh, places = leads(20_000, seed=100 + seed)
        held.append(metrics.precision(fresh, grades.call(places)))
    assert np.mean(held) == pytest.approx(asked, abs=0.02)


def test_a_lucky_top_group_does_not_set_the_line() -> None:
    """Twenty of twenty converted where the probability is a half: that is luck."""
    margin = np.append(np.full(20, 0.1), np.linspace(0, -4, 2000))
    y = np.append(np.full(20, True), np.random.default_rng(0).random(2000) < probability(margin[20:]))
    with pytest.raises(PolicyError):
        Grades.fit(Policy.precision(0.9), y, margin)


def test_a_precision_out_of_reach_is_refused_with_the_best_there_is() -> None:
    y, margin = leads(2000)
    with pytest.raises(PolicyError, match=r"the best to be had is 0\.\d\d, with [\d,]+ of 2,000") as refusal:
        Grades.fit(Policy.precision(0.999), y, margin)
    assert refusal.value.code == "precision_out_of_reach"
    best = float(refusal.value.hint.split(" of ")[1].split()[0])
    assert Grades.fit(Policy.precision(best), y, margin).outcome(y, margin).precision.value >= best


def test_a_call_has_to_be_worth_it() -> None:
    y, margin = leads(1000)
    grades = Grades.fit(Policy.value(30, 100), y, margin)
    assert np.array_equal(grades.call(margin), probability(margin) * 100 > 30)
    found = grades.outcome(y, margin)
    assert found.value == found.called_conversions * 100 - found.calls * 30


def test_a_grade_under_twenty_leads_tells_its_name_alone() -> None:
    y, margin = leads(300)
    found = Grades.fit(Policy.cuts(0.99, 0.1), y, margin).outcome(y, margin)
    assert 0 < found.grades[0].leads < 20
    hot, warm, _ = found.to_json()["grades"]
    assert hot == {
        "name": "hot",
        "leads": None,
        "conversions": None,
        "share": None,
        "rate": {"value": None, "low": None, "high": None},
    }
    assert warm["leads"] == found.grades[1].leads


@pytest.mark.parametrize("policy", [Policy(), Policy.precision(0.5), Policy.capacity(1, 9)], ids=str)
def test_without_leads_it_is_refused(policy: Policy) -> None:
    with pytest.raises(PolicyError):
        Grades.fit(policy, [], [])


@pytest.mark.parametrize("policy", [Policy(), Policy.precision(0.5)], ids=str)
def test_without_outcomes_it_is_refused(policy: Policy) -> None:
    with pytest.raises(PolicyError, match="outcome"):
        Grades.fit(policy, None, [0.0] * 50)


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("best", {}),
        ("cuts", {}),
        ("cuts", {"hot": 1.0}),
        ("cuts", {"hot": 0.3, "warm": 0.4}),
        ("cuts", {"hot": float("nan")}),
        ("cuts", {"hot": "0.7"}),
        ("cuts", {"hot": 0.7, "tepid": 0.1}),
        ("capacity", {"calls": 5}),
        ("capacity", {"calls": 0, "arrivals": 5}),
        ("capacity", {"calls": 5, "arrivals": -1}),
        ("precision", {"precision": 80}),
        ("value", {"call_cost": 100, "deal_value": 100}),
        ("value", {"call_cost": -1, "deal_value": 100}),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(kind: str, numbers: dict[str, float]) -> None:
    with pytest.raises(PolicyError):
        Policy(kind, numbers)
    with pytest.raises(BundleError):
        Policy.from_json({"kind": kind, "numbers": numbers, "names": ["a", "b", "c"]})


@pytest.mark.parametrize("names", [("hot", "hot", "cold"), ("hot", "", "cold"), ("hot", "cold"), (1, 2, 3)])
def test_three_different_names_are_needed(names: tuple[str, ...]) -> None:
    with pytest.raises(PolicyError):
        Policy(names=names)


@pytest.mark.parametrize(
    "broken",
    [
        [],
        {},
        {"hot": 1.0, "warm": 2.0, "line": 1.0, "policy": Policy().to_json()},
        {"hot": 1.0, "warm": 0.0, "line": 1.0, "policy": {"kind": "meet"}},
        {"hot": 1.0, "warm": 0.0, "line": 1.0, "policy": []},
        {"hot": float("inf"), "warm": 0.0, "line": 1.0, "policy": Policy().to_json()},
    ],
)
def test_broken_grades_are_refused(broken: object) -> None:
    with pytest.raises(BundleError):
        Grades.from_json(broken)


class TestRank:
    @given(
        some.lists(
            some.tuples(some.integers(0, 5), some.text(min_size=1)),
            min_size=1,
            unique_by=lambda pair: pair[1],
        )
    )
    def test_margin_then_id(self, pairs: list[tuple[int, str]]) -> None:
        pairs = [(margin, name.replace("\0", "0")) for margin, name in pairs]
        order = rank([margin for margin, _ in pairs], [name for _, name in pairs])
        ranked = [pairs[row] for row in order]
        assert ranked == sorted(pairs, key=lambda pair: (-pair[0], pair[1]))

    def test_input_order_does_not_matter(self) -> None:
        dice = np.random.default_rng(0)
        margin, names = np.round(dice.normal(size=500), 1), np.array([f"id{k}" for k in range(500)])
        other = dice.permutation(500)
        assert np.array_equal(names[rank(margin, names)], names[other][rank(margin[other], names[other])])

    def test_without_ids_ties_keep_their_order(self) -> None:
        assert rank([1.0, 2.0, 1.0, 2.0]).tolist() == [1, 3, 0, 2]
