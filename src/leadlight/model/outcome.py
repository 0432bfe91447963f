"""How leads ended, read as the model was told to read it."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadlight.data import target as outcomes
from leadlight.errors import ColumnError, QuestionError
from leadlight.model.bundle import Bundle


def outcomes_of(bundle: Bundle, raw: pl.DataFrame) -> pl.Series:
    """1 for won, 0 for lost, missing for open; values that the model was not told of are refused."""
    try:
        return target_of(bundle, raw).apply(raw)
    except QuestionError as question:
        raise QuestionError(
            question.message,
            code=question.code,
            hint="Take these leads out, or train a model that is told what the values mean.",
        ) from None


def target_of(bundle: Bundle, raw: pl.DataFrame) -> outcomes.Target:
    """The outcome that the model was told of; one made before there were any takes it from the leads."""
    known = bundle.target
    if known.has_meanings:
        return known
    return outcomes.resolve(raw, known.column or outcomes.find(raw))


def known_outcomes(bundle: Bundle, raw: pl.DataFrame) -> np.ndarray:
    """1 for won, 0 for lost, not a number for open and for words that nobody told the model of."""
    known: np.ndarray = _told(bundle, raw).told(raw).fill_null(np.nan).to_numpy()
    return known


def decided(bundle: Bundle, raw: pl.DataFrame) -> np.ndarray:
    """The leads that were won or lost already, where the leads say so."""
    known: np.ndarray = ~np.isnan(known_outcomes(bundle, raw))
    return known


def _told(bundle: Bundle, raw: pl.DataFrame) -> outcomes.Target:
    """The outcome that the leads say, or the model's own where they leave that open."""
    try:
        return target_of(bundle, raw)
    except (ColumnError, QuestionError):
        return bundle.target
