"""One lead at a time gives, bit for bit, what a batch gives: score, interval, grade, reasons."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadlight.data.frame import from_records
from leadlight.model.bundle import Bundle
from leadlight.model.lead_scorer import LeadScorer
from leadlight.model.scoring import BatchScorer
from leadlight.model.whatif import explain
from leadlight.training.fit import train
from leadlight.training.options import Options
from tests.model.trained import bundle, light, sample

FAMILIES = ("bayes", "logistic", "glassbox", "lightgbm", "neural")


def same(family: str, leads: pl.DataFrame, at: float | None = None) -> None:
    made = bundle(family) if family in FAMILIES else light(family)
    single = LeadScorer(made.scorer)
    batch = BatchScorer(made, reasons=4, at=at).score(leads)
    for row, lead in enumerate(leads.to_dicts()):
        one = single.answer(lead, 4, at)
        assert one.probability == batch.scores.probability[row]
        assert (one.low, one.high) == (batch.scores.low[row], batch.scores.high[row])
        assert (one.score, one.grade, one.call) == batch.frame.select("score", "grade", "call").row(row)
        texts = [batch.frame[f"reason_{k}"][row] for k in range(1, 5)]
        assert [reason.text for reason in one.reasons] == [text for text in texts if text is not None]


@pytest.mark.parametrize("family", FAMILIES)
def test_one_lead_equals_the_batch(family: str) -> None:
    same(family, sample().leads.head(40 if family in ("lightgbm", "neural") else 300))


@pytest.mark.parametrize("family", ["tree", "forest", "xgboost", "catboost"])
def test_one_lead_equals_the_batch_by_any_trees(family: str) -> None:
    same(family, sample().leads.head(20))


def test_one_lead_equals_the_batch_at_another_moment() -> None:
    same("glassbox", sample().leads.head(50), at=datetime(2027, 1, 1).timestamp())


_CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=True, allow_infinity=True),
    st.sampled_from(
        [
            "",
            " ",
            "Select",
            "N/A",
            "google",
            "GOOGLE ",
            "7",
            " 7.0 ",
            "1e3",
            "inf",
            "２",
            "2024-05-06",
            "\u00a0x",
        ]
    ),
    st.text(max_size=12),
)


@given(st.lists(st.dictionaries(st.sampled_from(sample().leads.columns), _CELLS), min_size=1, max_size=4))
def test_any_cells_in_any_columns_score_alike(records: list[dict[str, Any]]) -> None:
    """Nothing that a caller sends makes one path differ from the other, or fail."""
    made = bundle("glassbox")
    single = LeadScorer(made.scorer)
    batch = BatchScorer(made, reasons=3).score(from_records(records))
    for row, lead in enumerate(records):
        one = single.answer(lead, 3)
        assert one.probability == batch.scores.probability[row]
        assert 0.0 < one.probability < 1.0
        assert one.low <= one.probability <= one.high
        texts = [batch.frame[f"reason_{k}"][row] for k in range(1, 4)]
        assert [reason.text for reason in one.reasons] == [text for text in texts if text is not None]


@pytest.mark.parametrize("family", FAMILIES)
def test_base_odds_times_all_factors_are_the_odds(family: str) -> None:
    scorer = bundle(family).scorer
    leads = sample().leads.head(20)
    for row, lead in enumerate(leads.to_dicts()):
        found = explain(scorer, lead, scorer.encode(leads[row : row + 1]))
        odds = found.base_odds * math.prod(reason.odds for reason in found.reasons)
        share = found.answer.probability
        assert odds == pytest.approx(share / (1 - share), rel=1e-9)
        by_group = found.base_odds * math.prod(found.groups.values())
        assert by_group == pytest.approx(odds, rel=1e-6) or scorer.calibrator.lift is not None


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_size_of_a_batch_does_not_matter(size: int) -> None:
    leads = sample().leads.head(2000)
    scorer = BatchScorer(bundle("glassbox"), reasons=3)
    whole = scorer.score(leads).frame
    parts = [
        scorer.score(leads[start : start + size]).frame
        for start in range(0, min(leads.height, 50 * size), size)
    ]
    joined = pl.concat(parts)
    assert joined.equals(whole.head(joined.height))


def test_declared_features_with_means_agree_too() -> None:
    leads = sample(2000, 5).leads
    numbers = [name for name, kind in leads.schema.items() if kind.is_numeric() and name != "Converted"]
    level = next(
        name
        for name, kind in leads.schema.items()
        if kind == pl.String and leads[name].n_unique() in range(4, 30)
    )
    features = {"mean of it": f'mean("{numbers[0]}", by "{level}")', "large": f'"{numbers[0]}" > 3'}
    made = train(leads, Options(target="Converted", models=["glassbox_main"], features=features)).bundle
    single, batch = LeadScorer(made.scorer), BatchScorer(made, reasons=2).score(leads.head(100))
    ones = [single.answer(lead, 2).probability for lead in leads.head(100).to_dicts()]
    assert np.array_equal(np.array(ones), batch.scores.probability)


WORDS = {
    "known source": """if(missing("Lead Source"), 'unknown', "Lead Source")""",
    "told": """if(missing("Campaign"), 'n/a', if(Visits > 3, 'Select', '-'))""",
    "spelt": """if("Asked for Demo" = 'yes', '7.0', 'TRUE')""",
    "asked": """"Asked for Demo" = 'yes' or missing("Lead Source")""",
    "latest": """max(Created, date('2024-06-01'))""",
    "minutes": """"Minutes on Site" / (Visits - 1)""",
}


@pytest.mark.parametrize("name", WORDS)
def test_what_a_declared_feature_gives_is_no_cell(name: str, tmp_path: Path) -> None:
    """A word for missing that it yields is a level, alone as in a batch, in a saved model too."""
    gaps = pl.when(pl.int_range(pl.len()) % 3 > 0).then("Lead Source").alias("Lead Source")
    leads = sample(1000, 5).leads.with_columns(gaps)
    options = Options(target="Converted", models=["logistic"], folds=2, features={name: WORDS[name]})
    made = train(leads, options).bundle
    assert name in made.scorer.columns
    made.save(tmp_path / "model.leadlight")
    for each in (made, Bundle.load(tmp_path / "model.leadlight")):
        single, batch = LeadScorer(each.scorer), BatchScorer(each, reasons=3).score(leads)
        lone = leads.head(200).to_dicts()
        assert [single.codes(lead) for lead in lone] == batch.codes[:200].tolist()
        assert [single.answer(lead).probability for lead in lone] == batch.scores.probability[:200].tolist()
        seen = set(batch.codes[:, [f.column for f in each.scorer.encoder.features].index(name)].tolist())
        assert len(seen) > 1


def test_what_would_change_it_names_only_actionable_columns() -> None:
    from leadlight.data.config import ColumnConfig

    leads = sample(2000, 5).leads
    column = next(name for name in leads.columns if "page" in name.lower() or "source" in name.lower())
    made = train(
        leads,
        Options(target="Converted", models=["logistic"], columns={column: ColumnConfig(actionable=True)}),
    ).bundle
    found = [
        explain(made.scorer, leads.row(row, named=True), made.scorer.encode(leads[row])) for row in range(30)
    ]
    named = {change.column for each in found for change in each.changes}
    assert named == {column}
    for each in found:
        assert all(change.probability > each.answer.probability for change in each.changes)
