"""Fairness over time: shares by month, "too few", alarms where a group drifts away, quiet where none does."""

from __future__ import annotations

import numpy as np
import pytest

from leadlight.insight.explore.counts import Grouping
from leadlight.insight.fairness_trend import FairnessTrend, TreatedLeads, fairness_trends
from leadlight.insight.weekly import weekly

MONTHS = np.array([f"2026-{month:02d}" for month in range(1, 9)], dtype="datetime64[M]")


def treated(
    seed: int, a_month: int = 300, gap: float = 0.0, late: float = 0.0, buys: float = 0.0
) -> FairnessTrend:
    """Two groups, of which the second is called less often by `gap`, and by `late` more in the last month.

    Its called leads buy less often by `buys` then.
    """
    rng = np.random.default_rng(seed)
    month = np.repeat(MONTHS, a_month)
    second = rng.random(len(month)) < 0.4
    is_last = month == MONTHS[-1]
    usual = 0.4 + 0.04 * np.sin(np.arange(len(MONTHS)))[np.searchsorted(MONTHS, month)]
    call = rng.random(len(month)) < usual - second * (gap + is_last * late)
    bought = (rng.random(len(month)) < 0.5 - second * is_last * buys).astype(float)
    bought[rng.random(len(month)) < 0.2] = np.nan
    found = Grouping(second.astype(int), ("north", "south", "missing"))
    return fairness_trends(TreatedLeads(month, call, bought), {"Region": found})[0]


def test_shares_stand_by_month_with_their_intervals() -> None:
    """A group of no leads is none; a share is told only of 20 leads or more."""
    found = treated(1, a_month=40)
    assert [each.group for each in found.groups] == ["north", "south"]
    assert found.months == tuple(map(str, MONTHS))
    few = [each for each in found.groups[1].called if each.leads < 20]
    told = [each for each in found.groups[0].called if each.leads >= 20]
    assert few
    assert all(each.value is None and each.low is None for each in few)
    assert told
    assert all(each.low <= each.value <= each.high for each in told)
    assert found.to_json()["groups"][0]["called"][0]["month"] == "2026-01"
    north = found.groups[0]
    assert sum(each.leads for each in north.bought) < sum(each.leads for each in north.called) == north.leads


@pytest.mark.parametrize("gap", [0.0, 0.15])
def test_a_gap_that_stays_is_no_news(gap: float) -> None:
    assert sum(bool(treated(seed, gap=gap).findings) for seed in range(100)) <= 1


@pytest.mark.parametrize(("late", "buys", "measure"), [(0.25, 0.0, "called"), (0.0, 0.4, "bought")])
def test_a_group_that_drifts_away_is_an_alarm(late: float, buys: float, measure: str) -> None:
    seen = 0
    for seed in range(20):
        found = treated(seed, a_month=600, late=late, buys=buys).findings
        seen += {"fairness_moved"} == {each.code for each in found}
        assert {each.evidence["measure"] for each in found} <= {measure}
    assert seen >= 18


def test_the_report_of_the_week_tells_it() -> None:
    column = {"name": "score", "psi": 0.0, "missing": None}
    look = {"model": "m", "alarms": 0, "leads": 9, "findings": [], "columns": [], "score": column}
    page = weekly({**look, "fairness": [treated(1, a_month=60).to_json()]})
    section = next(each for each in page.sections if each.name == "fairness")
    assert len(section.blocks) == 2
    assert "fairness" not in {each.name for each in weekly(look).sections}
