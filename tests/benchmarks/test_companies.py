"""Sets of leads for the public benchmark: read as described, divided without a lead on both sides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import companies


@pytest.fixture
def described(tmp_path: Path) -> Path:
    leads = pl.DataFrame(
        {"Key": range(200), "Visits": [k % 20 for k in range(200)], "Stage": ["won", "lost"] * 100}
    )
    leads.with_columns(Tags=pl.col("Stage")).write_csv(tmp_path / "shop.csv")
    text = 'file = "shop.csv"\ntarget = "Stage"\npositive = "won"\naside = ["Key"]\nleaks = ["Tags"]\n'
    (tmp_path / "shop.toml").write_text(f'{text}splits = ["stratified", "grouped", "forward"]\n')
    (tmp_path / "gone.toml").write_text('file = "gone.csv"\ntarget = "Stage"\npositive = "won"\n')
    return tmp_path


def test_a_set_is_what_its_description_says(described: Path) -> None:
    shop = next(companies.sets(described, described))
    assert shop.name == "shop"
    assert shop.frame.columns == ["Key", "Visits", "Stage"]
    assert shop.frame["Stage"].sum() == 100


@pytest.mark.parametrize("split", companies.SPLITS)
def test_no_lead_is_learnt_from_and_foretold(described: Path, split: str) -> None:
    shop = next(companies.sets(described, described))
    contest = shop.contest(split)
    assert all(not set(learn) & set(held) for learn, held in contest.folds)
    if split == "grouped":
        alike = shop.frame.drop("Key")
        for learn, held in contest.folds:
            assert not set(alike[learn.tolist()].rows()) & set(alike[held.tolist()].rows())
    if split == "forward":
        learn, held = contest.folds[0]
        assert np.max(learn) < np.min(held)


def test_a_misspelt_key_is_refused(described: Path) -> None:
    (described / "shop.toml").write_text('file = "shop.csv"\ntargte = "Stage"\n')
    with pytest.raises(SystemExit, match="targte"):
        list(companies.sets(described, described))
