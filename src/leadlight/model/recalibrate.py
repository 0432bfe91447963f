"""A model whose probabilities are set to what leads do now: its ranking stays, and nothing else is learnt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from leadlight.errors import PolicyError
from leadlight.model import selftest
from leadlight.model.bundle import Bundle
from leadlight.model.calibrate import Calibrator, Interval
from leadlight.model.grade import Grades
from leadlight.model.metrics import NINETY, log_losses
from leadlight.model.polyline import Polyline
from leadlight.model.probability import logit, probability
from leadlight.model.scorer import folded
from leadlight.model.tally import Tally

FEWEST: Final = 100
SLOPED: Final = 1_000
FOLDS: Final = 5
NEAR: Final = 1e-6


@dataclass(frozen=True)
class Recalibration:
    """What the log-odds are multiplied with and moved by, and how sure it is that this helps."""

    slope: float
    shift: float
    leads: int
    foretold: float
    seen: float
    gain: float
    doubt: float

    @property
    def helps(self) -> bool:
        """Whether decided leads that it was not fitted on are foretold better, beyond doubt (19 in 20)."""
        return self.gain > NINETY * self.doubt

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "helps": self.helps}


def recalibration(outcome: np.ndarray, margin: np.ndarray) -> Recalibration:
    """By decided leads: the level, and of a thousand on the slope too; tested on leads held out in turn."""
    if len(outcome) < FEWEST:
        raise PolicyError(
            f"{len(outcome):,} decided leads are too few to set probabilities by; {FEWEST} are needed.",
            code="few_outcomes",
            hint="Wait until more leads are decided.",
        )
    fold = np.arange(len(outcome)) % FOLDS
    gains = np.empty(len(outcome))
    for held in range(FOLDS):
        out = fold == held
        slope, shift = _line(outcome[~out], margin[~out])
        now, then = probability(margin[out] * slope + shift), probability(margin[out])
        gains[out] = log_losses(outcome[out], then) - log_losses(outcome[out], now)
    slope, shift = _line(outcome, margin)
    return Recalibration(
        slope=slope,
        shift=shift,
        leads=len(outcome),
        foretold=float(probability(margin).mean()),
        seen=float(outcome.mean()),
        gain=float(gains.mean()),
        doubt=float(gains.std() / np.sqrt(len(gains))),
    )


def _line(outcome: np.ndarray, margin: np.ndarray) -> tuple[float, float]:
    if len(outcome) >= SLOPED and 0 < outcome.sum() < len(outcome):
        found = Calibrator.fit(outcome, margin)
        return found.slope, found.intercept
    goal = (outcome.sum() + 0.5) / (len(outcome) + 1.0)
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if probability(margin + middle).mean() < goal else (low, middle)
    return 1.0, float(f"{(low + high) / 2:.12g}")


def recalibrated(bundle: Bundle, found: Recalibration, outcome: np.ndarray, margin: np.ndarray) -> Bundle:
    """The model with these probabilities; its policy draws the line anew on the leads that they come from."""
    scorer, slope, shift = bundle.scorer, found.slope, found.shift
    before = scorer.calibrator
    lift = before.lift
    if lift is not None:
        lift = Polyline.fit(np.array(lift.knots), np.array(lift.values) * slope)
    after = Calibrator(before.slope * slope, before.intercept * slope + shift, lift)
    learner, calibrator = folded(scorer.learner, after)
    now = margin * slope + shift
    interval = _moved(scorer.interval, slope, shift)
    grades = Grades.nearest(scorer.grades.policy, outcome, now, float(outcome.mean()))
    made = replace(scorer, learner=learner, calibrator=calibrator, interval=interval, grades=grades)
    reference = bundle.reference
    cuts = tuple(round(cut * slope + shift, 6) for cut in reference.cuts)
    counted = Tally.fit(outcome, now).to_json()
    return replace(
        bundle,
        scorer=made,
        reference=replace(reference, cuts=cuts, rate=round(found.seen, 6)),
        record=replace(bundle.record, tally={**bundle.record.tally, "fit": counted}),
        selftest=selftest.make(made),
    )


def _moved(interval: Interval, slope: float, shift: float) -> Interval:
    return Interval(*(_moved_line(each, slope, shift) for each in (interval.low, interval.high)))


def _moved_line(line: Polyline, slope: float, shift: float) -> Polyline:
    rates = np.clip(np.array(line.values), NEAR, 1.0 - NEAR)
    return Polyline.fit(np.array(line.knots) * slope + shift, probability(logit(rates) * slope + shift))
