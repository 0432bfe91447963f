"""Faults that are planted into a batch are named, and clean batches stay quiet."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.insight.watching import CODES, watched
from leadlight.model.bundle import Bundle
from leadlight.ready import Model
from tests.insight.feeds import FAULTS, LATE, batch, learnt
from tests.worlds import world

SETTINGS = {"models": ["logistic"], "folds": 3}


@pytest.fixture(scope="module")
def model() -> Model:
    return ll.train(learnt(1), target="Converted", time="Created", id="Lead ID", **SETTINGS)


@pytest.mark.parametrize("fault", [*FAULTS, LATE])
def test_a_planted_fault_is_named(model: Model, fault: str, count: Callable[[int], int]) -> None:
    """Within a thousand leads: an alarm with the fault's own code, in each batch."""
    for seed in range(max(1, count(20))):
        if fault == LATE:
            codes, found = {"outcomes_late"}, model.watch(batch(seed, slower=4.0))
        else:
            plant, codes = FAULTS[fault]
            found = model.watch(plant(batch(seed)))
        assert {each.code for each in found.alarms} & codes, (seed, found.findings)


def test_clean_batches_stay_quiet(model: Model, count: Callable[[int], int]) -> None:
    """At most one false alarm in a hundred batches that came in right after the training."""
    batches = max(10, count(100))
    loud = [seed for seed in range(batches) if model.watch(batch(1_000 + seed)).alarms]
    assert len(loud) <= batches // 100, loud


def test_clean_batches_of_other_companies_stay_quiet(count: Callable[[int], int]) -> None:
    """Companies of all sorts: half of the leads are learnt from, a batch of the others is looked at."""
    companies, loud, seen = max(2, count(60)), [], 0
    for seed in range(companies):
        made = world(seed, leak=False, honest_auc=0.8)
        mixed = made.frame[np.random.default_rng(seed).permutation(made.frame.height).tolist()]
        half = mixed.height // 2
        model = ll.train(
            mixed[:half], target=made.target, positive=[made.positive], id=made.identity, **SETTINGS
        )
        found = model.watch(mixed[half : half + 1_000])
        seen += 1
        if found.alarms:
            loud.append((seed, [each.code for each in found.alarms]))
    assert seen == companies
    assert len(loud) <= companies // 100, loud


def test_a_batch_that_came_before_is_seen(model: Model) -> None:
    """Under new ids, with the earlier batch at hand."""
    clean = batch(5)
    again = clean.with_columns(pl.col("Lead ID") + "-again")
    assert not model.watch(again).alarms
    found = model.watch(again, earlier=clean)
    assert "batch_repeated" in {each.code for each in found.alarms}


def test_few_leads_say_nothing(model: Model) -> None:
    found = model.watch(FAULTS["times a thousand"][0](batch(3))[:30])
    assert [each.code for each in found.findings] == ["few_leads"]


def test_leads_without_outcomes_or_times_are_watched(model: Model) -> None:
    """What is not there is not judged."""
    found = model.watch(batch(3).drop("Converted", "Created", "Lead ID"), allow_missing=True)
    assert not found.alarms
    assert found.decided == 0


def test_a_bundle_of_before_is_watched(model: Model) -> None:
    """Without the record of the feed, columns and scores are looked at still."""
    data = model.bundle.reference.to_json()
    data.pop("feed")
    from dataclasses import replace

    from leadlight.model.reference import Reference

    old = replace(model.bundle, reference=Reference.from_json(data))
    assert "feed" not in Bundle.from_bytes(old.to_bytes()).reference.to_json()
    assert "unit_changed" in {
        each.code for each in watched(old, FAULTS["times a thousand"][0](batch(2))).alarms
    }


def test_the_record_of_the_feed_survives_the_file(model: Model) -> None:
    again = Bundle.from_bytes(model.bundle.to_bytes())
    assert again.reference == model.bundle.reference
    assert again.hash == model.bundle.hash


def test_findings_are_plain_and_known(model: Model) -> None:
    """Every code has its line; no lead's value is in a message beyond what the bundle holds."""
    plant, _ = FAULTS["a renamed category"]
    found = model.watch(plant(batch(4))).to_json()
    assert {each["code"] for each in found["findings"]} <= CODES.keys()
    assert "Renamed by somebody" not in str(found)
