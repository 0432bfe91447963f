"""What a training looks back on: importance, odds ratios with intervals, what leaks would have claimed."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from leadlight.data.sample import generate
from leadlight.model.coefficients import Coefficient, coefficients
from leadlight.model.encode import Encoder
from leadlight.model.importance import importance
from leadlight.training.fit import Trained, train
from leadlight.training.learners import FAMILIES
from leadlight.training.learners.logistic import SETTINGS
from leadlight.training.options import Options
from tests.model.trained import trained

RIDGE = 1 / float(SETTINGS["C"])


@cache
def leaking() -> Trained:
    leads = generate(1500, 5, leak=True).leads
    return train(leads, Options(target="Converted", models=("logistic", "bayes"), folds=3))


def found(made: Trained, seed: int = 0) -> tuple[list[Coefficient], np.ndarray, np.ndarray, Encoder]:
    prepared = made.prepared
    outcome = prepared.outcome
    typed = prepared.schema.apply(prepared.raw)
    encoder = Encoder.fit(typed, prepared.schema)
    codes = encoder.apply(typed)
    points = FAMILIES["logistic"](codes, outcome, encoder)
    rows = coefficients(points, codes, outcome, encoder, prepared.schema, ridge=RIDGE, seed=seed)
    return rows, codes, outcome, encoder


def test_odds_ratios_are_those_of_the_tables() -> None:
    """The point is the table's, the interval holds it, 20 leads or more stand behind it."""
    rows, codes, outcome, encoder = found(trained("logistic"))
    points = FAMILIES["logistic"](codes, outcome, encoder)
    assert len(rows) > 20
    for row in rows:
        k = next(k for k, feature in enumerate(encoder.features) if feature.name == row.column)
        assert np.abs(np.exp(points.tables[k]) - row.odds).min() < 1e-3
        assert row.low < row.odds < row.high
        assert row.leads >= 20
    sizes = [abs(math.log(row.odds)) for row in rows]
    assert sizes == sorted(sizes, reverse=True)


def test_the_intervals_are_those_of_refitting() -> None:
    """One Newton step a resample comes close to learning anew from each resample."""
    rows, codes, outcome, encoder = found(trained("logistic"))
    dice = np.random.Generator(np.random.PCG64(11))
    draws = []
    for _ in range(40):
        drawn = dice.integers(len(codes), size=len(codes))
        weight = np.bincount(drawn, minlength=len(codes)).astype(np.float64)
        points = FAMILIES["logistic"](codes, outcome, encoder, weight=weight)
        draws.append(points.tables)
    ratios = []
    for row in [row for row in rows if row.leads >= 100][:15]:
        k = next(k for k, feature in enumerate(encoder.features) if feature.name == row.column)
        base = FAMILIES["logistic"](codes, outcome, encoder).tables[k]
        code = int(np.abs(np.exp(base) - row.odds).argmin())
        spread = np.std([tables[k][code] for tables in draws])
        ours = (math.log(row.high) - math.log(row.low)) / (2 * 1.645)
        ratios.append(ours / spread)
    assert 0.75 < np.median(ratios) < 1.3, ratios


def test_the_same_seed_gives_the_same_intervals() -> None:
    one, other, third = (found(trained("logistic"), seed)[0] for seed in (1, 1, 2))
    assert one == other != third


def test_importance_is_the_mean_size_of_the_contributions() -> None:
    made = trained("glassbox")
    scorer = made.tested
    codes = scorer.encode(made.prepared.raw)
    told = importance(scorer, codes)
    parts = np.abs(scorer.contributions(codes)).mean(axis=0)
    expected = dict(zip(scorer.columns, parts.tolist(), strict=False))
    assert told == pytest.approx({name: size for name, size in expected.items() if size > 5e-7}, abs=1e-6)


def test_what_the_leaks_would_have_claimed() -> None:
    record = leaking().bundle.training
    claim = record["leaks"]
    assert claim["columns"] == ["Call Result"]
    assert claim["family"] == "logistic"
    assert claim["auc"] > claim["without"] + 0.05
    own = next(each for each in record["candidates"] if each["name"] == "logistic")
    assert claim["without"] == pytest.approx(own["auc"], abs=1e-5)


def test_without_leaks_or_logistic_there_is_nothing_to_claim() -> None:
    record = trained("bayes").bundle.training
    assert record["leaks"] is None
    assert record["coefficients"] == []
    assert record["importance"]
