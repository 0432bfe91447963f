"""What a bundle remembers of its training, checked once so that the sections can rely on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadlight.errors import BundleError
from leadlight.model.bundle import Bundle
from leadlight.model.grade import PolicyOutcome
from leadlight.model.metrics import Confusion
from leadlight.model.probability import probability
from leadlight.model.regrade import outcome_on_test
from leadlight.model.tally import Tally
from leadlight.training.evaluate import Evaluation

PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class Record:
    """The bundle and the figures of its training."""

    bundle: Bundle
    parts: Mapping[str, Evaluation]
    tally: Tally
    policy: PolicyOutcome
    plain: Mapping[str, Any]

    @staticmethod
    def of(bundle: Bundle) -> Record:
        plain = bundle.training
        if bundle.is_early:
            raise BundleError(
                "There are no figures yet: the model was made before enough leads were decided.",
                code="no_outcomes",
                hint=f"Train again once {plain['early']['needed']} leads are won and"
                f" {plain['early']['needed']} lost.",
            )
        try:
            parts = {name: Evaluation.from_json(plain[name]) for name in PARTS}
            tally = Tally.from_json(plain["tally"]["test"])
            found = Record(bundle, parts, tally, outcome_on_test(bundle), plain)
            found._check()
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise BundleError(
                "The bundle does not hold the record of a training that a report can be made of.",
                code="no_record",
                hint="Train it anew with leadlight.train, which keeps one; LeadClassifier keeps none.",
            ) from problem
        return found

    def _check(self) -> None:
        """Touch what every report reads."""
        plain = self.plain
        _ = [
            float(row["auc"]) + float(row["auc_high"]) - float(row["auc_low"]) for row in plain["candidates"]
        ]
        _ = [
            int(plain["rows"][name]) for name in ("in", "used", "open", "duplicates", "rejected", "repeated")
        ]
        _ = [(str(each["code"]), str(each["message"]), str(each["severity"])) for each in plain["findings"]]
        _ = [(str(each["column"]), str(each["code"])) for each in plain["excluded"]]
        _ = [int(plain["split"][name]) for name in ("train_rows", "test_rows", "set_aside", "folds")]

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
