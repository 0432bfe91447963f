"""The families of models that can be learnt, simplest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np

from leadlight.model.blend import Learner
from leadlight.model.encode import Codes, Encoder
from leadlight.training.learners import (
    bayes,
    catboost,
    ensemble,
    forest,
    glassbox,
    lightgbm,
    logistic,
    neural,
    rules,
    tree,
    xgboost,
)
from leadlight.training.learners.settings import DEFAULT, Grid, Settings, Space


class Fit(Protocol):
    """Learn from codes and outcomes; gives a frozen, fitted model."""

    def __call__(
        self,
        codes: Codes,
        outcome: np.ndarray,
        encoder: Encoder,
        *,
        seed: int = 0,
        weight: np.ndarray | None = None,
        settings: Settings = DEFAULT,
    ) -> Learner: ...


def in_order_of_names(fit: Fit) -> Fit:
    """Let a family see features in the order of their names, so that the order of columns does not matter."""

    def fit_in_order(
        codes: Codes,
        outcome: np.ndarray,
        encoder: Encoder,
        *,
        seed: int = 0,
        weight: np.ndarray | None = None,
        settings: Settings = DEFAULT,
    ) -> Learner:
        features = encoder.features
        order = sorted(range(len(features)), key=lambda k: (features[k].column, features[k].take))
        sorted_encoder = replace(encoder, features=tuple(features[k] for k in order))
        learner = fit(codes[:, order], outcome, sorted_encoder, seed=seed, weight=weight, settings=settings)
        return learner.placed(order)

    return fit_in_order


_FITS: Final[Mapping[str, Fit]] = {
    "rules": rules.fit,
    "bayes": bayes.fit,
    "logistic": logistic.fit,
    "glassbox_main": glassbox.fit_main,
    "glassbox": glassbox.fit,
    "tree": tree.fit,
    "forest": forest.fit,
    "lightgbm": lightgbm.fit,
    "lightgbm_deep": lightgbm.fit_deep,
    "xgboost": xgboost.fit,
    "catboost": catboost.fit,
    "neural": neural.fit,
}
ENSEMBLE: Final = "ensemble"
MEMBERS: Final = (
    "logistic",
    "glassbox",
    "forest",
    "lightgbm",
    "lightgbm_deep",
    "xgboost",
    "catboost",
    "neural",
)
"""What an ensemble is made of."""
_ENSEMBLE: Final = ensemble.of({name: _FITS[name] for name in MEMBERS})
FAMILIES: Final[Mapping[str, Fit]] = {
    name: in_order_of_names(fit) for name, fit in {**_FITS, ENSEMBLE: _ENSEMBLE}.items()
}
SPACES: Final[Mapping[str, Space | Grid]] = {
    "logistic": logistic.GRID,
    "glassbox_main": glassbox.MAIN_SPACE,
    "glassbox": glassbox.SPACE,
    "tree": tree.SPACE,
    "forest": forest.SPACE,
    "lightgbm": lightgbm.SPACE,
    "lightgbm_deep": lightgbm.SPACE,
    "xgboost": xgboost.SPACE,
    "catboost": catboost.SPACE,
    "neural": neural.SPACE,
}
LIBRARIES: Final[Mapping[str, Callable[[], Any]]] = {"xgboost": xgboost.library, "catboost": catboost.library}
"""What is not always installed; a DependencyError where it is not."""
FAST: Final = ("bayes", "logistic", "glassbox", "lightgbm")
BY_HAND: Final = ("rules",)
"""Joins every set where points were set by hand, and none elsewhere."""
SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "fast": FAST,
    "all": tuple(name for name in FAMILIES if name not in BY_HAND),
}
