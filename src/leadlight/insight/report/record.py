"""What a bundle remembers of its training, checked once so that the sections can rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadlight.errors import BundleError
from leadlight.model.bundle import Bundle
from leadlight.model.grade import PolicyOutcome
from leadlight.model.metrics import Confusion
from leadlight.model.probability import probability
from leadlight.model.regrade import outcome_on_test
from leadlight.model.tally import Tally
from leadlight.model.training_record import TrainingRecord
from leadlight.training.evaluate import Evaluation

PARTS = ("train", "validation", "test")
READ = (*PARTS, "candidates", "rows", "findings", "excluded", "split", "tally")
"""What every report reads."""


@dataclass(frozen=True)
class Record:
    """The bundle and the figures of its training."""

    bundle: Bundle
    parts: Mapping[str, Evaluation]
    tally: Tally
    policy: PolicyOutcome
    training: TrainingRecord

    @staticmethod
    def of(bundle: Bundle) -> Record:
        training = bundle.record
        if training.early is not None:
            raise BundleError(
                "There are no figures yet: the model was made before enough leads were decided.",
                code="no_outcomes",
                hint=f"Train again once {training.early.needed} leads are won"
                f" and {training.early.needed} lost.",
            )
        try:
            if training.lacks(READ):
                raise ValueError
            parts = {name: Evaluation.from_json(getattr(training, name)) for name in PARTS}
            tally = Tally.from_json(training.tally["test"])
            found = Record(bundle, parts, tally, outcome_on_test(bundle), training)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise BundleError(
                "The bundle does not hold the record of a training that a report can be made of.",
                code="no_record",
                hint="Train it anew with leadlight.train, which keeps one; LeadClassifier keeps none.",
            ) from problem
        return found

    @property
    def test(self) -> Evaluation:
        """On leads that the model had not seen."""
        return self.parts["test"]

    @property
    def confusion(self) -> Confusion:
        """Test leads by what the bundle's own line calls and what came true."""
        policy = self.policy
        hits, missed = policy.called_conversions, policy.conversions - policy.called_conversions
        alarms = policy.calls - hits
        return Confusion(hits, alarms, missed, policy.leads - hits - alarms - missed)

    @property
    def line(self) -> float:
        """The probability from which a lead is called."""
        return probability(self.bundle.scorer.grades.line)

    @property
    def target(self) -> str:
        return self.bundle.target.column

    @property
    def columns(self) -> list[str]:
        """The columns that the model looks at."""
        return list(self.bundle.scorer.columns)
