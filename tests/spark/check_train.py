"""What is learnt on Spark is what is learnt elsewhere, and where it cannot be, it says by how much."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from leadlight import api
from leadlight.data.sample import generate
from leadlight.flows.learn_coded import LearntAtScale, learn_coded
from leadlight.model.bundle import Bundle
from leadlight.run import spark
from leadlight.run.spark.learning import SparkLeads
from leadlight.training.refit import CodedLeads, refit
from leadlight.version import __version__

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Spread = Callable[[pl.DataFrame], "DataFrame"]
SAMPLE = 2500


@pytest.fixture(scope="module")
def leads() -> pl.DataFrame:
    """Leads, some of them open, some twice, some contradicting themselves under one id."""
    made = generate(6000, seed=4).leads.cast(pl.String)
    twice = made.head(40)
    changed = made.slice(40, 40).with_columns(pl.lit("9999").alias("Visits"))
    return pl.concat([made, twice, changed])


@pytest.fixture(scope="module")
def wanted() -> api.Options:
    return api.options(models="glassbox_main")


@pytest.fixture(scope="module")
def every(spread: Spread, leads: pl.DataFrame, wanted: api.Options) -> LearntAtScale:
    """Learnt from the codes of all of them."""
    return spark.train(spread(leads), wanted, sample=SAMPLE)


def test_few_leads_give_the_bundle_of_everywhere(
    spread: Spread, leads: pl.DataFrame, wanted: api.Options
) -> None:
    """Byte for byte, though Spark hands them over in another order."""
    some = leads.head(SAMPLE)
    found = spark.train(spread(some), wanted, sample=SAMPLE, version=__version__)
    assert found.bundle.to_bytes() == api.trained(some, wanted).bundle.to_bytes()
    assert not found.sampling


def test_many_leads_are_learnt_from_as_codes(
    every: LearntAtScale, spread: Spread, leads: pl.DataFrame, wanted: api.Options, tmp_path: Path
) -> None:
    """The points are those of a fit on all decided leads, to the byte, however Spark deals them out."""
    found = every
    trained = api.trained(SparkLeads(spread(leads)).sample(SAMPLE / leads.height), wanted)
    once = leads.head(6000).filter(~pl.col("Lead ID").is_in(leads["Lead ID"].slice(40, 40).to_list()))
    outcome = found.bundle.target.apply(once)
    decided = once.filter(outcome.is_not_null())
    codes = trained.bundle.scorer.encode(decided)
    here = CodedLeads.in_order(codes.astype(np.uint8), outcome.drop_nulls().to_numpy())
    assert found.learnt == len(here)
    expected = refit(trained, here, wanted)
    assert found.bundle.scorer.learner.to_arrays().keys() == expected.scorer.learner.to_arrays().keys()
    for name, array in expected.scorer.learner.to_arrays().items():
        assert np.array_equal(array, found.bundle.scorer.learner.to_arrays()[name])
    found.bundle.save(tmp_path / "model.leadlight")
    loaded = Bundle.load(tmp_path / "model.leadlight")
    loaded.check()
    assert loaded.training["sampling"]["rows"] == leads.height
    assert (loaded.scorer.score(decided).probability == expected.scorer.score(decided).probability).all()


def test_a_part_of_the_leads_says_how_far_chance_moves_it(
    every: LearntAtScale, spread: Spread, leads: pl.DataFrame, wanted: api.Options
) -> None:
    """Nine leads in ten are no further from the model of all leads than what is told."""
    width = len(every.bundle.scorer.encoder.features)
    part = spark.train(spread(leads.reverse()), wanted, sample=SAMPLE, most_bytes=leads.height * width // 2)
    assert 0.4 * leads.height < part.sampling["sampled"] * leads.height / len(leads) < 0.6 * leads.height
    gap = np.abs(part.bundle.scorer.score(leads).margin - every.bundle.scorer.score(leads).margin)
    assert np.quantile(gap, 0.8) < part.sampling["log_odds_most"] < 1.0


def test_the_command_learns_from_a_folder_of_parquet(leads: pl.DataFrame, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from leadlight.cli import app

    leads.write_parquet(tmp_path / "leads.parquet")
    words = [
        "spark",
        "train",
        str(tmp_path / "leads.parquet"),
        "--models",
        "logistic",
        "--sample",
        str(SAMPLE),
    ]
    answer = CliRunner().invoke(app, [*words, "-o", str(tmp_path / "m.leadlight"), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["rows"]["in"] == leads.height
    assert told["sampling"]["chosen_on"] < told["rows"]["learnt"]
    Bundle.load(tmp_path / "m.leadlight").check()


def test_a_sample_that_is_almost_all_open_is_refused(leads: pl.DataFrame, wanted: api.Options) -> None:
    """Rather than chosen on next to nothing."""
    from leadlight.errors import LeadlightError

    class Open:
        def count(self) -> int:
            return 10_000

        def sample(self, share: float) -> pl.DataFrame:
            ended = leads.filter(pl.col("Converted").is_not_null())
            return pl.concat([leads.filter(pl.col("Converted").is_null()), ended.head(5)])

        def coded(self, bundle: Bundle, share: float) -> tuple[np.ndarray, np.ndarray]:
            raise AssertionError

    with pytest.raises(LeadlightError):
        learn_coded(Open(), wanted, sample=100)
