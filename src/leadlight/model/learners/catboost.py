"""Boosted trees by CatBoost: all splits of one level of a tree ask the same question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from leadlight.errors import DependencyError
from leadlight.model.encode import Codes, Encoder
from leadlight.model.learners.boosting import ROWS_FOR_THREADS
from leadlight.model.learners.grown import Grown, trees_of
from leadlight.model.learners.settings import DEFAULT, Settings, Space, Span
from leadlight.model.probability import logit
from leadlight.model.trees import Trees

SETTINGS: Final[Settings] = {
    "rounds": 600,
    "learning_rate": 0.05,
    "depth": 4,
    "rsm": 0.2,
    "l2_leaf_reg": 3.0,
    "subsample": 0.8,
}
SPACE: Final[Space] = {
    "rounds": Span(150, 1200, log=True),
    "learning_rate": Span(0.01, 0.15, log=True),
    "depth": Span(2, 6),
    "rsm": Span(0.1, 1.0),
    "l2_leaf_reg": Span(0.1, 100.0, log=True),
    "subsample": Span(0.3, 1.0),
}
FIXED: Final[Mapping[str, Any]] = {
    "loss_function": "Logloss",
    "grow_policy": "SymmetricTree",
    "boosting_type": "Plain",
    "bootstrap_type": "MVS",
    "score_function": "L2",
    "leaf_estimation_method": "Newton",
    "leaf_estimation_iterations": 1,
    "random_strength": 0.0,
    "border_count": 254,
    "allow_writing_files": False,
    "logging_level": "Silent",
}


def fit(
    codes: Codes,
    outcome: np.ndarray,
    encoder: Encoder,
    *,
    seed: int = 0,
    weight: np.ndarray | None = None,
    settings: Settings = DEFAULT,
) -> Trees:
    catboost = library()
    start = float(logit(np.average(outcome, weights=weight)))
    if (codes == codes[:1]).all():
        return trees_of([_unasked(len(codes))], codes.shape[1], start)
    chosen = {**SETTINGS, **settings}
    own = {
        "iterations": int(chosen.pop("rounds")),
        "random_seed": seed,
        "thread_count": 1 if len(codes) < ROWS_FOR_THREADS else -1,
    }
    model = catboost.CatBoost({**FIXED, **own, **chosen})
    baseline = np.full(len(codes), start)
    pool = catboost.Pool(codes.astype(np.float32), outcome, weight=weight, baseline=baseline)
    return of_model(model.fit(pool), codes, encoder.sizes, start)


def of_model(model: Any, codes: Codes, sizes: Sequence[int], start: float) -> Trees:
    """The trees of a model that started at this margin, and the rows of these codes in them.

    What a level of a tree asks is found by asking: the trees are shown each code of each feature.
    """
    counts = model.get_tree_leaf_counts()
    values = np.split(model.get_leaf_values(), np.cumsum(counts)[:-1])
    shown = np.array([(k, code) for k, size in enumerate(sizes) for code in range(size)])
    probes = np.zeros((len(shown), len(sizes)), dtype=np.float32)
    probes[np.arange(len(shown)), shown[:, 0]] = shown[:, 1]
    answers = model.calc_leaf_indexes(probes, thread_count=1)
    places = model.calc_leaf_indexes(codes.astype(np.float32), thread_count=1)
    grown = [
        _grown(_questions(answer, shown, len(value)), value, np.bincount(place, minlength=len(value)))
        for answer, value, place in zip(answers.T, values, places.T, strict=True)
    ]
    return trees_of(grown, len(sizes), start=start)


def _questions(answer: np.ndarray, shown: np.ndarray, leaves: int) -> list[tuple[int, int]]:
    """For each level of a tree the feature whose codes it tells apart, and the last code that goes left.

    Bit k of a leaf's number is the answer of level k.
    """
    found = []
    for level in range(leaves.bit_length() - 1):
        yes = np.flatnonzero(answer >> level & 1)
        feature, code = shown[yes[0]]
        found.append((int(feature), int(code) - 1))
    return found


def _grown(questions: Sequence[tuple[int, int]], value: np.ndarray, rows: np.ndarray) -> Grown:
    """The tree without the sides that no code can be on."""
    nodes: list[tuple[float, ...]] = []

    def grow(level: int, leaf: int, bounds: Mapping[int, tuple[float, float]]) -> int:
        if level == len(questions):
            nodes.append((0, 0, -1, -1, value[leaf], rows[leaf]))
            return len(nodes) - 1
        feature, threshold = questions[level]
        low, high = bounds.get(feature, (-1.0, np.inf))
        right = leaf | 1 << level
        if threshold >= high:
            return grow(level + 1, leaf, bounds)
        if threshold <= low:
            return grow(level + 1, right, bounds)
        place = len(nodes)
        nodes.append(())
        sides = (
            grow(level + 1, leaf, {**bounds, feature: (low, threshold)}),
            grow(level + 1, right, {**bounds, feature: (threshold, high)}),
        )
        nodes[place] = (feature, threshold, *sides, 0.0, 0)
        return place

    grow(0, 0, {})
    feature, threshold, left, right, leaf_value, leaf_rows = np.array(nodes).T
    sides = left.astype(np.int64), right.astype(np.int64)
    return Grown(feature, threshold, *sides, leaf_value, leaf_rows)


def _unasked(rows: int) -> Grown:
    """A tree of one leaf: there is nothing to ask."""
    return _grown((), np.zeros(1), np.array([rows]))


def library() -> Any:
    try:
        import catboost
    except ImportError:
        raise DependencyError(
            "The model catboost needs CatBoost, which is not installed.",
            code="no_catboost",
            hint="Install it: pip install 'leadlight[catboost]'",
        ) from None
    return catboost
