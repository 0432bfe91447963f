"""Several families learnt on the same rows, their margins averaged by weight.

Settings name the weight of each family, and under `family.setting` what is set of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from leadlight.model.blend import Blend
from leadlight.model.encode import Codes, Encoder
from leadlight.training.learners.settings import DEFAULT, Settings


def of(members: Mapping[str, Callable[..., Any]]) -> Callable[..., Blend]:
    """The family of ensembles of these; with no weight given they count alike."""

    def fit(
        codes: Codes,
        outcome: np.ndarray,
        encoder: Encoder,
        *,
        seed: int = 0,
        weight: np.ndarray | None = None,
        settings: Settings = DEFAULT,
    ) -> Blend:
        weights = {name: float(settings[name]) for name in members if settings.get(name)}
        weights = weights or dict.fromkeys(members, 1 / len(members))
        parts = tuple(
            members[name](
                codes, outcome, encoder, seed=seed, weight=weight, settings=settings_of(name, settings)
            )
            for name in weights
        )
        return Blend(tuple(weights.values()), parts)

    return fit


def settings_of(member: str, settings: Settings) -> Settings:
    """What the settings of an ensemble say of one of its members."""
    start = f"{member}."
    return {name.removeprefix(start): value for name, value in settings.items() if name.startswith(start)}


def joined(weights: Mapping[str, float], settings: Mapping[str, Settings]) -> Settings:
    """The settings of an ensemble: what each member weighs and what is set of it."""
    return {
        **weights,
        **{f"{name}.{key}": value for name in weights for key, value in settings[name].items()},
    }
