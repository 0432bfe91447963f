"""Fit and engagement: sub-scores that multiply up to the odds, and a grid that tells the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl
import pytest

from leadlight.data.names import group
from leadlight.insight.engagement import CELLS, CUTS, Engagement, engagement, sub_scores
from leadlight.insight.population import LEAST, Population
from leadlight.model.bundle import Bundle
from leadlight.model.scoring import BatchScorer
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.model.trained import few_rounds

ROWS = 2_000
OPEN = 400


@cache
def planted(seed: int = 5, rows: int = ROWS) -> pl.DataFrame:
    """Job title says who they are, visits what they did; each moves the odds by a known factor."""
    dice = np.random.default_rng(seed)
    boss = dice.random(rows) < 0.4
    visits = dice.poisson(4, rows)
    margin = -1.6 + 2.0 * boss + 0.9 * np.where(visits >= 5, 1.0, -1.0)
    won = dice.random(rows) < 1 / (1 + np.exp(-margin))
    stage = np.where(won, "won", "lost").astype(object)
    stage[:OPEN] = "open"
    return pl.DataFrame(
        {
            "id": [f"L{k:05d}" for k in range(rows)],
            "Job Role": np.where(boss, "director", "clerk"),
            "Website Visits": visits,
            "Lead Source": dice.choice(["web", "fair", "mail"], rows),
            "Deal Value": dice.integers(100, 900, rows),
            "Stage": stage,
        }
    )


@cache
def model(family: str = "glassbox") -> Bundle:
    options = Options(
        target="Stage", positive=("won",), negative=("lost",), open=("open",), models=[family], folds=3
    )
    with few_rounds():
        return train(planted(), options).bundle


def grid(family: str = "glassbox", **more: float) -> tuple[Population, Engagement]:
    known = Population.of(model(family), planted(), **more)  # type: ignore[arg-type]
    return known, engagement(known)


@pytest.mark.parametrize("family", ["glassbox", "logistic", "lightgbm"])
def test_sub_scores_multiply_up_to_the_odds(family: str) -> None:
    bundle = model(family)
    codes = bundle.scorer.encode(planted())
    found = sub_scores(bundle.scorer, codes)
    odds = {name: (found[name] / (100 - found[name])).to_numpy() for name in found.columns if "score" in name}
    product = odds["base_score"] * found["calibration"].to_numpy()
    for name in ("fit", "engagement", "timing", "source"):
        product = product * odds[f"{name}_score"] / odds["base_score"]
        assert found[f"{name}_score"].is_between(0, 100).all()
    np.testing.assert_allclose(product, odds["score"], rtol=1e-9)
    told = BatchScorer(bundle).score(planted()).frame["probability"]
    np.testing.assert_allclose(found["score"], 100 * told, rtol=1e-12)


def test_every_lead_is_in_one_cell_and_every_figure_is_counted() -> None:
    known, found = grid()
    assert sum(cell.figures.leads for cell in found.cells) == len(known) == ROWS
    for parts in (found.cells, found.fit, found.engagement):
        assert sum(cell.figures.open for cell in parts) == OPEN
        assert sum(cell.figures.won for cell in parts) == found.whole.won
    stages = planted().with_columns(cell=found.leads["cell"])
    for cell in found.cells:
        here = stages.filter(pl.col("cell") == cell.name)
        assert cell.figures.decided == here.filter(pl.col("Stage") != "open").height
        assert cell.figures.won == here.filter(pl.col("Stage") == "won").height
        if cell.figures.decided < LEAST:
            assert cell.figures.rate.value is cell.figures.value.value is None


def test_the_grid_finds_what_was_planted() -> None:
    _, found = grid()
    columns = {group.name: group.columns for group in found.groups}
    assert columns["fit"] == ("Job Role",)
    assert columns["engagement"] == ("Website Visits",)
    best, worst = found.of("A1").rate, found.of("D4").rate
    assert best.low is not None
    assert worst.high is not None
    truth = 1 / (1 + np.exp(-(-1.6 + 2.0 + 0.9)))
    assert best.low <= truth <= (best.high or 0)
    assert best.low > worst.high
    assert found.sentences[0].startswith("Of A1 ")


def test_the_same_lead_has_the_same_cell_in_any_company() -> None:
    _, found = grid()
    few = planted().head(7)
    alone = engagement(Population.of(model(), few))
    assert alone.leads["cell"].to_list() == found.leads["cell"].head(7).to_list()
    factor = found.leads["fit_score"] / (100 - found.leads["fit_score"])
    base = found.leads["base_score"] / (100 - found.leads["base_score"])
    letters = np.array(list("ABCD"))[np.sum([(factor / base).to_numpy() < cut for cut in CUTS], axis=0)]
    assert letters.tolist() == [name[0] for name in found.leads["cell"]]


def test_open_leads_of_a_cell_come_best_first() -> None:
    known, found = grid()
    for name in CELLS:
        places = found.waiting(known, name)
        assert len(places) == found.of(name).open
        assert (np.diff(known.scores.margin[places]) <= 0).all()


def test_worth_comes_from_the_leads_or_is_given() -> None:
    _, said = grid()
    revenue = said.whole.revenue
    assert revenue is not None
    assert revenue.low < revenue.total < revenue.high
    unpriced = planted().drop("Deal Value")
    bundle = model()
    nothing = engagement(Population.of(bundle, unpriced))
    assert nothing.whole.revenue is None
    assert nothing.whole.value.value is None
    given = engagement(Population.of(bundle, unpriced, deal_value=500.0))
    assert given.whole.value.value == pytest.approx(500 * (given.whole.rate.value or 0))


def test_a_model_without_engagement_says_so_and_compares_nothing() -> None:
    options = Options(
        target="Stage",
        positive=("won",),
        negative=("lost",),
        open=("open",),
        only=("Job Role", "Lead Source"),
        models=["logistic"],
        folds=3,
    )
    found = engagement(Population.of(train(planted(), options).bundle, planted()))
    assert "no column of engagement" in found.sentences[0]
    assert not found.parts
    assert {cell.name[1] for cell in found.cells if cell.figures.leads} == {"2"}


def test_leads_without_outcomes_are_told_as_too_few() -> None:
    found = engagement(Population.of(model(), planted().filter(pl.col("Stage") == "open")))
    assert all(cell.figures.rate.value is None for cell in found.cells)
    assert "Too few leads are decided to say how the cells differ." in found.sentences


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NumWebPurchases", "engagement"),
        ("AcceptedCmp3", "engagement"),
        ("profile_completed", "engagement"),
        ("educational_channels", "source"),
        ("first_interaction", "source"),
        ("A free copy of Mastering The Interview", "engagement"),
        ("What is your current occupation", "fit"),
    ],
)
def test_groups_are_read_from_names(name: str, expected: str) -> None:
    assert group(name, "category") == expected


def test_x_education_has_a_grid_that_holds_on_leads_it_has_not_seen(xeducation: object) -> None:
    """Learnt on half of the leads: on the other half each corner is as different as on the first."""
    raw = pl.read_csv(str(xeducation), infer_schema=False)
    half = np.random.default_rng(0).random(raw.height) < 0.5
    only = ("Lead Origin", "Lead Source", "TotalVisits", "Total Time Spent on Website")
    only += ("What is your current occupation", "Specialization")
    options = Options(target="Converted", only=only, models=["glassbox"], folds=3)
    with few_rounds():
        bundle = train(raw.filter(half), options).bundle
    found = engagement(Population.of(bundle, raw.filter(~half)))
    good, poor = found.of("A1").rate, found.of("D4").rate
    assert (good.low or 0) > 0.75
    assert (poor.high or 1) < 0.08
    asleep, active = (cell.figures.rate.value or 0 for cell in found.parts)
    assert active > asleep
