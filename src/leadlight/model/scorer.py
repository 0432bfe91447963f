"""The one place that knows the way from rows to a score.

rows -> Schema.apply -> Encoder.apply -> learner.margin -> Calibrator.apply -> Grades.apply
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from leadlight.data.schema import Schema
from leadlight.model.answer import displayed
from leadlight.model.blend import Learner
from leadlight.model.calibrate import Calibrator, Interval
from leadlight.model.encode import Codes, Encoder
from leadlight.model.grade import Grades
from leadlight.model.points import Points
from leadlight.model.polyline import Polyline
from leadlight.model.probability import probability


@dataclass(frozen=True)
class Scores:
    """What the model says of a batch of leads, an entry a lead."""

    margin: np.ndarray
    probability: np.ndarray
    low: np.ndarray
    high: np.ndarray
    grade: np.ndarray
    call: np.ndarray
    names: tuple[str, ...]

    @property
    def score(self) -> np.ndarray:
        """A hundred times the probability, one decimal, for display."""
        return displayed(self.probability)

    def to_frame(self) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "score": self.score,
                "probability": self.probability,
                "probability_low": self.low,
                "probability_high": self.high,
                "grade": pl.Series(list(self.names), dtype=pl.String).gather(self.grade),
                "call": self.call,
            }
        )


@dataclass(frozen=True)
class Scorer:
    """Everything that was learnt, in the order in which it is applied."""

    schema: Schema
    encoder: Encoder
    learner: Learner
    calibrator: Calibrator
    interval: Interval
    grades: Grades

    def encode(self, raw: pl.DataFrame, at: float | None = None) -> Codes:
        """The exact input behind a score."""
        return self.encoder.apply(self.schema.apply(raw), at)

    def margin(self, codes: Codes) -> np.ndarray:
        return self.calibrator.apply(self.learner.margin(codes))

    def score(self, raw: pl.DataFrame, at: float | None = None) -> Scores:
        return self.score_codes(self.encode(raw, at))

    def score_codes(self, codes: Codes) -> Scores:
        return self.scores_of(self.margin(codes))

    def scores_of(self, margin: np.ndarray) -> Scores:
        """All figures follow from the log-odds."""
        low, high = self.interval.apply(margin)
        return Scores(
            margin=margin,
            probability=probability(margin),
            low=low,
            high=high,
            grade=self.grades.apply(margin),
            call=self.grades.call(margin),
            names=self.grades.names,
        )

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The source columns, in the order of `contributions`."""
        return tuple(dict.fromkeys(feature.column for feature in self.encoder.features))

    @cached_property
    def base(self) -> float:
        """The log-odds that the contributions start from."""
        return self.learner.base * self.calibrator.slope + self.calibrator.intercept

    def contributions(self, codes: Codes) -> np.ndarray:
        """What each source column adds to the log-odds; with the base and the bend they sum to the margin."""
        by_feature = self.learner.contributions(codes)
        parts = np.zeros((len(codes), len(self.columns)), order="F")
        for k, feature in enumerate(self.encoder.features):
            parts[:, self.columns.index(feature.column)] += by_feature[:, k] * self.calibrator.slope
        return parts

    def bend(self, codes: Codes) -> np.ndarray:
        """What the bent part of the calibration adds to the log-odds of all leads with a score."""
        lift = self.calibrator.lift
        return np.zeros(len(codes)) if lift is None else lift.apply(self.learner.margin(codes))

    def with_grades(self, grades: Grades) -> Scorer:
        return replace(self, grades=grades)


def folded(learner: Learner, calibrator: Calibrator) -> tuple[Learner, Calibrator]:
    """Write a straight calibration into the tables, so that points multiply to the odds shown."""
    if not isinstance(learner, Points):
        return learner, calibrator
    slope, intercept = calibrator.slope, calibrator.intercept
    lift = calibrator.lift
    if lift is not None:
        lift = Polyline.fit(np.array(lift.knots) * slope + intercept, np.array(lift.values))
    return learner.scaled(slope, intercept), Calibrator(1.0, 0.0, lift)
