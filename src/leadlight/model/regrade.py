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
    changed = bundle.with_scorer(bundle.scorer.with_grades(_grades(bundle, policy)))
    if bundle.is_early:
        return changed
    return replace(changed, record=replace(bundle.record, policy=outcome_on_test(changed).to_json()))


def _grades(bundle: Bundle, policy: Policy) -> Grades:
    """A policy that holds already, be it under other names, moves no cut."""
    now = bundle.scorer.grades
    if policy.named(*now.names) == now.policy:
        return replace(now, policy=policy)
    if bundle.is_early:
        return _early_grades(bundle, policy)
    outcome, margin = _rows(bundle, "fit")
    return Grades.fit(policy, outcome, margin, bundle.reference.rate)


def _early_grades(bundle: Bundle, policy: Policy) -> Grades:
    """Where no outcome is known, a line is drawn by probability or by how many leads there are."""
    if policy.kind in ("precision", "meet"):
        raise without_outcomes("How many of the called buy")
    _, margin = _rows(bundle, "leads")
    return Grades.fit(policy, None, margin, bundle.reference.rate)


def without_outcomes(what: str) -> PolicyError:
    """What a policy asks for cannot be known yet."""
    return PolicyError(
        f"{what} cannot be known: the model was made before enough leads were decided.",
        code="no_outcomes",
        hint="Use --cuts, or --capacity with --arrivals; or train again when more leads are decided.",
    )


def outcome_on_test(bundle: Bundle) -> PolicyOutcome:
    """What the bundle's own policy would have given on the leads that the model was tested on."""
    tally = _tally(bundle, "test")
    return bundle.scorer.grades.outcome(*tally.rows(), tally.doubt())


def _rows(bundle: Bundle, part: str) -> tuple[np.ndarray, np.ndarray]:
    return _tally(bundle, part).rows()


def _tally(bundle: Bundle, part: str) -> Tally:
    kept = bundle.record.tally
    if not kept:
        raise PolicyError(
            "The model does not hold the counts that a policy is set on.",
            code="no_tally",
            hint="Train it anew.",
        )
    return Tally.from_json(kept[part])
