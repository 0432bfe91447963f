"""How one model is learnt from codes: its family, what is set of it, how the outcomes are balanced."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leadlight.model.blend import Learner
from leadlight.model.encode import Codes, Encoder
from leadlight.training.balance import balanced
from leadlight.training.learners import FAMILIES
from leadlight.training.learners.settings import Settings


@dataclass(frozen=True)
class Recipe:
    """All that a model depends on besides the leads."""

    family: str
    settings: Settings = field(default_factory=dict)
    balance: str = "none"
    seed: int = 0

    def learn(self, codes: Codes, outcome: np.ndarray, encoder: Encoder) -> Learner:
        rows = balanced(self.balance, codes, outcome, encoder, self.seed)
        learner = FAMILIES[self.family](
            rows.codes, rows.outcome, encoder, seed=self.seed, weight=rows.weight, settings=self.settings
        )
        made_up = rows.codes is not codes
        return learner.centred(codes) if made_up else learner
