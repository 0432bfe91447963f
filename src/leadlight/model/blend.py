"""Several models as one: its margin is the weighted sum of theirs, and so is what each feature adds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import BundleError
from leadlight.model.encode import Codes
from leadlight.model.network import Network
from leadlight.model.points import Points
from leadlight.model.trees import Trees, beginning

Arrays = Mapping[str, np.ndarray]
Member = Points | Trees | Network
MEMBERS: Final[Mapping[str, type[Member]]] = {"points": Points, "trees": Trees, "network": Network}
MOST_PARTS: Final = 16
LARGEST: Final = 100.0


@dataclass(frozen=True)
class Blend:
    """Models over the same codes, each with its weight."""

    weights: tuple[float, ...]
    parts: tuple[Member, ...]

    @property
    def base(self) -> float:
        return float(sum(weight * part.base for weight, part in self._each))

    @property
    def _each(self) -> Sequence[tuple[float, Member]]:
        return tuple(zip(self.weights, self.parts, strict=True))

    def margin(self, codes: Codes) -> np.ndarray:
        return self.margin_by(lambda part, codes: part.margin(codes), codes)

    def margin_by(self, margin_of: Callable[[Member, Codes], np.ndarray], codes: Codes) -> np.ndarray:
        """The weighted sum of what its models say when asked this way."""
        margin = np.zeros(len(codes))
        for weight, part in self._each:
            margin += weight * margin_of(part, codes)
        return margin

    def contributions(self, codes: Codes) -> np.ndarray:
        parts = np.zeros(codes.shape, order="F")
        for weight, part in self._each:
            parts += weight * part.contributions(codes)
        return parts

    def centred(self, codes: Codes) -> Blend:
        """Let what each feature adds be against these leads."""
        return Blend(self.weights, tuple(part.centred(codes) for part in self.parts))

    def placed(self, order: Sequence[int]) -> Blend:
        """These models where their k-th feature stands at place order[k]."""
        return Blend(self.weights, tuple(part.placed(order) for part in self.parts))

    def to_json(self) -> dict[str, Any]:
        return {
            "weights": list(self.weights),
            "parts": [{"runtime": runtime_of(part), "model": part.to_json()} for part in self.parts],
        }

    def to_arrays(self) -> dict[str, np.ndarray]:
        return {
            f"part_{k}_{name}": values
            for k, part in enumerate(self.parts)
            for name, values in part.to_arrays().items()
        }

    @staticmethod
    def restore(data: Mapping[str, Any], arrays: Arrays, sizes: Sequence[int]) -> Blend:
        """Rebuild from plain data; each part checks its own."""
        weights = tuple(float(weight) for weight in data["weights"])
        sound = all(math.isfinite(weight) and 0 < weight < LARGEST for weight in weights)
        if not sound or not 0 < len(weights) == len(data["parts"]) <= MOST_PARTS:
            raise BundleError("The weights of the bundle's ensemble make no sense.", code="blend")
        parts = tuple(
            MEMBERS[part["runtime"]].restore(part["model"], beginning(arrays, f"part_{k}_"), sizes)
            for k, part in enumerate(data["parts"])
        )
        return Blend(weights, parts)


Learner = Member | Blend
RUNTIMES: Final[Mapping[str, type[Learner]]] = {**MEMBERS, "blend": Blend}


def runtime_of(learner: Learner) -> str:
    return next(name for name, kind in RUNTIMES.items() if isinstance(learner, kind))
