"""Advice: the best action that was planted comes first, and where nothing is planted nothing is advised."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from leadlight.data import logs
from leadlight.data.planted import Planted
from leadlight.insight.advice import Advised, advise_on
from leadlight.insight.history import History
from tests.insight.histories import history, model, sample

FULL = 50
ROWS = 5_000
NOTHING = Planted(contact=0.0, channels=False)
CONTACT = Planted(channels=False)
CHANNELS = Planted(contact=0.0)


def advised(seed: int, planted: Planted, rows: int = ROWS) -> Advised:
    made = sample(rows, 900 + seed, planted)
    return advise_on(history(made), logs.spend(made.spend))


@pytest.mark.parametrize(("planted", "kind"), [(CONTACT, "contact_sooner"), (CHANNELS, "move_money")])
def test_the_one_best_action_comes_first(count: Callable[[int], int], planted: Planted, kind: str) -> None:
    runs = count(FULL)
    first = [next(iter(advised(seed, planted).rows), None) for seed in range(runs)]
    right = sum(row is not None and row.kind == kind for row in first)
    assert right >= (0.9 * runs if runs > 10 else runs - 1)


def test_no_effect_gives_no_advice(count: Callable[[int], int]) -> None:
    runs = count(FULL)
    wrong = sum(bool(advised(100 + seed, NOTHING).rows) for seed in range(runs))
    assert wrong <= max(1, 0.1 * runs)


def test_advice_is_ranked_by_money_with_evidence_and_a_test() -> None:
    rows = advised(0, Planted()).rows
    assert len(rows) > 1
    assert [row.gain for row in rows] == sorted((row.gain for row in rows), reverse=True)
    for row in rows:
        assert 0.0 < row.low < row.gain < row.high
        assert row.is_money
        assert "no experiment" in row.evidence or row.kind == "stop_spending"
        assert row.test.startswith("Test it: ")
        assert row.page in ("/followup", "/channels")


def test_a_channel_that_does_not_bring_its_cost_back_is_to_be_stopped() -> None:
    made = sample(ROWS, 0, NOTHING)
    dear = made.spend.with_columns(amount=made.spend["amount"] * 12.0)
    rows = advise_on(history(made), logs.spend(dear)).rows
    assert [row.kind for row in rows] == ["stop_spending"]


def test_what_cannot_be_looked_at_is_told() -> None:
    leads = sample(600, 1).leads
    found = advise_on(History.of(model(), leads), None)
    assert not found.rows
    assert len(found.unseen) == 2
    unknown = advise_on(History.of(model(), leads.drop("Expected Value")), None)
    assert len(unknown.unseen) == 3


def test_gains_are_customers_where_no_deal_has_a_worth() -> None:
    made = sample(ROWS, 900, CONTACT)
    bare = History.of(
        model(),
        made.leads.drop("Expected Value"),
        contacts=logs.contacts(made.contacts),
        outcomes=logs.outcomes(made.outcomes.drop("value")),
    )
    found = advise_on(bare, None)
    assert found.rows
    assert not any(row.is_money for row in found.rows)
    assert advise_on(bare, None, deal_value=1_000.0).rows[0].gain == pytest.approx(1_000 * found.rows[0].gain)
