"""Small trained models for tests: made once a process, from the made-up sample."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
import polars as pl
import pytest

from leadlight.data.sample import Sample, generate
from leadlight.model.bundle import Bundle
from leadlight.training.fit import Trained, train
from leadlight.training.learners import catboost, forest, lightgbm, neural, xgboost
from leadlight.training.options import Options


@cache
def sample(rows: int = 3000, seed: int = 1) -> Sample:
    return generate(rows, seed)


@contextmanager
def few_rounds() -> Iterator[None]:
    """The families that take long learn for a short while only."""
    with pytest.MonkeyPatch.context() as patch:
        for settings in (lightgbm.SETTINGS, lightgbm.DEEP, xgboost.SETTINGS, catboost.SETTINGS):
            patch.setitem(settings, "rounds", 60)  # type: ignore[misc]
        patch.setitem(forest.SETTINGS, "rounds", 20)  # type: ignore[misc]
        patch.setitem(neural.SETTINGS, "epochs", 5)  # type: ignore[misc]
        yield


@cache
def trained(family: str = "glassbox", rows: int = 3000, seed: int = 1) -> Trained:
    with few_rounds():
        return train(sample(rows, seed).leads, Options(target="Converted", models=[family], seed=seed))


def bundle(family: str = "glassbox", rows: int = 3000) -> Bundle:
    return trained(family, rows).bundle


@cache
def light(family: str) -> Bundle:
    """A model of few leads, folds and rounds, for families that take long to learn."""
    options = Options(target="Converted", models=[family], folds=2, refit=False)
    with few_rounds():
        return train(sample(800).leads, options).bundle


def shuffled(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    order = np.random.Generator(np.random.PCG64(seed)).permutation(frame.height)
    return frame[order.tolist()]
