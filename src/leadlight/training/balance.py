"""Training rows made as many won as lost: by weights, by drawing rows, or by made-up neighbours (SMOTE).

Only rows that are learnt from are touched. The margins come out too high for the real share of buyers; the
calibrator, which is fitted on untouched rows, puts that right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from leadlight.errors import ConfigError, DependencyError
from leadlight.model.encode import Codes, Encoder, Feature

NEIGHBOURS: Final = 5


@dataclass(frozen=True)
class TrainingRows:
    """What is learnt from: codes, outcomes, and a weight a row if they differ."""

    codes: Codes
    outcome: np.ndarray
    weight: np.ndarray | None = None


def balanced(method: str, codes: Codes, outcome: np.ndarray, encoder: Encoder, seed: int) -> TrainingRows:
    """The rows as the method leaves them; of one outcome alone nothing is made."""
    rows = TrainingRows(codes, outcome)
    if method == "none" or outcome.all() or not outcome.any():
        return rows
    return _WAYS[method](rows, encoder, np.random.Generator(np.random.PCG64(seed)))


def checked(method: str) -> str:
    """The method, if there is one of that name and what it needs is installed."""
    if method not in METHODS:
        raise ConfigError(
            f"There is no way to balance called {method!r}.",
            code="unknown_balance",
            hint=f"The ways are: {', '.join(METHODS)}.",
        )
    if method == "smote":
        _imbalanced_learn()
    return method


def _weighted(rows: TrainingRows, encoder: Encoder, dice: np.random.Generator) -> TrainingRows:
    rate = rows.outcome.mean()
    return TrainingRows(rows.codes, rows.outcome, np.where(rows.outcome > 0, 0.5 / rate, 0.5 / (1 - rate)))


def _oversampled(rows: TrainingRows, encoder: Encoder, dice: np.random.Generator) -> TrainingRows:
    """Rows of the rarer outcome drawn again; each weighs as often as it is there, and stays one lead."""
    few, many = _sides(rows.outcome)
    again = dice.choice(few, len(many) - len(few), replace=True)
    return TrainingRows(rows.codes, rows.outcome, 1.0 + np.bincount(again, minlength=len(rows.outcome)))


def _undersampled(rows: TrainingRows, encoder: Encoder, dice: np.random.Generator) -> TrainingRows:
    """Rows of the commoner outcome left out."""
    few, many = _sides(rows.outcome)
    kept = np.sort(np.concatenate([few, dice.choice(many, len(few), replace=False)]))
    return TrainingRows(rows.codes[kept], rows.outcome[kept])


def _sides(outcome: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row numbers of the rarer and of the commoner outcome."""
    won, lost = np.flatnonzero(outcome > 0), np.flatnonzero(outcome <= 0)
    return (won, lost) if len(won) <= len(lost) else (lost, won)


def _with_neighbours(rows: TrainingRows, encoder: Encoder, dice: np.random.Generator) -> TrainingRows:
    """Rows between a row of the rarer outcome and one of its neighbours.

    All weigh so much that together they say no more than the leads that they are made of.
    """
    few, _ = _sides(rows.outcome)
    neighbours = min(NEIGHBOURS, len(few) - 1)
    if neighbours < 1:
        return _oversampled(rows, encoder, dice)
    features = encoder.features
    order = sorted(range(len(features)), key=lambda k: (features[k].column, features[k].take))
    in_order = [features[k] for k in order]
    table, ordered = _apart(rows.codes[:, order], in_order)
    maker = _maker(ordered, neighbours, int(dice.integers(2**31)))
    made, outcome = maker.fit_resample(table, rows.outcome)
    codes = _together(np.asarray(made), in_order)[:, np.argsort(order)]
    backed = 2.0 * len(few) / len(rows.outcome)
    return TrainingRows(codes, np.asarray(outcome, dtype=np.float64), np.full(len(codes), backed))


def _apart(codes: Codes, features: Sequence[Feature]) -> tuple[np.ndarray, np.ndarray]:
    """Numbers without their gaps, which become words of their own: nothing lies halfway to missing."""
    columns, ordered = [], []
    for k, feature in enumerate(features):
        column = codes[:, k].astype(np.float64)
        if feature.is_ordered:
            known = column > 0
            columns += [np.where(known, column, np.median(column[known]) if known.any() else 1.0), known]
            ordered += [True, False]
        else:
            columns.append(column)
            ordered.append(False)
    return np.column_stack(columns).astype(np.float64), np.array(ordered)


def _together(table: np.ndarray, features: Sequence[Feature]) -> Codes:
    codes = np.empty((len(table), len(features)), dtype=np.uint16, order="F")
    place = 0
    for k, feature in enumerate(features):
        codes[:, k] = np.rint(table[:, place])
        if feature.is_ordered:
            codes[table[:, place + 1] == 0, k] = 0
        place += 2 if feature.is_ordered else 1
    return codes


def _maker(ordered: np.ndarray, neighbours: int, seed: int) -> Any:
    library = _imbalanced_learn()
    if not ordered.any():
        return library.SMOTEN(random_state=seed, k_neighbors=neighbours)
    words = np.flatnonzero(~ordered).tolist()
    return library.SMOTENC(words, random_state=seed, k_neighbors=neighbours)


def _imbalanced_learn() -> Any:
    try:
        from imblearn import over_sampling
    except ImportError:
        raise DependencyError(
            "SMOTE needs imbalanced-learn, which is not installed.",
            code="no_imbalanced_learn",
            hint="Install it: pip install 'leadlight[balance]'",
        ) from None
    return over_sampling


_WAYS: Final[Mapping[str, Callable[[TrainingRows, Encoder, np.random.Generator], TrainingRows]]] = {
    "weights": _weighted,
    "oversample": _oversampled,
    "undersample": _undersampled,
    "smote": _with_neighbours,
}
METHODS: Final = ("none", *_WAYS)
