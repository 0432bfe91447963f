"""Follow-up: the planted worth of quick contact is found, chance is not, and young leads are not lost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from leadlight.data import logs
from leadlight.data.planted import Planted
from leadlight.errors import InputError
from leadlight.insight.followup import FollowUp, follow_up
from leadlight.insight.history import History
from tests.insight.histories import history, model, sample

FULL = 100
ROWS = 6_000


@pytest.fixture(scope="module")
def told() -> FollowUp:
    return follow_up(history(sample(ROWS, 0)))


def test_every_lead_is_in_one_place(told: FollowUp) -> None:
    assert told.leads == ROWS
    counted = sum(band.leads for band in told.bands)
    assert counted == ROWS - told.unripe
    assert sum(each.leads for each in told.groups["grade"]) == ROWS
    assert sum(each.leads for each in told.groups["rep"]) == ROWS


def test_speed_is_what_was_planted(told: FollowUp) -> None:
    """Three in ten within a day, oftener where the owner is quick and the lead looks good."""
    assert told.speed[0].day == pytest.approx(0.30, abs=0.02)
    by_rep = {each.group: each.day for each in told.groups["rep"]}
    assert by_rep["Team North"] > by_rep["Team South"] > by_rep["Team West"] > by_rep["Inbound desk"]  # type: ignore[operator]
    by_grade = [each.day for each in told.groups["grade"]]
    assert by_grade == sorted(by_grade, reverse=True)  # type: ignore[type-var]


def test_bands_rise_with_haste_and_less_so_once_scores_are_equal(told: FollowUp) -> None:
    raw = [band.rate for band in told.bands]
    equal = [band.adjusted.value for band in told.bands if band.adjusted is not None]
    assert equal[1] > equal[2] > equal[3]
    assert raw[1] - raw[3] > equal[1] - equal[3]  # type: ignore[operator]
    assert told.effect is not None
    assert told.effect.difference.low > 0.02


def test_contact_that_does_nothing_is_not_taken_for_something(count: Callable[[int], int]) -> None:
    """Good leads are called sooner, so that the raw difference would always say so."""
    held, raw, runs = 0, 0, count(FULL)
    for seed in range(runs):
        found = follow_up(history(sample(3_000, 700 + seed, Planted(contact=0.0))))
        assert found.effect is not None
        told = found.effect.difference
        held += told.low <= 0.0 <= told.high
        quick, slow = found.bands[1], found.bands[3]
        raw += quick.rate - slow.rate > quick.high - quick.rate + slow.high - slow.rate  # type: ignore[operator]
    if runs == FULL:
        assert 84 <= held <= 97
    assert held >= 0.7 * runs - 1
    assert raw >= 0.3 * runs


def test_open_leads_that_are_young_are_not_counted_as_lost() -> None:
    made = sample(ROWS, 0)
    found = history(made)
    assert found.ripe_after is not None
    days = made.truth.filter(pl.col("Buys") == 1)["Days to Decision"].quantile(0.95)
    assert found.ripe_after == pytest.approx(days, rel=0.15)
    assert found.buying is not None
    true = made.truth["Buys"].mean()
    share, low, high = found.buying.at(found.buying.times[-1])
    assert low - 0.01 <= true <= high + 0.01  # type: ignore[operator]
    assert share == pytest.approx(true, abs=0.03)


def test_the_cold_are_open_and_waited_and_the_best_come_first(told: FollowUp) -> None:
    made = sample(ROWS, 0)
    open_ids = set(made.leads.filter(~pl.col("Stage").is_in(["Won", "Lost"]))["Lead ID"])
    called = set(made.contacts["lead"])
    rows = told.cold.rows
    assert rows
    assert all(row.id in open_ids for row in rows)
    assert all(row.contacted == (row.id in called) for row in rows)
    assert [row.probability for row in rows] == sorted((row.probability for row in rows), reverse=True)
    assert all(row.days > (7 if row.contacted else 1) for row in rows)


def test_people_who_must_not_be_called_do_not_grow_cold(told: FollowUp) -> None:
    forbidden = set(sample(ROWS, 0).leads.filter(pl.col("Do Not Call") == "Yes")["Lead ID"])
    assert forbidden
    assert not forbidden & {row.id for row in told.cold.rows}


def test_strange_contacts_are_left_out_with_their_reasons() -> None:
    made = sample(600, 1)
    strange = pl.DataFrame(
        {
            "lead": ["L-999999", "L-000010", "L-000010", None, "L-000011"],
            "at": ["2024-05-01", "1999-01-01", "not yet", "2024-05-01", "2099-01-01"],
        }
    )
    usual = made.contacts.select("lead", pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S"))
    log = logs.contacts(pl.concat([usual, strange]))
    got = History.of(
        model(), made.leads, contacts=log, outcomes=logs.outcomes(made.outcomes), at=made.ends.timestamp()
    )
    out = got.left_out["contacts"]
    assert out["unknown lead"] == 1
    assert out["before the lead came"] == 1
    assert out["no moment"] == 1
    assert out["no lead"] == 1
    assert out["later than the moment"] == 1
    assert got.contacts.height + sum(out.values()) == usual.height + strange.height


def test_without_contacts_it_says_how_to_give_them() -> None:
    made = sample(600, 1)
    with pytest.raises(InputError, match="Nothing says") as refused:
        follow_up(History.of(model(), made.leads))
    assert "--contacts" in (refused.value.hint or "")


def test_few_leads_say_nothing_and_break_nothing() -> None:
    made = sample(600, 1)
    few = history(made)
    part = History.of(
        model(),
        made.leads.head(30),
        contacts=logs.contacts(made.contacts),
        outcomes=logs.outcomes(made.outcomes),
    )
    found = follow_up(part)
    assert found.effect is None or np.isfinite(found.effect.difference.value)
    assert all(band.rate is None for band in found.bands if band.leads < 20)
    assert follow_up(few, within=1.0).to_json()["note"].startswith("Adjusted for the score")
