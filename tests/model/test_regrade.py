"""Policies set anew from the counts that a bundle keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

import leadlight
from leadlight.data.sample import generate
from leadlight.errors import PolicyError
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy
from leadlight.model.regrade import outcome_on_test, regraded
from leadlight.model.training_record import TrainingRecord


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return leadlight.train(generate(1_500, 3).leads, target="Converted", models=["logistic"], folds=3).bundle


def test_the_policy_it_was_trained_with_is_found_again(bundle: Bundle) -> None:
    """The counts are kept in cells, so the line may move by a cell and no more."""
    again = regraded(regraded(bundle, Policy.cuts(0.9)), Policy.meet())
    before, after = outcome_on_test(bundle), outcome_on_test(again)
    assert abs(before.calls - after.calls) <= 0.05 * before.leads


def test_a_policy_that_holds_already_moves_nothing(bundle: Bundle) -> None:
    """Under other names neither, and after a policy that has numbers."""
    for before in (bundle, regraded(bundle, Policy.precision(0.5))):
        grades = before.scorer.grades
        renamed = regraded(before, grades.policy.named("A", "B", "C"))
        assert regraded(before, grades.policy).scorer.grades == grades
        assert replace(renamed.scorer.grades, policy=grades.policy) == grades
        assert [each["name"] for each in renamed.training["policy"]["grades"]] == ["A", "B", "C"]


def test_a_stricter_line_calls_fewer_who_buy_more_often(bundle: Bundle) -> None:
    loose, strict = (outcome_on_test(regraded(bundle, Policy.cuts(hot))) for hot in (0.3, 0.6))
    assert strict.calls < loose.calls
    assert strict.precision.value > loose.precision.value  # type: ignore[operator]


def test_a_capacity_calls_its_share(bundle: Bundle) -> None:
    outcome = outcome_on_test(regraded(bundle, Policy.capacity(200, 1000)))
    assert outcome.calls / outcome.leads == pytest.approx(0.2, abs=0.07)


def test_it_is_a_bundle_like_any_other(bundle: Bundle) -> None:
    changed = regraded(bundle, Policy.cuts(0.5))
    loaded = Bundle.from_bytes(changed.to_bytes())
    assert loaded.scorer.grades == changed.scorer.grades
    assert loaded.training["policy"]["leads"] == outcome_on_test(changed).leads


def test_without_counts_there_is_nothing_to_set_it_on(bundle: Bundle) -> None:
    bare = replace(bundle, record=TrainingRecord.from_json({}))
    with pytest.raises(PolicyError) as refusal:
        regraded(bare, Policy.meet())
    assert refusal.value.code == "no_tally"
