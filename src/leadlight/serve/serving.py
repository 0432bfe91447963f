"""The model in service: one value that never changes, swapped whole."""

from __future__ import annotations

from dataclasses import dataclass

from leadlight.model.bundle import Bundle
from leadlight.model.lead_scorer import LeadScorer
from leadlight.model.points import Points
from leadlight.serve.reading import Reader


@dataclass(frozen=True)
class Serving:
    """A bundle that gave the scores it was saved with, laid out for answering."""

    bundle: Bundle
    scorer: LeadScorer
    reader: Reader
    name: str
    is_quick: bool
    """Whether a lead costs microseconds: a model of tables."""

    @staticmethod
    def of(bundle: Bundle) -> Serving:
        bundle.check()
        scorer = LeadScorer(bundle.scorer)
        is_quick = isinstance(bundle.scorer.learner, Points)
        return Serving(bundle, scorer, Reader(scorer), bundle.name, is_quick)
