"""The families of models that can be learnt, simplest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.learners import bayes, glassbox, lightgbm, logistic
from leadlight.model.points import Points
from leadlight.model.trees import Trees

Learner = Points | Trees


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
    ) -> Learner: ...


FAMILIES: Final[Mapping[str, Fit]] = {
    "bayes": bayes.fit,
    "logistic": logistic.fit,
    "glassbox_main": glassbox.fit_main,
    "glassbox": glassbox.fit,
    "lightgbm": lightgbm.fit,
}
FAST: Final = ("bayes", "logistic", "glassbox", "lightgbm")
SETS: Final[Mapping[str, tuple[str, ...]]] = {"fast": FAST, "all": tuple(FAMILIES)}
RUNTIMES: Final = {"points": Points, "trees": Trees}


def runtime_of(learner: Learner) -> str:
    return "points" if isinstance(learner, Points) else "trees"
