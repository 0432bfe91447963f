"""What a training looks back on: what matters in the model, and what the leaks would have claimed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadlight.model.coefficients import coefficients
from leadlight.model.encode import Codes
from leadlight.model.importance import importance
from leadlight.model.points import Points
from leadlight.model.scorer import Scorer
from leadlight.training.candidates import OutOfFold
from leadlight.training.hand_points import compared
from leadlight.training.leak_claims import claimed
from leadlight.training.learners.logistic import SETTINGS
from leadlight.training.options import Options
from leadlight.training.prepare import Prepared


def diagnostics(
    prepared: Prepared, codes: Codes, found: Sequence[OutOfFold], tested: Scorer, options: Options
) -> dict[str, Any]:
    """For the record; learnt on the training part alone, like the tested model."""
    return {
        "importance": importance(tested, codes),
        "coefficients": _coefficients(prepared, found, codes, tested, options),
        "leaks": claimed(prepared, found, options.folds),
        "rules": compared(prepared, found, codes, tested, options),
    }


def _coefficients(
    prepared: Prepared, found: Sequence[OutOfFold], codes: Codes, tested: Scorer, options: Options
) -> list[dict[str, Any]]:
    """Of the logistic regression, where it is among the candidates."""
    recipe = next((each.recipe for each in found if each.family == "logistic"), None)
    if recipe is None:
        return []
    outcome = prepared.outcome[prepared.learning]
    points = recipe.learn(codes, outcome, tested.encoder)
    assert isinstance(points, Points)
    ridge = 1 / float({**SETTINGS, **recipe.settings}["C"])
    rows = coefficients(
        points, codes, outcome, tested.encoder, prepared.schema, ridge=ridge, seed=options.seed
    )
    return [row.to_json() for row in rows]
