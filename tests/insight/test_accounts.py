"""Leads of one company become one account, whose chance holds."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.enrichment.lead_columns import LeadColumns
from leadlight.insight import accounts
from leadlight.insight.accounts import Account, account_probability, company_keys, roll_up
from leadlight.model.bundle import Bundle
from leadlight.model.probability import logit
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.model.trained import few_rounds

CHANCES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(CHANCES, st.floats(0, 1))
def test_an_account_is_as_likely_as_its_best_lead_and_no_likelier_than_all_apart(
    chances: list[float], weight: float
) -> None:
    found = account_probability(chances, weight)
    assert max(chances) - 1e-9 <= found <= 1 - float(np.prod([1 - each for each in chances])) + 1e-9


@given(CHANCES)
def test_at_one_colleagues_are_independent_and_at_zero_they_are_one(chances: list[float]) -> None:
    alone = account_probability(chances, 0.0)
    assert alone == pytest.approx(max(chances), abs=1e-9)
    apart = 1 - float(np.prod([1 - each for each in chances]))
    assert account_probability(chances, 1.0) == pytest.approx(apart, abs=1e-9)


def keys(*leads: tuple[str | None, str | None]) -> list[str | None]:
    raw = pl.DataFrame({"Company": [name for name, _ in leads], "Email": [mail for _, mail in leads]})
    return company_keys(raw, LeadColumns.among(raw.columns)).to_list()


def test_a_company_is_known_by_its_domain_else_by_its_name() -> None:
    found = keys(
        ("Acme Inc.", "a@acme.de"),
        ("ACME GmbH", "b@gmail.com"),
        (None, "c@mail.acme.de"),
        ("Other Ltd", "d@web.de"),
        ("other", None),
        ("N/A", "e@yahoo.com"),
        (None, None),
    )
    assert found == ["acme.de", "acme.de", "acme.de", "other", "other", None, None]


def test_a_name_of_two_domains_is_not_guessed() -> None:
    assert keys(("Acme", "a@acme.de"), ("Acme", "b@acme.com"), ("Acme", None)) == [
        "acme.de",
        "acme.com",
        "acme",
    ]


def companies(seed: int, *, together: float, count: int = 1_500) -> pl.DataFrame:
    """Companies of one to five people whose wish to buy is theirs or, for a share, the company's.

    The chance of each person is that of the column alone: what colleagues share is one and the same draw.
    """
    dice = np.random.default_rng(seed)
    sizes = dice.integers(1, 6, count)
    company = np.repeat(np.arange(count), sizes)
    visits = dice.normal(size=len(company)).round(2)
    chance = 1 / (1 + np.exp(1.5 - visits))
    shared = dice.random(count)[company]
    draw = np.where((dice.random(count) < together)[company], shared, dice.random(len(company)))
    won = np.where(draw < chance, "won", "lost")
    waiting = dice.random(count)[company] < 0.3
    return pl.DataFrame(
        {
            "Lead": [f"L{k}" for k in range(len(company))],
            "Company": [f"Firm {k} GmbH" for k in company],
            "Email": [f"p{k}@firm{c}.de" for k, c in enumerate(company)],
            "Visits": visits,
            "Stage": np.where(waiting, "open", won),
            "Truth": won,
        }
    )


def model(raw: pl.DataFrame) -> Bundle:
    options = Options(
        target="Stage", positive=("won",), negative=("lost",), open=("open",), models=["logistic"],
        drop=("Truth", "Company"),
    )  # fmt: skip
    with few_rounds():
        return train(raw, options).bundle


@pytest.mark.parametrize(("together", "low", "high"), [(0.0, 0.75, 1.0), (1.0, 0.0, 0.2)])
def test_the_weight_says_how_far_colleagues_decide_as_one(together: float, low: float, high: float) -> None:
    """And the chances of accounts hold: as many buy as they say, among the weak and among the strong."""
    raw = companies(5, together=together)
    truth = 1 / (1 + np.exp(1.5 - raw["Visits"].to_numpy()))
    found = roll_up(model(raw), raw, truth)
    assert low <= found.weight <= high
    assert found.learnt_from > 500
    won = dict(
        raw.filter(pl.col("Stage") == "open")
        .group_by("Company")
        .agg((pl.col("Truth") == "won").any())
        .iter_rows()
    )
    chance = np.array([row.probability for row in found.rows])
    ended = np.array([won[row.name] for row in found.rows], dtype=float)
    for part in np.array_split(np.argsort(chance), 2):
        off = abs(ended[part].mean() - chance[part].mean())
        assert off < 3.5 * np.sqrt(chance[part].mean() * (1 - chance[part].mean()) / len(part)) + 0.02


def test_too_few_companies_say_nothing_of_the_weight() -> None:
    raw = companies(5, together=1.0, count=200)
    few = raw.filter(pl.col("Company").is_in([f"Firm {k} GmbH" for k in range(40)]))
    found = roll_up(model(raw), few, np.full(few.height, 0.2))
    assert (found.weight, found.learnt_from) == (accounts.UNKNOWN_WEIGHT, 0)


def test_every_open_lead_stands_behind_one_account_and_a_person_counts_once() -> None:
    raw = companies(7, together=0.5, count=200)
    twice = raw.with_columns(Lead=pl.lit("X") + pl.col("Lead"))
    both = pl.concat([raw, twice])
    bundle = model(raw)
    once, doubled = (roll_up(bundle, each, bundle.scorer.score(each).probability) for each in (raw, both))
    waiting = raw.filter(pl.col("Stage") == "open").height
    assert sum(row.open for row in once.rows) + once.without_company == waiting
    assert sum(row.open for row in doubled.rows) == 2 * waiting
    first, second = ({row.key: row for row in found.rows} for found in (once, doubled))
    for key, row in first.items():
        assert second[key].people == row.people
    behind = [lead.id for row in once.rows for lead in row.leads]
    assert len(behind) == len(set(behind))


def test_the_grade_of_an_account_is_that_of_its_chance() -> None:
    raw = companies(7, together=0.5, count=200)
    bundle = model(raw)
    found = roll_up(bundle, raw, bundle.scorer.score(raw).probability)
    chances = [row.probability for row in found.rows]
    assert chances == sorted(chances, reverse=True)
    for row in found.rows:
        chance = account_probability(_of_people(row), found.weight)
        assert row.probability == pytest.approx(chance)
        assert row.grade == bundle.scorer.grades.name(float(logit(row.probability)))
        assert [lead.outcome == "open" for lead in row.leads] == [True] * row.open + [False] * (
            row.won + row.lost
        )


def _of_people(row: Account) -> list[float]:
    return [lead.probability for lead in row.leads if lead.outcome == "open"]
