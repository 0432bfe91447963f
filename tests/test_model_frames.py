"""A model as a data scientist looks at it: chances, tables, coefficients, comparisons, a notebook."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadlight.errors import ColumnError, InputError
from leadlight.ready import Model
from tests.model.trained import bundle, sample


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(bundle("glassbox"))


def test_chances_are_those_of_the_scores(model: Model) -> None:
    leads = sample().leads.head(50)
    chances = model.predict_proba(leads)
    assert chances.shape == (50, 2)
    assert np.array_equal(chances[:, 1], model.score(leads)["probability"].to_numpy())
    assert np.allclose(chances.sum(axis=1), 1.0)


def test_the_tables_add_up_to_the_log_odds(model: Model) -> None:
    tables = model.tables()
    assert tables.columns == ["column", "value", "with_column", "with_value", "log_odds", "odds"]
    learner, encoder = model.bundle.scorer.learner, model.bundle.scorer.encoder
    alone = tables.filter(pl.col("with_column").is_null())
    assert alone.height == sum(encoder.sizes)
    codes = model.bundle.scorer.encode(sample().leads.head(5))
    starts = np.cumsum([0, *encoder.sizes[:-1]])
    for row in codes:
        total = learner.base + alone["log_odds"].gather(starts + row).sum()
        pairs = tables.filter(pl.col("with_column").is_not_null())
        sizes = [encoder.sizes[p.first] * encoder.sizes[p.second] for p in learner.pairs]
        begins = np.cumsum([0, *sizes])[: len(sizes)]
        places = [
            int(begin + row[p.first] * encoder.sizes[p.second] + row[p.second])
            for begin, p in zip(begins, learner.pairs, strict=True)
        ]
        total += pairs["log_odds"].gather(places).sum() if places else 0.0
        assert total == pytest.approx(float(learner.margin(row[None, :])[0]), abs=1e-9)


def test_a_model_of_trees_has_no_tables() -> None:
    with pytest.raises(InputError) as refused:
        Model(bundle("lightgbm")).tables()
    assert refused.value.code == "no_tables"


def test_importance_comes_largest_first(model: Model) -> None:
    found = model.importance()
    assert found["column"].n_unique() == found.height > 3
    assert found["importance"].is_sorted(descending=True)


def test_coefficients_are_those_of_the_logistic_regression(model: Model) -> None:
    found = Model(bundle("logistic")).coefficients()
    assert (found["low"] <= found["odds"]).all()
    assert (found["odds"] <= found["high"]).all()
    assert found.height > 3
    assert model.coefficients().columns == found.columns


def test_the_leaderboard_marks_the_chosen(model: Model) -> None:
    found = model.leaderboard()
    assert found.filter("chosen")["name"].to_list() == ["glassbox"]
    assert {"auc", "log_loss"} <= {*found.columns}


def test_a_notebook_shows_what_it_is(model: Model) -> None:
    shown = model._repr_html_()
    assert model.bundle.name in shown
    assert "AUC on the test part" in shown
    assert "<script" not in shown


def test_errors_in_python_name_no_switch_of_the_command_line(model: Model) -> None:
    for verb in (model.score, model.predict_proba, model.evaluate, model.plan):
        with pytest.raises(ColumnError) as refused:
            verb(sample().leads.drop("Visits"))
        assert "allow_missing=True" in refused.value.hint
        assert "--" not in refused.value.hint
