"""`cross_validate`: figures on leads that no model of the fold had seen, in any disguise."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold

import leadlight as ll
from leadlight import api
from leadlight.errors import ConfigError


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


ASKED: dict[str, Any] = {"target": "Stage", "positive": "Won", "negative": "Lost"}


@pytest.mark.parametrize("splitter", [KFold(3, shuffle=True, random_state=0), StratifiedKFold(3)])
def test_the_splitters_of_scikit_learn_make_folds(splitter: Any) -> None:
    found = ll.cross_validate(company(), models="bayes", cv=splitter, **ASKED)
    (row,) = found.to_dicts()
    assert 0.5 < row["auc"] < 1.0
    assert 0.0 < row["auc_deviation"] < 0.2


@pytest.mark.parametrize("cv", [1, True, "five", [1, 2], [(1, 2, 3)], None, GroupKFold(3)])
def test_what_is_no_way_to_split_is_refused(cv: Any) -> None:
    with pytest.raises(ConfigError) as refused:
        ll.cross_validate(company(), models="bayes", cv=cv, **ASKED)
    assert refused.value.code == "cv"
    assert "KFold(3)" in refused.value.hint


@pytest.mark.parametrize("asked", [{"folds": [(0, 1)]}, {"folds": "5"}, {"seed": 1.5}, {"metric": 3}])
def test_what_is_of_the_wrong_kind_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as refused:
        ll.train(company(), **ASKED, **asked)
    assert refused.value.code in ("option_kind", "unknown_metric")
    assert next(iter(asked)) in str(refused.value)


def test_a_name_that_nothing_has_is_refused_with_the_nearest() -> None:
    wrong: Any = {"fold": 3}
    with pytest.raises(ConfigError) as refused:
        ll.train(company(), **ASKED, **wrong)
    assert "'folds'" in refused.value.hint
