"""The made-up history: the same for the same seed, and what is planted in it is true."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from leadlight.data.planted import COST_PER_LEAD, EVENTS, Planted
from leadlight.data.sample import generate
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.errors import ConfigError
from tests.data.test_sample import auc, csv

DAY = pl.duration(days=1)


@pytest.fixture(scope="module")
def large() -> HistorySample:
    return generate_history(20_000, seed=3)


def joined(sample: HistorySample) -> pl.DataFrame:
    """Events beside the arrival and the end of their lead."""
    arrived = sample.leads.select(lead="Lead ID", arrived=pl.col("Created").str.to_datetime(time_unit="ms"))
    ended = sample.outcomes.select("lead", "outcome", ended="at")
    return sample.events.join(arrived, on="lead", how="left").join(ended, on="lead", how="left")


def test_plain_leads_stay_as_they_were() -> None:
    """Figures and fixtures rest on the leads of a seed: their bytes are for ever."""
    assert hashlib.sha256(csv(generate(500, seed=7).leads)).hexdigest() == (
        "66647c9ac97b5cb7bcb8db37c1c614f8faab98a31e644c843624afe334d17c2a"
    )


def test_the_same_seed_gives_the_same_history() -> None:
    """One call is like another, of any size, and another seed is another history."""
    for rows in (1, 40, 700):
        once, again = (generate_history(rows, seed=4, planted=Planted(aftermath=True)) for _ in range(2))
        for name, frame in vars(once).items():
            if isinstance(frame, pl.DataFrame):
                assert frame.equals(getattr(again, name))
    assert not generate_history(700, 5).events.equals(generate_history(700, 6).events)


def test_undecided_leads_buy_as_often_as_the_truth_says(large: HistorySample) -> None:
    """In each tenth by probability, among those still undecided at the moment."""
    told = large.truth.filter(pl.col("Days to Decision") > 7.0)
    probability, bought = told["Probability"].to_numpy(), told["Buys"].to_numpy()
    for part in np.array_split(np.argsort(probability, kind="stable"), 10):
        error = np.sqrt((probability[part] * (1 - probability[part])).sum())
        assert abs((bought - probability)[part].sum()) < 4.0 * error + 1.0
    assert 0.87 < auc(bought, probability) < 0.94


def test_nothing_happens_before_arrival_or_after_the_end(large: HistorySample) -> None:
    """Events lie between arrival and outcome, contacts as well, and nothing is known later than the end."""
    log = joined(large)
    assert (log["time"] > log["arrived"]).all()
    assert log.filter(pl.col("ended").is_not_null() & (pl.col("time") > pl.col("ended"))).is_empty()
    assert (log["known_at"] >= log["time"]).all()
    assert log["known_at"].max() <= large.ends
    assert 0.01 < (log["known_at"] > log["time"]).mean() < 0.05
    calls = large.contacts.join(large.outcomes.select("lead", ended="at"), on="lead")
    assert (calls["at"] <= calls["ended"]).all()


def test_buyers_act_after_the_outcome_on_request_only(large: HistorySample) -> None:
    """What tells the outcome can be planted, to see that it is found out."""
    assert set(large.events["type"]) == {event.name for event in EVENTS}
    log = joined(generate_history(2_000, seed=3, planted=Planted(aftermath=True)))
    after = log.filter(pl.col("time") > pl.col("ended"))
    assert set(after["type"]) == {"Contract signed", "Onboarding call"}
    assert (after["outcome"] == "Won").all()


def test_open_leads_are_those_not_decided_by_the_end(large: HistorySample) -> None:
    """Some leads are open, most of them young; the others have one outcome each."""
    waiting = ~large.leads["Stage"].is_in(["Won", "Lost"])
    assert 0.04 < waiting.mean() < 0.15
    assert large.outcomes["lead"].n_unique() == large.outcomes.height == (~waiting).sum()
    assert waiting[:10_000].sum() < waiting[10_000:].sum()
    assert large.outcomes.filter(pl.col("outcome") == "Won")["value"].null_count() == 0


def test_some_leads_are_never_worked(large: HistorySample) -> None:
    """Nobody contacts them, and they buy less than they would have."""
    never = large.truth.filter(pl.col("First Contact") == "never")
    assert 0.04 < never.height / large.truth.height < 0.15
    assert never.join(large.contacts, left_on="Lead ID", right_on="lead").is_empty()
    gain = large.truth["Probability within a Day"] - large.truth["Probability if never Worked"]
    assert 0.05 < gain.mean() < 0.2


def test_spend_is_what_the_leads_of_a_channel_cost(large: HistorySample) -> None:
    """The sums of the weeks are leads times cost, and returns lie well apart."""
    spent = dict(large.spend.group_by("channel").agg(pl.col("amount").sum()).iter_rows())
    known = {row["channel"]: row for row in large.channels.iter_rows(named=True)}
    assert set(spent) == set(COST_PER_LEAD)
    for channel, amount in spent.items():
        assert amount == pytest.approx(known[channel]["leads"] * COST_PER_LEAD[channel])
    returns = sorted(row["return"] for row in known.values() if row["return"] is not None)
    assert all(high > 1.25 * low for low, high in pairwise(returns))


def test_nothing_is_planted_at_strength_nought() -> None:
    """Then events and contacts say nothing, and every channel returns alike."""
    sample = generate_history(
        3_000, seed=2, planted=Planted(events=0.0, contact=0.0, channels=False, personas=False)
    )
    assert sample.truth["Persona"].null_count() == 3_000
    gain = sample.truth["Probability within a Day"] - sample.truth["Probability if never Worked"]
    assert gain.abs().max() < 0.05
    assert np.allclose(sample.channels["return"].drop_nulls(), 8.0)


@pytest.mark.parametrize("wrong", [{"late": -0.1}, {"late": 1.1}, {"moment": 0.0}, {"waiting": float("nan")}])
def test_what_cannot_be_planted_is_refused(wrong: dict[str, float]) -> None:
    """A wrong wish is answered with a sentence and a code."""
    with pytest.raises(ConfigError) as refusal:
        generate_history(10, planted=Planted(**wrong))  # type: ignore[arg-type]
    assert refusal.value.code == "sample_planted"
