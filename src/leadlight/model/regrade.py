"""Other grades for a model that is there already: nothing is learnt, kept counts are read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadlight.errors import PolicyError
from leadlight.model.bundle import Bundle
from leadlight.model.grade import Grades, PolicyOutcome
from leadlight.model.policy import Policy
from leadlight.model.tally import Tally


def regraded(bundle: Bundle, policy: Policy) -> Bundle:
    """The bundle with this policy's grades, and what they would have given on the test leads."""
    if bundle.is_early:
        return _regraded_early(bundle, policy)
    outcome, margin = _rows(bundle, "fit")
    grades = Grades.fit(policy, outcome, margin, bundle.reference.rate)
    changed = bundle.with_scorer(bundle.scorer.with_grades(grades))
    return replace(changed, training={**bundle.training, "policy": outcome_on_test(changed).to_json()})


def _regraded_early(bundle: Bundle, policy: Policy) -> Bundle:
    """Where no outcome is known, a line is drawn by probability or by how many leads there are."""
    if policy.kind in ("precision", "meet"):
        raise without_outcomes("How many of the called buy")
    _, margin = _rows(bundle, "leads")
    grades = Grades.fit(policy, None, margin, bundle.reference.rate)
    return bundle.with_scorer(bundle.scorer.with_grades(grades))


def without_outcomes(what: str) -> PolicyError:
    """What a policy asks for cannot be known yet."""
    return PolicyError(
        f"{what} cannot be known: the model was made before enough leads were decided.",
        code="no_outcomes",
        hint="Use --cuts, or --capacity with --arrivals; or train again when more leads are decided.",
    )


def outcome_on_test(bundle: Bundle) -> PolicyOutcome:
    """What the bundle's own policy would have given on the leads that the model was tested on."""
    return bundle.scorer.grades.outcome(*_rows(bundle, "test"))


def _rows(bundle: Bundle, part: str) -> tuple[np.ndarray, np.ndarray]:
    kept = bundle.training.get("tally")
    if not kept:
        raise PolicyError(
            "The model does not hold the counts that a policy is set on.",
            code="no_tally",
            hint="Train it anew.",
        )
    return Tally.from_json(kept[part]).rows()
