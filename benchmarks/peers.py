"""What we are held against, each as it comes: scikit-learn, LightGBM, XGBoost, CatBoost, InterpretML's EBM.

Each takes and gives pandas, as its users do. The pipeline for whole processes is kept with joblib, which is
its own way; nothing of ours is ever kept so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

Fit = Callable[[Any, Any], Any]


class Kept(NamedTuple):
    """A fitted pipeline and the columns that it eats."""

    pipeline: Any
    columns: list[str]


def numbers_and_words(leads: Any) -> tuple[list[str], list[str]]:
    numbers = list(leads.select_dtypes("number").columns)
    return numbers, [name for name in leads.columns if name not in numbers]


def liblinear(leads: Any, outcome: Any, fill: str = "constant") -> Any:
    """Impute, one-hot, scale, logistic regression by liblinear.

    A level of its own for missing words ranks better, the most frequent word is filled in faster: each
    benchmark takes what is better for the peer.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, words = numbers_and_words(leads)
    filled = SimpleImputer(strategy=fill, fill_value="missing" if fill == "constant" else None)
    prepared = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (make_pipeline(filled, OneHotEncoder(handle_unknown="ignore")), words),
    )
    return make_pipeline(prepared, LogisticRegression(solver="liblinear")).fit(leads, outcome)


def lightgbm(leads: Any, outcome: Any) -> Any:
    """LightGBM with its defaults, on words as ordinal codes."""
    from lightgbm import LGBMClassifier

    return on_codes(LGBMClassifier(verbose=-1, random_state=0), leads, outcome)


def tree(leads: Any, outcome: Any) -> Any:
    """scikit-learn's decision tree with its defaults: grown until each leaf is pure."""
    from sklearn.tree import DecisionTreeClassifier

    return on_codes(DecisionTreeClassifier(random_state=0), leads, outcome)


def forest(leads: Any, outcome: Any) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return on_codes(RandomForestClassifier(random_state=0), leads, outcome)


def histogram(leads: Any, outcome: Any) -> Any:
    """scikit-learn's own boosting, HistGradientBoostingClassifier."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return on_codes(HistGradientBoostingClassifier(random_state=0), leads, outcome)


def xgboost(leads: Any, outcome: Any) -> Any:
    from xgboost import XGBClassifier

    return on_codes(XGBClassifier(random_state=0), leads, outcome)


def catboost(leads: Any, outcome: Any) -> Any:
    """CatBoost with its defaults, words as its own categories."""
    from catboost import CatBoostClassifier
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline

    numbers, words = numbers_and_words(leads)
    filled = SimpleImputer(strategy="constant", fill_value="missing")
    prepared = make_column_transformer(
        (filled, words), ("passthrough", numbers), verbose_feature_names_out=False
    )
    prepared.set_output(transform="pandas")
    learner = CatBoostClassifier(verbose=False, random_seed=0, allow_writing_files=False, cat_features=words)
    return make_pipeline(prepared, learner).fit(leads, outcome)


def on_codes(learner: Any, leads: Any, outcome: Any) -> Any:
    """Words as ordinal codes, missing ones and numbers as they are."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    numbers, words = numbers_and_words(leads)
    coder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=np.nan)
    prepared = make_column_transformer((coder, words), ("passthrough", numbers))
    prepared.set_output(transform="pandas")
    return make_pipeline(prepared, learner).fit(leads, outcome)


def ebm(leads: Any, outcome: Any) -> Any:
    """InterpretML's explainable boosting machine with its defaults."""
    from interpret.glassbox import ExplainableBoostingClassifier

    return ExplainableBoostingClassifier(random_state=0).fit(leads, outcome)


PEERS: Final[Mapping[str, Fit]] = {
    "liblinear": liblinear,
    "tree": tree,
    "forest": forest,
    "histogram": histogram,
    "lightgbm": lightgbm,
    "xgboost": xgboost,
    "catboost": catboost,
    "ebm": ebm,
}


def learnt(name: str, leads: Any, outcome: Any) -> tuple[Any, float]:
    """A fitted peer and the seconds that it took."""
    start = time.perf_counter()
    fitted = PEERS[name](leads, outcome)
    return fitted, time.perf_counter() - start


def keep_pipeline(leads: Path, without: Sequence[str], target: str, to: Path) -> Kept:
    """Fit the pipeline on a file of leads and keep it for a process of its own."""
    import joblib
    import pandas

    frame = pandas.read_csv(leads)
    features = frame.drop(columns=[*without, target])
    kept = Kept(liblinear(features, frame[target], "most_frequent"), list(features.columns))
    joblib.dump(tuple(kept), to)
    return kept
