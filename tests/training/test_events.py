"""Training with events: what happens later changes nothing, planted truth is found, and noise is noise."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.data import frame
from leadlight.data.event_features import known_types
from leadlight.data.event_log import EventLog
from leadlight.data.planted import AFTERMATH, EVENTS, Planted
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.errors import ConfigError, TrainingError
from leadlight.model import metrics
from leadlight.model.bundle import Bundle
from leadlight.training.as_of import LeadLogs
from leadlight.training.fit import Trained, train
from leadlight.training.half_life import Fading, fitted_types
from leadlight.training.options import Options
from leadlight.training.prepare import Prepared, prepare
from leadlight.training.time_to_convert import LOST, OPEN, WON, TimeToConvert, cumulative_incidence

OPTIONS = Options(target="Stage", positive=("Won",), negative=("Lost",), models=["logistic"], folds=3)


@cache
def sample(seed: int = 1, rows: int = 2_500, **planted: Any) -> HistorySample:
    return generate_history(rows, seed, Planted(**planted))


def told(made: HistorySample, more: pl.DataFrame | None = None, **changes: Any) -> LeadLogs:
    events = made.events if more is None else pl.concat([made.events, more])
    return replace(LeadLogs(events, made.outcomes), **changes)


@cache
def prepared() -> Prepared:
    return prepare(sample().leads, OPTIONS, logs=told(sample()))


@cache
def trained() -> Trained:
    return train(sample().leads, OPTIONS, logs=told(sample()))


def arrivals() -> pl.DataFrame:
    created = pl.col("Created").str.to_datetime(time_unit="ms")
    return sample().leads.select(lead="Lead ID", arrived=created)


def account_of(bundle: Bundle) -> dict[str, Any]:
    assert bundle.record.events is not None
    found: dict[str, Any] = bundle.record.events["account"]
    return found


def test_every_lead_is_counted_once() -> None:
    """In = used + open + decided before the moment + too young; the outcomes say which.

    Of the used ones some are open for so long that they count as lost.
    """
    counts = prepared().counts
    parts = (counts.used, counts.open, counts.decided_early, counts.immature, counts.duplicates)
    assert counts.rows_in == sum(parts) + counts.rejected
    decided = sample().outcomes.join(arrivals(), on="lead")
    early = decided.filter(pl.col("at") < pl.col("arrived") + pl.duration(days=7))
    assert counts.decided_early == early.height > 0
    assert counts.immature > 0
    used = set(prepared().raw["Lead ID"])
    assert used.isdisjoint(early["lead"])


def test_open_leads_are_not_taken_for_lost() -> None:
    """Nobody younger than nine in ten take to buy is learnt from, however they ended."""
    watched = prepared().watched
    assert watched is not None
    assert watched.maturity.after > 7.0
    youngest = prepared().raw["Created"].str.to_datetime().max()
    assert frame.seconds_of(youngest) <= watched.maturity.until - watched.maturity.after * 86_400.0  # type: ignore[arg-type]


@settings(max_examples=3)
@given(st.integers(0, 10_000))
def test_later_events_change_no_column_of_training(seed: int) -> None:
    """Any events after the moments of the leads, appended: columns and half-lives stay as they were."""
    made, before = sample(), prepared()
    rng = np.random.Generator(np.random.PCG64(seed))
    chosen = before.raw.sample(200, seed=seed, with_replacement=True)
    at = chosen["Created"].str.to_datetime(time_unit="ms").dt.offset_by("7d")
    wait = pl.Series(rng.integers(1, 30 * 86_400_000, 200)).cast(pl.Duration("ms"))
    end = made.ends - pl.duration(seconds=1)
    late = pl.DataFrame({"lead": chosen["Lead ID"], "at": at + wait}).filter(pl.col("at") < end)
    kinds = pl.Series([EVENTS[k].name for k in rng.integers(0, len(EVENTS), late.height)], dtype=pl.String)
    more = late.select("lead", type=kinds, time="at", known_at="at", channel=pl.lit("Google"))
    after = prepare(made.leads, OPTIONS, logs=told(made, more.select(made.events.columns)))
    assert after.events == before.events
    assert after.raw.equals(before.raw)
    assert np.array_equal(after.test, before.test)


def test_later_events_change_no_figure_and_no_byte() -> None:
    """What buyers do after the outcome is taken, and leaves the model as it was but for the count."""
    extra = sample(aftermath=True).events.filter(pl.col("type").is_in(AFTERMATH))
    assert extra.height > 100
    again = train(sample().leads, OPTIONS, logs=told(sample(), extra)).bundle
    assert account_of(again)["taken"] - account_of(trained().bundle)["taken"] == extra.height
    before = replace(trained().bundle, record=again.record)
    assert before.to_bytes() == again.to_bytes()
    assert again.record.test == trained().bundle.record.test
    assert again.record.validation == trained().bundle.record.validation


def test_the_targets_of_the_test_part_teach_nothing() -> None:
    """Noise in the place of the test leads' outcomes changes no half-life and no column."""
    made, before = sample(), prepared()
    tested = before.raw["Lead ID"].gather(before.testing).to_list()
    flipped = made.leads.with_columns(
        pl.when(pl.col("Lead ID").is_in(tested))
        .then(pl.col("Stage").replace({"Won": "Lost", "Lost": "Won"}))
        .otherwise("Stage")
        .alias("Stage")
    )
    after = prepare(flipped, OPTIONS, logs=told(made))
    assert after.told_events == before.told_events
    assert after.events == before.events
    assert after.raw.drop("Stage").equals(before.raw.drop("Stage"))


def test_the_order_of_files_does_not_matter() -> None:
    """Leads and events in any order give the same bundle byte for byte."""
    made = sample()
    mixed = LeadLogs(
        made.events.sample(fraction=1.0, shuffle=True, seed=1),
        made.outcomes.sample(fraction=1.0, shuffle=True, seed=2),
    )
    again = train(made.leads.sample(fraction=1.0, shuffle=True, seed=3), OPTIONS, logs=mixed)
    assert account_of(again.bundle)["remarks"]["out_of_order"] > 0
    record = replace(again.bundle.record, events=trained().bundle.record.events)
    assert replace(again.bundle, record=record).to_bytes() == trained().bundle.to_bytes()


def test_a_bundle_keeps_its_events_and_plain_ones_their_format() -> None:
    """What events say is in the bundle; a model without them is written as ever."""
    bundle = trained().bundle
    again = Bundle.from_bytes(bundle.to_bytes())
    assert again.events == bundle.events is not None
    assert again.record.events == bundle.record.events
    plain = train(sample().leads, OPTIONS).bundle
    assert plain.events is None
    assert b'"format":1' in plain.to_bytes()
    assert b'"format":2' in bundle.to_bytes()


def half_lives(made: HistorySample) -> dict[str, Any]:
    found = prepare(made.leads, OPTIONS, logs=told(made)).events
    assert found is not None
    return {each.name: each for each in found.types}


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_half_lives_are_found(seed: int) -> None:
    """Of 20,000 leads each half-life is found within a quarter, and what fades not is not said to."""
    found = half_lives(generate_history(20_000, seed))
    for event in EVENTS:
        if event.half_life:
            assert found[event.name].fitted
            assert abs(found[event.name].half_life / event.half_life - 1.0) < 0.25


def auc_of(result: Trained, truth: dict[str, float]) -> tuple[float, float]:
    """Of the model that was tested, and of the true probability, on the test leads."""
    held = result.prepared.raw[result.prepared.testing.tolist()]
    outcome = result.prepared.outcome[result.prepared.testing]
    own = metrics.auc(outcome, result.tested.score(held).margin)
    return own, metrics.auc(outcome, np.array([truth[lead] for lead in held["Lead ID"]]))


def lifts(made: HistorySample) -> tuple[float, float, float]:
    """AUC with events, of the truth, and without events on the same leads."""
    options = replace(OPTIONS, models=["glassbox"], folds=5)
    truth = dict(made.truth.select("Lead ID", "Probability").iter_rows())
    result = train(made.leads, options, logs=told(made))
    assert result.prepared.events is not None
    plain = train(result.prepared.raw.drop(result.prepared.events.columns), options)
    return (*auc_of(result, truth), auc_of(plain, truth)[0])


@pytest.mark.long
def test_events_bring_the_model_up_to_the_truth() -> None:
    """Within a hundredth of the best that can be, and far above the model without events."""
    own, best, plain = lifts(generate_history(20_000, seed=1))
    assert own > best - 0.01
    assert own > plain + 0.03


@pytest.mark.long
def test_events_that_say_nothing_bring_nothing() -> None:
    """Pure noise lifts the AUC by half a hundredth at most."""
    own, _, plain = lifts(generate_history(20_000, seed=2, planted=Planted(events=0.0)))
    assert own < plain + 0.005


def test_a_clear_half_life_is_found_among_few() -> None:
    """One type with a strong effect, some thousand leads; the same without an effect is not called fitted."""
    rng = np.random.Generator(np.random.PCG64(5))
    leads, many = 6_000, 24_000
    row, age = rng.integers(0, leads, many), rng.uniform(0.0, 7.0, many)
    faded = np.bincount(row, 0.5 ** (age / 1.5), leads)
    noise = Fading(rng.integers(0, leads, many), np.ones(many, dtype=np.int64), age, leads, 2)
    kind = np.r_[np.zeros(many, dtype=np.int64), noise.kind]
    fading = Fading(np.r_[row, noise.row], kind, np.r_[age, age], leads, 2)
    outcome = (rng.random(leads) < 1.0 / (1.0 + np.exp(2.0 - 1.2 * faded))).astype(np.float64)
    told_types = fitted_types(("strong", "noise"), fading, outcome, np.zeros(leads), 7.0)
    assert told_types[0].fitted
    assert abs(told_types[0].half_life / 1.5 - 1.0) < 0.25
    assert not told_types[1].fitted


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_time_to_convert_is_the_aalen_johansen_curve() -> None:
    """The share won by each age, beside statsmodels, with ties, losses and censored leads."""
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    rng = np.random.Generator(np.random.PCG64(9))
    age = np.ceil(rng.exponential(30.0, 800))
    kind = rng.choice([OPEN, WON, LOST], 800, p=[0.2, 0.4, 0.4])
    days, share = cumulative_incidence(age, kind)
    known = duration.CumIncidenceRight(age, kind)
    wanted = dict(zip(known.times, known.cinc[0], strict=True))
    for day, part in zip(days, share, strict=True):
        if day in wanted:
            assert part == pytest.approx(wanted[day], abs=1e-9)
    curve = TimeToConvert.fit(age, kind)
    assert curve is not None
    assert curve.until(0.5) <= curve.until(0.9) <= curve.days[-1]
    assert TimeToConvert.fit(age[:30], np.full(30, LOST)) is None


def test_what_events_need_is_said() -> None:
    """An id, an arrival, and a moment that can be."""
    made = sample()
    cases: list[tuple[pl.DataFrame, Options, dict[str, Any], type[Exception], str]] = [
        (made.leads.drop("Lead ID"), OPTIONS, {}, TrainingError, "events_need_id"),
        (made.leads.drop("Created"), OPTIONS, {}, TrainingError, "events_need_time"),
        (made.leads, OPTIONS, {"moment": 0.0}, ConfigError, "moment_days"),
    ]
    for leads, options, changes, kind, code in cases:
        with pytest.raises(kind) as refusal:
            prepare(leads, options, logs=told(made, **changes))
        assert refusal.value.code == code  # type: ignore[attr-defined]


def test_events_without_outcomes_leave_nobody_out_for_them() -> None:
    """Where nobody says when leads were decided, only those younger than the moment are left out."""
    made = sample()
    found = prepare(made.leads, OPTIONS, logs=LeadLogs(made.events))
    assert found.counts.decided_early == 0
    assert found.told_events is not None
    assert found.told_events["time_to_convert"] is None


def test_types_are_learnt_on_the_training_part_alone() -> None:
    """A type that only test leads have is no column."""
    made, before = sample(), prepared()
    tested = before.raw["Lead ID"].gather(before.testing)
    arrived = dict(arrivals().iter_rows())
    at = [arrived[lead] for lead in tested]
    more = pl.DataFrame(
        {"lead": tested, "type": "Secret", "time": at, "known_at": at, "channel": "Google"},
        schema=made.events.schema,
    )
    found = prepare(made.leads, OPTIONS, logs=told(made, more)).events
    assert found is not None
    assert "Secret" not in {each.name for each in found.types}
    log = EventLog.read(more, made.leads["Lead ID"])
    assert known_types(log, np.full(len(log.ids), 9e9)) == ["Secret"]
