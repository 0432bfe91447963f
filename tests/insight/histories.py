"""Made-up leads with all that happened to them, made once, and as a history."""

from __future__ import annotations

from functools import cache, lru_cache

from leadlight.data import logs
from leadlight.data.planted import Planted
from leadlight.data.sample import generate
from leadlight.data.sample_history import HistorySample, generate_history
from leadlight.insight.history import History
from leadlight.model.bundle import Bundle
from leadlight.training.fit import train
from leadlight.training.options import Options

ROWS = 20_000


@cache
def model() -> Bundle:
    """A quick model of such leads, made from others."""
    options = Options(
        target="Stage", positive=("won",), negative=("lost",), models=["logistic"], folds=2, refit=False
    )
    return train(generate(2_000, seed=3, stages=True).leads, options).bundle


@lru_cache(4)
def sample(rows: int = ROWS, seed: int = 0, planted: Planted | None = None) -> HistorySample:
    return generate_history(rows, seed, planted)


def history(made: HistorySample) -> History:
    """What became of these leads, as one export and two logs tell it."""
    return History.of(
        model(),
        made.leads,
        contacts=logs.contacts(made.contacts),
        outcomes=logs.outcomes(made.outcomes),
    )
