"""Which candidate is taken: what counts, and how often."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from leadlight.training.candidates import FoldedLeads, OutOfFold, choose
from leadlight.training.recipe import Recipe

LEADS = 2_000
FOLDS = 4


def out_of_fold(family: str, margin: np.ndarray, fold: np.ndarray) -> OutOfFold:
    return OutOfFold(Recipe(family), np.arange(len(margin)), fold, margin, margin, fold, 0.0)


def told(seed: int, blur: float) -> tuple[FoldedLeads, list[OutOfFold]]:
    """Leads of which no two are equal, a simple model that sees them dimly, and one that does not."""
    dice = np.random.Generator(np.random.PCG64(seed))
    truth = dice.normal(0.0, 1.5, LEADS)
    outcome = (dice.random(LEADS) < 1.0 / (1.0 + np.exp(-truth))).astype(np.float64)
    fold = np.arange(LEADS) % FOLDS
    blurred = truth + dice.normal(0.0, blur, LEADS)
    part = FoldedLeads(pl.DataFrame({"lead": np.arange(LEADS)}), outcome, (), np.arange(LEADS))
    return part, [out_of_fold("logistic", blurred, fold), out_of_fold("lightgbm", truth, fold)]


def repeated(
    part: FoldedLeads, found: list[OutOfFold], leads: np.ndarray, times: int
) -> tuple[FoldedLeads, list[OutOfFold]]:
    """The same with some leads again and again, as leads without any answer are: equal, and in one fold."""
    rows = np.append(np.arange(LEADS), np.repeat(leads, times))
    assert part.groups is not None
    more = replace(
        part, typed=part.typed[rows.tolist()], outcome=part.outcome[rows], groups=part.groups[rows]
    )
    return more, [out_of_fold(each.family, each.margin[rows], each.fold[rows]) for each in found]


@pytest.mark.parametrize("seed", range(3))
def test_the_simpler_of_two_equals_is_taken_and_the_better_of_two_others(seed: int) -> None:
    for blur, family in ((0.01, "logistic"), (1.0, "lightgbm")):
        part, found = told(seed, blur)
        assert choose(found, part, "auc", 0).family == family


@pytest.mark.parametrize("seed", range(3))
def test_of_models_that_can_be_read_the_better_is_taken_and_not_the_simpler(seed: int) -> None:
    part, (dim, clear) = told(seed, 0.2)
    readable = replace(clear, recipe=Recipe("glassbox"))
    assert choose([dim, readable, clear], part, "auc", 0).family == "glassbox"
    assert choose([replace(dim, margin=clear.margin), readable], part, "auc", 0).family == "glassbox"
    assert choose([replace(clear, recipe=Recipe("logistic")), dim], part, "auc", 0).family == "logistic"


@pytest.mark.parametrize("seed", range(3))
def test_a_lead_that_is_there_hundreds_of_times_has_one_voice(seed: int) -> None:
    """A few lucky guesses, each told three hundred times, would carry the simple model past the other."""
    part, found = told(seed, 1.0)
    simple, better = found
    ahead = np.where(part.outcome > 0, 1.0, -1.0) * (simple.margin - better.margin)
    more, again = repeated(part, found, np.argsort(ahead)[-FOLDS:], 300)
    alone = replace(more, groups=None)
    assert choose(again, alone, "auc", 0).family == "logistic"
    assert choose(again, more, "auc", 0).family == "lightgbm"


def test_where_most_leads_are_equal_each_counts() -> None:
    """Few columns make equals of leads that have nothing to do with one another."""
    part, _ = told(0, 1.0)
    assert replace(part, groups=np.arange(LEADS) % 10).once(np.arange(LEADS)).all()


def test_of_equal_leads_one_counts_wherever_one_looks() -> None:
    part, _ = told(0, 1.0)
    twins = replace(part, groups=np.arange(LEADS) // 2 * 2)
    for rows in (np.arange(LEADS), np.arange(LEADS)[::-1], np.arange(1, LEADS, 3)):
        assert twins.groups is not None
        kinds = twins.groups[rows][twins.once(rows)]
        assert len(np.unique(kinds)) == len(kinds) == len(np.unique(twins.groups[rows]))
