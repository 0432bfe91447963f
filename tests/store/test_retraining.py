"""Challengers trained by a watch: when, how often, one at a time, and what a failure does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.data.config import WatchConfig
from leadlight.data.sample import generate
from leadlight.errors import StoreError, TrainingError
from leadlight.flows import retrain
from leadlight.flows.adjust import accept, undo
from leadlight.flows.challenge import challenge, turn_to_train
from leadlight.flows.promote import model_in_service
from leadlight.flows.retrain import retrain_home
from leadlight.flows.watch import watch_home
from leadlight.model.bundle import Bundle
from leadlight.model.policy import Policy
from leadlight.store import Home, Store, create_store, watching
from leadlight.training.options import Options
from tests.store.test_proving import DAY, WHO, filled

ROWS, LEARNT = 3_000, 1_000
QUICK = Options(models=["logistic"], folds=2)
ON_ALARM, WEEKLY = WatchConfig("on-alarm"), WatchConfig("weekly")


@pytest.fixture(scope="module")
def leads() -> pl.DataFrame:
    return generate(ROWS, 6).leads


@pytest.fixture(scope="module")
def poor(leads: pl.DataFrame) -> Bundle:
    """A model that learnt little: of outcomes most of which were thrown about."""
    mixed = leads["Converted"][:LEARNT].to_numpy().copy()
    mixed[150:] = np.random.default_rng(1).permutation(mixed[150:])
    told = leads[:LEARNT].with_columns(Converted=pl.Series(mixed))
    model = ll.train(told, target="Converted", time="Created", models=["bayes"], folds=2, refuse=False)
    return model.with_policy(Policy.capacity(calls=250, arrivals=1_000)).bundle


@pytest.fixture
def home(tmp_path: Path, leads: pl.DataFrame, poor: Bundle) -> Iterator[tuple[Store, float]]:
    store = create_store(Home.of(tmp_path / "home", tmp_path))
    yield store, filled(store, leads, poor)
    store.close()


def serving(store: Store) -> str:
    found = model_in_service(store)
    assert found is not None
    return found.name


def test_an_alarm_has_a_challenger_trained_and_proposed(home: tuple[Store, float], poor: Bundle) -> None:
    """It is accepted past the gate and undone; the policy in service goes over to it."""
    store, now = home
    assert retrain_home(store, now, [], WatchConfig(), QUICK, WHO) is None
    idle = retrain_home(store, now, ["outcomes_late"], ON_ALARM, QUICK, WHO)
    assert idle is not None
    assert idle.status == "idle"
    faulty = retrain_home(store, now, ["ranking_fell", "unit_changed"], ON_ALARM, QUICK, WHO)
    assert faulty is not None
    assert (faulty.status, "unit_changed" in faulty.reason) == ("waiting", True)
    found = retrain_home(store, now, ["ranking_fell"], ON_ALARM, QUICK, WHO)
    assert found is not None
    assert (found.status, found.because) == ("proposed", ("ranking_fell",)), found.reason
    assert serving(store) == poor.name
    with store.reading() as connection:
        change = watching.adjustments_of(connection, "challenger")[0]
        shadows = connection.exec_driver_sql("SELECT count(*) FROM shadows").scalar()
        assert watching.mark(connection, watching.RETRAINING)["status"] == "proposed"
    assert shadows == ROWS
    again = retrain_home(store, now + 6 * DAY, ["ranking_fell"], ON_ALARM, QUICK, WHO)
    assert again is not None
    assert again.status == "waiting"
    accept(store, change.number, now + DAY, WHO)
    made = model_in_service(store)
    assert made is not None
    assert made.name == found.challenger
    assert made.scorer.grades.policy == poor.scorer.grades.policy
    undo(store, change.number, now + 2 * DAY, WHO)
    assert serving(store) == poor.name
    with store.reading() as connection:
        acts = connection.exec_driver_sql("SELECT act FROM audit ORDER BY number").scalars().all()
    told = [act for act in acts if act.startswith("challenger")]
    assert told == ["challenger_proposed", "challenger_applied", "challenger_undone"]


def test_a_schedule_promotes_where_it_may(home: tuple[Store, float]) -> None:
    store, now = home
    found = retrain_home(store, now, [], WatchConfig("weekly", promote=True), QUICK, WHO)
    assert found is not None
    assert found.status == "applied"
    assert serving(store) == found.challenger
    young = retrain_home(store, now + 7 * DAY, [], WEEKLY, QUICK, WHO)
    assert young is not None
    assert young.status in ("waiting", "refused", "proposed"), "the week is over, so that it is looked at"
    assert "newer than" not in young.reason


def test_two_watches_do_not_train_at_once(home: tuple[Store, float]) -> None:
    """The second waits, whatever process it runs in; a turn that nobody gave back is free after a day."""
    store, now = home
    other = create_store(store.home)
    with turn_to_train(other, now):
        found = retrain_home(store, now + 60, [], WEEKLY, QUICK, WHO)
        assert found is not None
        assert (found.status, "already" in found.reason) == ("waiting", True)
        with pytest.raises(StoreError) as refused:
            challenge(store, now + 60, QUICK, WHO)
        assert refused.value.code == "training_now"
    with store.writing() as connection:
        assert watching.begin_training(connection, now + 120)
        assert not watching.begin_training(connection, now + 180)
        assert watching.begin_training(connection, now + 2 * DAY)
    other.close()


@pytest.mark.parametrize(
    ("problem", "said"),
    [(TrainingError("No column is left."), "No column is left."), (MemoryError("7"), "MemoryError")],
)
def test_a_training_that_fails_is_told_and_ends_nothing(
    home: tuple[Store, float], monkeypatch: pytest.MonkeyPatch, problem: Exception, said: str
) -> None:
    store, now = home

    def broken(*_: object, **__: object) -> None:
        raise problem

    with monkeypatch.context() as patched:
        patched.setattr(retrain, "challenge", broken)
        found = retrain_home(store, now, [], WEEKLY, QUICK, WHO)
    assert found is not None
    assert found.status == "failed"
    assert said in found.reason
    assert "7" not in found.reason
    with store.reading() as connection:
        standing = [each["code"] for each in watching.open_alarms(connection)]
        acts = connection.exec_driver_sql("SELECT act FROM audit").scalars().all()
    assert standing == ["training_failed"]
    assert "challenger_failed" in acts
    assert "training_failed" in {each.code for each in watch_home(store, now + 60).found.alarms}
    waits = retrain_home(store, now + DAY, [], WEEKLY, QUICK, WHO)
    assert waits is not None
    assert waits.status == "waiting"
    challenge(store, now + DAY, QUICK, WHO)
    assert "training_failed" not in {each.code for each in watch_home(store, now + DAY).found.alarms}


def test_too_few_decided_leads_wait(home: tuple[Store, float], leads: pl.DataFrame) -> None:
    store, now = home
    fresh = ll.train(leads, target="Converted", time="Created", models=["bayes"], folds=2).bundle
    filled(store, leads[:10], fresh)
    found = retrain_home(store, now, [], WEEKLY, QUICK, WHO)
    assert found is not None
    assert found.status == "waiting"
    assert "decided since" in found.reason
