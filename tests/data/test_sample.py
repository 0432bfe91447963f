"""The sample: the same leads for the same seed, and a truth that is true."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.sample import Sample, generate
from leadlight.errors import ConfigError


def csv(frame: pl.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.write_csv(file)
    return file.getvalue()


def auc(outcome: np.ndarray, score: np.ndarray) -> float:
    ranks = pl.Series(score).rank().to_numpy()
    positives = int(outcome.sum())
    return float(
        (ranks[outcome == 1].sum() - positives * (positives + 1) / 2)
        / (positives * (len(outcome) - positives))
    )


def read(sample: Sample) -> tuple[np.ndarray, np.ndarray]:
    return sample.leads["Converted"].to_numpy(), sample.truth["Probability"].to_numpy()


@pytest.fixture(scope="module")
def large() -> Sample:
    return generate(60_000, seed=11)


@given(rows=st.integers(1, 300), seed=st.integers(0, 2**64 - 1), stages=st.booleans(), leak=st.booleans())
def test_the_same_seed_gives_the_same_bytes(rows: int, seed: int, stages: bool, leak: bool) -> None:
    """Any size, seed and form: one call is like another, with as many leads as asked for."""
    once = generate(rows, seed, stages=stages, leak=leak)
    again = generate(rows, seed, stages=stages, leak=leak)
    assert csv(once.leads) == csv(again.leads)
    assert csv(once.truth) == csv(again.truth)
    assert once.leads.height == once.truth.height == rows
    assert once.truth["Probability"].is_between(0.0, 1.0).all()


def test_another_seed_gives_other_leads() -> None:
    """Seeds matter."""
    assert csv(generate(100, 1).leads) != csv(generate(100, 2).leads)


def test_every_lead_has_one_truth() -> None:
    """Ids are unique text, and the truth lists them in the order of the leads."""
    sample = generate(3_000, seed=3)
    assert sample.leads["Lead ID"].is_unique().all()
    assert sample.leads["Lead ID"].dtype == pl.String
    assert sample.truth.columns == ["Lead ID", "Probability"]
    assert sample.truth["Lead ID"].equals(sample.leads["Lead ID"])


def test_outcomes_follow_the_truth(large: Sample) -> None:
    """In each tenth of the leads by probability as many buy as the probabilities say, within chance."""
    outcome, probability = read(large)
    for part in np.array_split(np.argsort(probability, kind="stable"), 10):
        expected = probability[part].mean()
        error = np.sqrt((probability[part] * (1 - probability[part])).sum()) / len(part)
        assert abs(outcome[part].mean() - expected) < 4 * error


@pytest.mark.parametrize(
    "column", ["Lead Source", "Seniority", "Company Size", "Phone", "Owner", "Expected Value"]
)
def test_no_column_knows_more_than_the_truth(large: Sample, column: str) -> None:
    """Whatever a column says, and where it says nothing, outcomes go by the truth alone."""
    values = large.leads[column]
    text = (
        values.cast(pl.String).fill_null("") if values.n_unique() < 100 else values.is_null().cast(pl.String)
    )
    outcome, probability = read(large)
    for level in text.unique():
        here = (text == level).to_numpy()
        error = np.sqrt((probability[here] * (1 - probability[here])).sum())
        assert abs((outcome - probability)[here].sum()) < 4.5 * error + 1


@pytest.mark.parametrize("seed", range(4))
def test_the_best_possible_auc_is_that_of_a_good_model(seed: int) -> None:
    """Nobody can do better than the truth, which separates well but far from perfectly."""
    assert 0.82 < auc(*read(generate(20_000, seed))) < 0.88


@pytest.mark.parametrize("positives", [0.05, 0.3, 0.6])
def test_the_share_of_positives_is_as_asked(positives: float) -> None:
    """The chances average to the share wanted."""
    outcome, probability = read(generate(20_000, seed=5, positives=positives))
    assert abs(probability.mean() - positives) < 0.01
    assert abs(outcome.mean() - positives) < 0.02


def test_leads_arrive_over_two_years_with_a_rhythm() -> None:
    """Sorted by arrival, from the day asked for; quiet on weekends and at night."""
    created = generate(20_000, seed=2, start=date(2022, 3, 9)).leads["Created"].str.to_datetime()
    assert created.is_sorted()
    assert date(2022, 3, 9) <= created.dt.date().min() <= date(2022, 3, 12)
    assert date(2024, 3, 4) <= created.dt.date().max() <= date(2024, 3, 8)
    assert 0.05 < (created.dt.weekday() >= 6).mean() < 0.2
    assert (created.dt.hour() < 6).mean() < 0.15


def test_the_export_is_as_messy_as_real_ones(large: Sample) -> None:
    """Placeholders, blanks, spellings by case, blanks and accents, a constant and a near constant."""
    leads = large.leads
    assert {"Select", "N/A"} <= set(leads["Seniority"].drop_nulls())
    assert {"unknown", "Select"} <= set(leads["Industry"].drop_nulls())
    assert {"-", "N/A"} <= set(leads["Company Size"].drop_nulls())
    assert {"Google", "google", "GOOGLE", "Google "} <= set(leads["Lead Source"].drop_nulls())
    assert {"Mexico", "México", "Türkiye", "Turkiye"} <= set(leads["Country"].drop_nulls())
    assert leads["Visits"].null_count() > 0
    assert leads["Privacy Notice"].n_unique() == 1
    assert 0 < (leads["Magazine Advert"] == "Yes").mean() < 0.002


def test_some_rows_repeat_another_under_their_own_id(large: Sample) -> None:
    """Forms sent twice: equal but for the id, now and then with another outcome."""
    plain = large.leads.drop("Lead ID", "Converted")
    repeated = plain.height - plain.unique().height
    assert 0.01 < repeated / plain.height < 0.03
    assert large.leads.drop("Lead ID").unique().height > plain.unique().height


def test_people_are_made_up() -> None:
    """Addresses and numbers lead nowhere."""
    leads = generate(2_000, seed=8).leads
    assert leads["E-mail"].str.contains(r"^[a-z0-9.]+@(mail\.)?example\.(com|org)$").all()
    assert leads["Phone"].drop_nulls().str.contains(r"^\+1 \d{3} 555 01\d\d$|^\+44 7700 900\d{3}$").all()


def test_stages_leave_four_in_ten_open() -> None:
    """A five-stage export: younger leads are open, and the closed ones still follow the truth."""
    sample = generate(20_000, seed=6, stages=True)
    stage = sample.leads["Stage"]
    assert "Converted" not in sample.leads.columns
    assert set(stage) == {"New", "Working", "Qualified", "Won", "Lost"}
    waiting = ~stage.is_in(["Won", "Lost"])
    assert abs(waiting.mean() - 0.4) < 0.02
    assert waiting[:10_000].sum() < waiting[10_000:].sum()
    closed = ~waiting.to_numpy()
    truth = sample.truth["Probability"].to_numpy()[closed]
    assert abs((stage == "Won").to_numpy()[closed].mean() - truth.mean()) < 0.015


def test_features_are_the_same_with_stages_and_leak() -> None:
    """Asking for more adds columns at the end and changes nothing else."""
    plain = generate(500, seed=4)
    full = generate(500, seed=4, stages=True, leak=True)
    assert plain.leads.drop("Converted").equals(full.leads.drop("Stage", "Call Result"))
    assert plain.truth.equals(full.truth)


def test_the_leak_tells_the_outcome() -> None:
    """Only on request: a column that knows far more than anything known when the lead arrives."""
    assert "Call Result" not in generate(50, seed=4).leads.columns
    leads = generate(20_000, seed=4, leak=True).leads
    rates = leads.group_by("Call Result").agg(pl.col("Converted").mean(), pl.len())
    known = dict(rates.select("Call Result", "Converted").iter_rows())
    assert known["Order confirmed"] > 0.97
    assert known["Not interested"] < 0.03
    score = leads["Call Result"].replace_strict(list(known), list(known.values())).to_numpy()
    assert auc(leads["Converted"].to_numpy(), score) > 0.93


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"rows": 0}, "sample_rows"),
        ({"seed": -1}, "sample_seed"),
        ({"positives": 0.0}, "sample_positives"),
        ({"positives": 1.0}, "sample_positives"),
        ({"positives": float("nan")}, "sample_positives"),
    ],
)
def test_what_cannot_be_made_is_refused(wrong: dict[str, float], code: str) -> None:
    """A wrong wish is answered with a sentence and a code."""
    with pytest.raises(ConfigError) as refusal:
        generate(**wrong)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_work_grows_with_the_rows_not_faster() -> None:
    """A quarter of a million leads are made in one piece."""
    assert generate(250_000, seed=1).leads.height == 250_000
