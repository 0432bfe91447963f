"""The model card."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from leadlight.insight.card import card, plain
from leadlight.insight.fairness import fairness
from leadlight.insight.report.given import Given
from leadlight.insight.wording import percent, with_decimals
from tests.insight import pages


@cache
def written() -> str:
    return card(pages.trained("logistic", "glassbox").bundle, pages.leads())


def test_it_says_what_a_card_has_to_say() -> None:
    headings = [line for line in written().splitlines() if line.startswith("## ")]
    assert headings == [
        "## The model",
        "## Data",
        "## What it is for",
        "## What it must not be used for",
        "## How good it is",
        "## Whom it calls",
        "## Fairness",
        "## Where it ends",
    ]
    for refused in ("prices", "credit", "hiring", "refusing anyone a service", "article 22"):
        assert refused in written()


def test_its_figures_are_those_of_the_record() -> None:
    record = pages.trained("logistic", "glassbox").bundle.training
    for part in ("train", "validation", "test"):
        figures = record[part]
        assert with_decimals(figures["auc"], figures["auc_low"], figures["auc_high"]) in written()
    assert f"{record['rows']['in']:,} rows" in written()
    assert "“Call Result”" in written()


def test_fairness_by_group_is_what_can_be_counted() -> None:
    given = Given.of(pages.trained("logistic", "glassbox").bundle, pages.leads())
    found = {group.group: group for group in next(fairness(given)).groups}
    women = (given.raw["Gender"] == "female").to_numpy()
    call, won = given.scores.call, given.outcome == 1
    assert found["female"].leads == women.sum()
    assert found["female"].called[0] == pytest.approx(call[women].mean())
    assert found["female"].found[0] == pytest.approx(call[women & won].mean())
    assert found["female"].won[0] == pytest.approx(won[women].mean())
    assert percent(found["female"].called[0]) in written()


def test_groups_of_fewer_than_20_are_not_told() -> None:
    assert "diverse" not in written()
    assert pages.RARE not in written()


def test_numbers_are_grouped() -> None:
    """An age is sensitive as well: it is told in bands of 20 leads or more."""
    dice = np.random.Generator(np.random.PCG64(2))
    leads = pages.leads().with_columns(
        pl.Series("Gender", dice.integers(18, 80, pages.leads().height)).cast(pl.String)
    )
    made = Given.of(pages.trained("logistic", "glassbox").bundle, leads)
    for each in fairness(made):
        assert all(group.leads >= 20 for group in each.groups)


def test_without_leads_it_says_that_fairness_was_not_measured() -> None:
    told = card(pages.trained("logistic", "glassbox").bundle)
    assert "Not measured: make the card with leads that hold “Gender”" in told


@pytest.mark.parametrize("attack", pages.ATTACKS)
def test_names_format_nothing(attack: str) -> None:
    """What is shown is the name: no emphasis, no table cell, no link, no markup."""
    import re

    shown = plain(attack)
    unescaped = re.sub(r"\\[\\`*_\[\]<>|~&#!@{}$/.]", "", shown)
    assert not re.search(r"[`*_\[\]<>|~&#!]", unescaped)
    assert "://" not in unescaped
    assert "\n" not in shown


def test_tables_stay_tables_with_hostile_names() -> None:
    frame, made = pages.attacked()
    told = card(made.bundle, frame)
    for line in told.splitlines():
        if line.startswith("|"):
            cells = line.replace("\\|", "").count("|")
            assert cells in (5, 6, 8), line
