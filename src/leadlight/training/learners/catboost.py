"""Boosted trees by CatBoost, which also asks how often leads of a kind have bought."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from leadlight.errors import DependencyError
from leadlight.model.encode import Codes, Encoder
from leadlight.model.probability import logit
from leadlight.model.trees import Trees
from leadlight.training.learners import oblivious
from leadlight.training.learners.boosting import ROWS_FOR_THREADS
from leadlight.training.learners.oblivious import Layout
from leadlight.training.learners.settings import DEFAULT, Settings, Space, Span

SETTINGS: Final[Settings] = {
    "rounds": 700,
    "learning_rate": 0.06,
    "depth": 4,
    "rsm": 0.4,
    "l2_leaf_reg": 10.0,
    "subsample": 0.8,
    "max_ctr_complexity": 3,
}
SPACE: Final[Space] = {
    "rounds": Span(150, 1200, log=True),
    "learning_rate": Span(0.01, 0.15, log=True),
    "depth": Span(2, 6),
    "rsm": Span(0.1, 1.0),
    "l2_leaf_reg": Span(0.1, 100.0, log=True),
    "subsample": Span(0.3, 1.0),
    "max_ctr_complexity": Span(1, 3),
}
FIXED: Final[Mapping[str, Any]] = {
    "loss_function": "Logloss",
    "grow_policy": "SymmetricTree",
    "boosting_type": "Plain",
    "bootstrap_type": "MVS",
    "one_hot_max_size": 1,
    "border_count": 254,
    "allow_writing_files": False,
    "logging_level": "Silent",
}
FEW_LEVELS: Final = 3
"""Up to so many codes a word is as good as a number."""


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
    layout = _layout(encoder)
    if (codes == codes[:1]).all():
        return oblivious.trees(_NOTHING, codes, outcome, layout, start)
    chosen = {**SETTINGS, **settings}
    own = {
        "iterations": int(chosen.pop("rounds")),
        "random_seed": seed,
        "thread_count": 1 if len(codes) < ROWS_FOR_THREADS else -1,
    }
    pool = catboost.Pool(
        catboost.FeaturesData(_numbers(codes, layout), _words(codes, layout)),
        outcome,
        weight=weight,
        baseline=np.full(len(codes), start),
    )
    model = catboost.CatBoost({**FIXED, **own, **chosen}).fit(pool)
    return oblivious.trees(_told(model), codes, outcome, layout, start)


def _layout(encoder: Encoder) -> Layout:
    words = [k for k, each in enumerate(encoder.features) if not each.is_ordered and each.size > FEW_LEVELS]
    numbers = [k for k in range(len(encoder.features)) if k not in words]
    return Layout(tuple(numbers), tuple(words), tuple(encoder.sizes))


def _numbers(codes: Codes, layout: Layout) -> np.ndarray | None:
    return codes[:, list(layout.numbers)].astype(np.float32, order="C") if layout.numbers else None


def _words(codes: Codes, layout: Layout) -> np.ndarray | None:
    if not layout.words:
        return None
    names = np.array([b"%d" % code for code in range(max(layout.sizes))], dtype=object)
    words: np.ndarray = names[codes[:, list(layout.words)]]
    return words


def _told(model: Any) -> Mapping[str, Any]:
    """The model in CatBoost's own words, which it only writes to a file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        model.save_model(str(path), format="json")
        told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


_NOTHING: Final = {
    "features_info": {},
    "oblivious_trees": [{"splits": None, "leaf_values": [0.0]}],
    "scale_and_bias": [1.0, [0.0]],
}


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
