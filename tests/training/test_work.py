"""Training does each piece of work once, and its algebra on one thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from leadlight.model.encode import Encoder
from leadlight.training import recipe
from leadlight.training.fit import train
from leadlight.training.learners import FAMILIES
from leadlight.training.options import Options
from tests.model.trained import sample


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch, seen: Counter[str]) -> Iterator[None]:
    """Every encoder and every model that is learnt is counted on its way."""
    learn_encoder, learn_model = Encoder.fit, FAMILIES["bayes"]

    def encoder(*asked: Any, **named: Any) -> Encoder:
        seen["encoders"] += 1
        return learn_encoder(*asked, **named)

    def model(*asked: Any, **named: Any) -> Any:
        seen["models"] += 1
        blas = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
        seen["threads"] = max(seen["threads"], *blas)
        return learn_model(*asked, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Encoder, "fit", staticmethod(encoder))
        patch.setitem(recipe.FAMILIES, "bayes", model)  # type: ignore[arg-type]
        yield


@pytest.mark.parametrize(("test", "models"), [("random", 7), ("time", 12)])
def test_no_model_is_learnt_again_to_calibrate_the_last(
    monkeypatch: pytest.MonkeyPatch, test: str, models: int
) -> None:
    """Five folds, the tested and the published one; with a time five more for the random figure.

    An encoder of each fold, of the audit, of the tested and of the published model.
    """
    before = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
    seen: Counter[str] = Counter()
    with counting(monkeypatch, seen):
        made = train(sample(1500).leads, Options(target="Converted", models=["bayes"], test=test))
    folds = made.bundle.training["split"]["folds"]
    assert folds == 5
    assert seen["models"] <= models
    assert seen["encoders"] <= 8
    assert seen["threads"] == 1
    assert [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"] == before


def test_the_published_model_is_calibrated_by_leads_that_it_or_its_like_never_saw() -> None:
    """Each lead's margin comes from the folds, or for a lead of the test from the tested model."""
    made = train(sample(3000).leads, Options(target="Converted", models=["logistic"], test="random"))
    prepared, scorer = made.prepared, made.bundle.scorer
    chance = scorer.score(prepared.raw).probability
    assert abs(float(chance.mean()) - float(np.mean(prepared.outcome))) < 0.02
