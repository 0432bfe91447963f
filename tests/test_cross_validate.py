"""`cross_validate`: figures on leads that no model of the fold had seen, in any disguise."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import leadlight as ll
from leadlight import api


def company(rows: int = 900) -> pl.DataFrame:
    dice = np.random.Generator(np.random.PCG64(5))
    visits = dice.integers(0, 9, rows)
    won = dice.random(rows) < visits / 10
    size = dice.normal(size=rows).round(6)
    return pl.DataFrame({"Visits": visits, "Size": size, "Stage": np.where(won, "Won", "Lost")})


def test_open_leads_take_no_part() -> None:
    leads = company()
    decided = np.arange(leads.height) % 3 > 0
    mixed = leads.with_columns(
        Stage=pl.when(pl.Series(decided)).then(pl.col("Stage")).otherwise(pl.lit("Open"))
    )
    place = np.arange(leads.height)
    folds = [(place[place % 2 != k], place[place % 2 == k]) for k in (0, 1)]
    without = [(learnt, looked_at[decided[looked_at]]) for learnt, looked_at in folds]
    asked: dict[str, Any] = {"target": "Stage", "models": "bayes", "positive": "Won", "negative": "Lost"}
    asked |= {"open": "Open"}
    assert ll.cross_validate(mixed, cv=folds, **asked).equals(ll.cross_validate(mixed, cv=without, **asked))


def test_equal_leads_and_rows_of_one_id_are_never_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = company()
    doubled = pl.concat([leads, leads[:300]]).with_columns(
        Key=pl.Series([f"L-{k:05d}" for k in range(1150)] + [f"L-{k:05d}" for k in range(50)])
    )
    seen = []
    learn = api.training.train

    def watched(raw: pl.DataFrame, wanted: Any) -> Any:
        seen.append(set(raw["Size"].to_list()))
        return learn(raw, wanted)

    monkeypatch.setattr(api.training, "train", watched)
    ll.cross_validate(doubled, target="Stage", positive="Won", negative="Lost", models="bayes", cv=3)
    assert len(seen) == 3
    every = set(leads["Size"].to_list())
    looked_at = [every - learnt for learnt in seen]
    assert sum(map(len, looked_at)) == len(set.union(*looked_at)) == len(every)
