"""What would change a score: only in columns that the user named as something one can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadlight.model.answer import Answer, Reason
from leadlight.model.encode import Codes, Feature, representatives
from leadlight.model.lead_scorer import LeadScorer
from leadlight.model.reasons import every_reason, grouped_factors
from leadlight.model.scorer import Scorer


@dataclass(frozen=True)
class Change:
    """One column taking another value, all else as it is."""

    column: str
    value: str
    probability: float
    grade: str

    def to_json(self) -> dict[str, Any]:
        return {
            "column": self.column,
            "value": self.value,
            "probability": self.probability,
            "grade": self.grade,
        }


@dataclass(frozen=True)
class Explanation:
    """One lead's score taken apart: base odds times all factors are its odds."""

    answer: Answer
    base_odds: float
    reasons: tuple[Reason, ...]
    groups: Mapping[str, float]
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            **self.answer.to_json(),
            "base_odds": self.base_odds,
            "reasons": [reason.to_json() for reason in self.reasons],
            "groups": dict(self.groups),
            "changes": [change.to_json() for change in self.changes],
        }


def explain(scorer: Scorer, lead: Mapping[str, Any], codes: Codes) -> Explanation:
    """Explain the one lead whose codes are given."""
    single = LeadScorer(scorer)
    read = single.read(lead)._replace(codes=codes[0].tolist())
    groups = grouped_factors(scorer, codes).to_dict(as_series=False)
    return Explanation(
        answer=single.answer_input(lead, read),
        base_odds=float(np.exp(scorer.base)),
        reasons=every_reason(scorer, lead, codes),
        groups={name: values[0] for name, values in groups.items()},
        changes=tuple(changes(scorer, codes)),
    )


def changes(scorer: Scorer, codes: Codes, *, every: bool = False) -> list[Change]:
    """For each actionable column, or for each, the value that would raise the score most, best first."""
    best = []
    for k, feature in enumerate(scorer.encoder.features):
        looked_at = every or scorer.schema[feature.column].actionable
        if looked_at and feature.take in ("value", "level"):
            change = _best(scorer, codes, k, feature)
            if change is not None:
                best.append(change)
    return sorted(best, key=lambda change: (-change.probability, change.column))


def _best(scorer: Scorer, codes: Codes, k: int, feature: Feature) -> Change | None:
    """Among the levels or bins that training has seen (not missing, not "other")."""
    last = feature.size - 1 if feature.take == "level" else feature.size
    others = np.array([code for code in range(1, last) if code != codes[0, k]], dtype=np.uint16)
    if not len(others):
        return None
    tried = np.repeat(codes[:1], len(others), axis=0)
    tried[:, k] = others
    scores = scorer.score_codes(tried)
    top = int(scores.margin.argmax())
    if scores.margin[top] <= scorer.margin(codes[:1])[0]:
        return None
    words = representatives(feature)[int(others[top])]
    label = scorer.schema[feature.column].label(words)
    return Change(feature.column, label, float(scores.probability[top]), scores.names[int(scores.grade[top])])
