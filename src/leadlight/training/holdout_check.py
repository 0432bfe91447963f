"""Whether the test speaks for the model: what chance could give, or nobody can judge, is refused."""

from __future__ import annotations

from typing import Final

import numpy as np

from leadlight.errors import TrainingError
from leadlight.model.encode import Codes, Encoder
from leadlight.training.audit.over_time import SHIFT, shift
from leadlight.training.audit.strength import area
from leadlight.training.evaluate import Evaluation
from leadlight.training.options import Options

ACCEPTED: Final = ("no_better_than_chance", "one_sided_test", "calls_nobody")
"""What may be published if asked for by name."""
TELLS: Final = 0.55
NAMED: Final = 3
_WHICH: Final = {"time": "newest", "random": "test", "file": "test"}


def check(
    test: Evaluation, validation: Evaluation, family: str, tested_by: str, moved: str, options: Options
) -> None:
    """Refuse what the test speaks against; `moved` says how the test leads differ from the others."""
    problem = _problem(test, validation, family, _WHICH[tested_by], moved)
    if problem is not None and problem.code not in options.accept:
        raise problem


def _problem(
    test: Evaluation, validation: Evaluation, family: str, which: str, moved: str
) -> TrainingError | None:
    reached, promised = test.figures["auc"], validation.figures["auc"]
    if reached.value is None:
        none = "None" if not test.conversions else "Each"
        return TrainingError(
            f"{none} of the {test.rows:,} {which} leads, which the model is tested on, was won: nothing says"
            " whether it ranks them well.",
            code="one_sided_test",
            hint="Name the values that mean undecided with --open, or test on leads drawn at random:"
            f" --test random. {_anyway('one_sided_test')}",
        )
    if _chance_could(test, validation, family):
        return TrainingError(
            f"On the {test.rows:,} {which} leads the model ranks no better than chance: AUC"
            f" {reached.value:.3f}, after {promised.value or 0.5:.3f} on leads left out of learning. {moved}",
            code="no_better_than_chance",
            hint="See that these leads are decided, and in the same words as the others."
            f" {_anyway('no_better_than_chance')}",
        )
    if not test.confusion.true_positive + test.confusion.false_positive:
        return TrainingError(
            f"The line calls none of the {test.rows:,} {which} leads: nothing says what calling gives.",
            code="calls_nobody",
            hint="Learn from more decided leads, or set a lower line: [grades] in leadlight.toml."
            f" {_anyway('calls_nobody')}",
        )
    return None


def _anyway(code: str) -> str:
    return f"To publish the model all the same: --accept {code}"


def _chance_could(test: Evaluation, validation: Evaluation, family: str) -> bool:
    """Half or less; or no surely more than half where the folds surely promised more than is reached.

    Points set by hand need no proof: only a test that surely ranks backwards speaks against them.
    """
    reached, promised = test.figures["auc"], validation.figures["auc"]
    low, high = reached.low or 0.0, 1.0 if reached.high is None else reached.high
    if family == "rules":
        return high < 0.5
    return (reached.value or 0.0) <= 0.5 or (low <= 0.5 and high < (promised.low or 0.0))


def what_moved(encoder: Encoder, learnt: Codes, outcome: np.ndarray, tested: Codes, ended: np.ndarray) -> str:
    """How the test leads differ from those that were learnt from: how many were won, and in which columns."""
    told = [f"{100 * ended.mean():.0f} % of them were won, {100 * outcome.mean():.0f} % of the others."]
    moved, turned = [], []
    for k, feature in enumerate(encoder.features):
        if shift(learnt[:, k], tested[:, k]) >= SHIFT:
            moved.append(feature.column)
        if _turns(learnt[:, k].astype(np.int64), outcome, tested[:, k].astype(np.int64), ended):
            turned.append(feature.column)
    if turned:
        told.append(f"What spoke for a lead speaks against it now in {_named(turned)}.")
    if moved:
        told.append(f"Spread otherwise among them: {_named(moved)}.")
    return " ".join(told)


def _turns(learnt: np.ndarray, outcome: np.ndarray, tested: np.ndarray, ended: np.ndarray) -> bool:
    size = int(max(learnt.max(initial=0), tested.max(initial=0))) + 1
    seen = np.bincount(learnt, minlength=size) + 5.0
    rate = (np.bincount(learnt, outcome, size) + 5.0 * outcome.mean()) / seen
    return area(outcome, rate[learnt]) > TELLS and area(ended, rate[tested]) < 1.0 - TELLS


def _named(columns: list[str]) -> str:
    names = list(dict.fromkeys(columns))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(map(repr, names[:NAMED])) + more
