"""Personas that were found once, as they are kept: their names and where the middle of each lies.

Nothing of a single lead is in them: a middle is an average, and a group holds one lead in fifty at least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import InputError
from leadlight.insight.clusters import MOST, Clusters, LeadGroups
from leadlight.model.encode import Codes, Feature

OUTGROWN: Final = 2
"""Of so many times the leads personas are looked for anew."""


@dataclass(frozen=True, eq=False)
class KeptPersonas:
    """Found among so many leads with the model of this name; without a grouping none were found."""

    model: str
    leads: int
    names: tuple[str, ...]
    grouping: LeadGroups | None
    stability: float = 0.0
    separation: float = 0.0

    def holds(self, model: str, leads: int, features: Sequence[Feature]) -> bool:
        """Whether they are those of this model still, for about as many leads, in these columns."""
        if self.model != model or leads >= OUTGROWN * self.leads:
            return False
        sizes = [] if self.grouping is None else [len(table) for table in self.grouping.tables]
        return self.grouping is None or sizes == [feature.size for feature in features]

    def clusters(self, codes: Codes) -> Clusters:
        """To which of them each lead belongs; they keep their numbers, however many each has by now."""
        if self.grouping is None:
            return Clusters(np.zeros(len(codes), dtype=np.intp), 0)
        member, count = self.grouping.member(codes), len(self.grouping.centres)
        return Clusters(member, count, self.stability, self.separation, self.grouping)

    def to_json(self) -> dict[str, Any]:
        found = self.grouping
        return {
            "model": self.model,
            "leads": self.leads,
            "names": list(self.names),
            "tables": None if found is None else [table.tolist() for table in found.tables],
            "centres": None if found is None else found.centres.tolist(),
            "stability": self.stability,
            "separation": self.separation,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> KeptPersonas:
        """What contradicts itself is refused."""
        try:
            found = None if data["centres"] is None else _grouping(data["tables"], data["centres"])
            names = tuple(str(name) for name in data["names"])
            figures = [float(data[name]) for name in ("stability", "separation")]
            kept = KeptPersonas(str(data["model"]), int(data["leads"]), names, found, *figures)
        except (KeyError, TypeError, ValueError):
            raise _refused() from None
        if kept.leads < 1 or len(names) != (0 if found is None else len(found.centres)):
            raise _refused()
        return kept


def _grouping(tables: Sequence[Any], centres: Any) -> LeadGroups:
    found = LeadGroups(
        tuple(np.asarray(table, dtype=np.float64) for table in tables), np.asarray(centres, dtype=np.float64)
    )
    arrays = (*found.tables, found.centres)
    width = found.centres.shape[-1]
    sound = all(each.ndim == 2 and each.shape[1] == width and np.isfinite(each).all() for each in arrays)
    if not found.tables or not sound or not 2 <= len(found.centres) <= MOST:
        raise ValueError
    return found


def _refused() -> InputError:
    return InputError("The personas that were kept cannot be read.", code="kept_personas")
