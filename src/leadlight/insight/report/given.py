"""Leads that a report is made with: scored, their outcomes, and what each column does to each of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from leadlight.data import frame
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Codes
from leadlight.model.repeats import equal_leads
from leadlight.model.scorer import Scorer, Scores
from leadlight.model.scoring import check_columns
from leadlight.training.evaluate import Evaluation, evaluate

MOST: Final = 20_000


@dataclass(frozen=True)
class Given:
    """Leads with an outcome, and how many there are without one."""

    scorer: Scorer
    raw: pl.DataFrame
    outcome: np.ndarray
    codes: Codes
    scores: Scores
    open: int

    @staticmethod
    def of(bundle: Bundle, raw: pl.DataFrame, tested: Scorer | None = None) -> Given:
        """Score all that were decided, or all leads where none was; by the tested scorer if there is one."""
        scorer = tested or bundle.scorer
        check_columns(scorer, raw.columns)
        used, outcome = _decided(bundle, raw)
        codes = scorer.encode(used)
        return Given(
            scorer, used, outcome, codes, scorer.score_codes(codes), raw.height - len(_known(outcome))
        )

    @property
    def height(self) -> int:
        return len(self.outcome)

    @cached_property
    def is_labelled(self) -> bool:
        """Whether enough of either outcome is there to judge the model by."""
        known = _known(self.outcome)
        return bool(20 <= known.sum() <= len(known) - 20)

    @cached_property
    def evaluation(self) -> Evaluation:
        scores = self.scores
        line = self.scorer.grades.line
        blocks = equal_leads(self.raw, self.scorer.schema)
        return evaluate(self.outcome, scores.margin, scores.probability, cut=line, blocks=blocks)

    @cached_property
    def sampled(self) -> np.ndarray:
        """Rows to explain: all, or every so many."""
        return np.arange(0, self.height, max(1, -(-self.height // MOST)))

    @cached_property
    def contributions(self) -> np.ndarray:
        """What each source column adds to the log-odds of each sampled lead."""
        return self.scorer.contributions(self.codes[self.sampled])

    @property
    def moment(self) -> np.ndarray | None:
        """When each lead arrived, in seconds, where a column says so."""
        schema = self.scorer.schema
        time = schema.name_of("time")
        if time is None or time not in self.raw.columns:
            return None
        return frame.seconds(schema[time].read(self.raw[time]))

    def levels(self) -> Iterator[tuple[str, pl.Series]]:
        """The columns of words that are there, typed."""
        for column in self.scorer.schema.columns:
            shown = column.role in ("feature", "consent", "sensitive")
            there = column.kind in ("category", "flag") and column.name in self.raw.columns
            if shown and there and not column.expression:
                yield column.name, column.read(self.raw[column.name])


def _decided(bundle: Bundle, raw: pl.DataFrame) -> tuple[pl.DataFrame, np.ndarray]:
    """The leads whose outcome is known and what it was; without any, all leads and nothing."""
    if bundle.target.column in raw.columns:
        known = bundle.target.apply(raw)
        if known.null_count() < len(known):
            return raw.filter(known.is_not_null()), known.drop_nulls().to_numpy().astype(np.float64)
    return raw, np.full(raw.height, np.nan)


def _known(outcome: np.ndarray) -> np.ndarray:
    known: np.ndarray = outcome[~np.isnan(outcome)]
    return known
