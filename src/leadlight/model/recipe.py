"""How one model is learnt from codes: its family and what is set of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadlight.model.encode import Codes, Encoder
from leadlight.model.learners import FAMILIES, Learner
from leadlight.model.learners.settings import Settings


@dataclass(frozen=True)
class Recipe:
    """All that a model depends on besides the leads."""

    family: str
    settings: Settings = field(default_factory=dict)
    seed: int = 0

    def learn(self, codes: Codes, outcome: np.ndarray, encoder: Encoder) -> Learner:
        return FAMILIES[self.family](codes, outcome, encoder, seed=self.seed, settings=self.settings)
