"""Nine in ten intervals hold the truth, whether leads repeat one another or not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight.model.repeats import equal_leads
from leadlight.training.difference import paired_difference

ROWS, SAMPLES = 600, 100
METRICS = ("auc", "precision")


def drawn(rows: int, seed: int, *, repeating: bool) -> pl.DataFrame:
    """Leads of known chances; where they repeat, a third of them equal another one, some of them many."""
    dice = np.random.default_rng(seed)
    if repeating:
        own = dice.integers(0, 10**9, rows)[: round(rows * 2 / 3)]
        copied = own[: max(1, rows // 12)]
        lead = np.concatenate([own, dice.choice(copied, rows - len(own))])
    else:
        lead = dice.integers(0, 10**9, rows)
    first, second, chance = (_uniform(lead, salt) for salt in (1, 2, 3))
    won = chance < 1 / (1 + np.exp(3.0 - 4.0 * first - 1.5 * second))
    return pl.DataFrame(
        {
            "Lead ID": [f"L{number:06d}" for number in range(rows)],
            "First": first.round(6),
            "Second": second.round(6),
            "Converted": np.where(won, "yes", "no"),
        }
    )


def _uniform(lead: np.ndarray, salt: int) -> np.ndarray:
    """The same number in [0, 1) for the same lead."""
    mixed = (lead.astype(np.uint64) + np.uint64(salt * 0x9E3779B9)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2**53


@pytest.fixture(scope="module")
def models() -> tuple[ll.Model, ll.Model]:
    leads = drawn(3_000, 1, repeating=False)
    asked = {"target": "Converted", "positive": ["yes"], "models": ["bayes"], "folds": 3}
    return ll.train(leads, **asked), ll.train(leads, only=["First"], **asked)


@pytest.mark.parametrize("repeating", [False, True], ids=["all different", "a third repeats"])
class TestCoverage:
    def test_evaluate(
        self, models: tuple[ll.Model, ll.Model], repeating: bool, count: Callable[[int], int]
    ) -> None:
        truth = models[0].evaluate(drawn(200_000, 2, repeating=False)).figures
        samples = max(40, count(SAMPLES))
        held = dict.fromkeys(METRICS, 0)
        for seed in range(samples):
            found = models[0].evaluate(drawn(ROWS, 100 + seed, repeating=repeating)).figures
            for name in METRICS:
                held[name] += found[name].low <= truth[name].value <= found[name].high
        assert all(within(covered, samples) for covered in held.values()), held

    def test_compare(
        self, models: tuple[ll.Model, ll.Model], repeating: bool, count: Callable[[int], int]
    ) -> None:
        truth = {name: difference(models, drawn(200_000, 2, repeating=False), name) for name in METRICS}
        samples = max(40, count(SAMPLES))
        held = dict.fromkeys(METRICS, 0)
        for seed in range(samples):
            leads = drawn(ROWS, 500 + seed, repeating=repeating)
            for name in METRICS:
                found = difference(models, leads, name)
                held[name] += found.low <= truth[name].difference <= found.high
        assert all(within(covered, samples) for covered in held.values()), held


def difference(models: tuple[ll.Model, ll.Model], leads: pl.DataFrame, metric: str):  # type: ignore[no-untyped-def]
    scorers = [model.bundle.scorer for model in models]
    one, other = (scorer.score(leads).margin for scorer in scorers)
    return paired_difference(
        (leads["Converted"] == "yes").to_numpy(),
        one,
        other,
        metric,
        cuts=(scorers[0].grades.line, scorers[1].grades.line),
        blocks=equal_leads(leads, *(scorer.schema for scorer in scorers)),
    )


def within(covered: int, samples: int) -> bool:
    """84 to 96 of 100, and what chance makes of that where fewer are drawn."""
    slack = 0.0 if samples >= SAMPLES else 1.5 * np.sqrt(0.09 * samples)
    return bool(0.84 * samples - slack <= covered <= 0.96 * samples + slack)


def test_repeats_make_an_interval_wider(models: tuple[ll.Model, ll.Model]) -> None:
    """Each lead four times says no more than once: the interval stays about as wide."""
    once = drawn(ROWS, 7, repeating=False)
    fourfold = pl.concat([once.with_columns(pl.col("Lead ID") + f"-{copy}") for copy in range(4)])
    found = [models[0].evaluate(leads).figures["auc"] for leads in (once, fourfold)]
    widths = [figure.high - figure.low for figure in found]
    assert widths[1] == pytest.approx(widths[0], rel=0.25)
