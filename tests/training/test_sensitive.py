"""What it costs to leave sensitive columns out, and what learning from them would do."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadlight.data.finding import Finding
from leadlight.training.audit.audit import audit
from tests.training.audit_inputs import audit_input


def leads(strength: float) -> pl.DataFrame:
    dice = np.random.default_rng(4)
    state = dice.choice(["married", "single"], 4_000)
    visits = dice.poisson(3.0, 4_000)
    chance = 1.0 / (1.0 + np.exp(2.0 - 0.4 * visits - strength * (state == "single")))
    won = np.where(dice.random(4_000) < chance, "yes", "no")
    return pl.DataFrame({"Marital Status": state, "Visits": visits, "Converted": won})


def cost(strength: float) -> Finding:
    found = audit(audit_input(leads(strength))).findings
    return next(each for each in found if each.code == "sensitive_cost")


def test_what_leaving_a_sensitive_column_out_costs_is_told_once() -> None:
    telling, silent = cost(1.5), cost(0.0)
    assert float(telling.evidence["cost"]) > 0.05 > 0.005 > float(silent.evidence["cost"])
    assert "--keep 'Marital Status'" in telling.next_step


def test_what_keeping_it_would_do_to_its_groups_is_told() -> None:
    telling = cost(1.5).evidence
    assert float(telling["ratio_with"]) < 0.5 < 0.8 < float(telling["ratio_without"])


def test_leads_without_a_sensitive_column_have_no_such_cost() -> None:
    found = audit(audit_input(leads(0.0).drop("Marital Status"))).findings
    assert "sensitive_cost" not in {each.code for each in found}
