"""The adapter to scikit-learn's contract: `LeadClassifier` uses the columns it is given and tests nothing.

It learns as `leadlight.train` does, but leaves the audit, the test part and all refusals to publish to those
who call it. `model_` is the Leadlight model inside: save it, score with reasons, set its line anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, Final

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import assert_all_finite, check_is_fitted, column_or_1d, validate_data

from leadlight.api import options
from leadlight.data import cells, frame
from leadlight.data.target import Target
from leadlight.leads import same_kind
from leadlight.model.bundle import Bundle
from leadlight.model.encode import SHARE, SUPPORT, support_for
from leadlight.model.policy import Policy
from leadlight.model.probability import probability
from leadlight.model.scoring import BatchScorer
from leadlight.ready import Model
from leadlight.training import without_test
from leadlight.training.options import Options
from leadlight.version import __version__

__all__ = ["LeadClassifier", "Policy"]

EVEN: Final = Policy.cuts(0.5)
"""What `predict` does without a policy; a chance of one half exactly is the first class's."""


class LeadClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A calibrated classifier of two classes that anyone can read, for scikit-learn.

    X is a dataframe of any library, an array or lists: numbers, words, truths and dates, gaps and all. Typed
    columns are read as they are typed, words as levels unless they are numbers or dates; no column is left
    out. y holds two classes; the second in their order is the one that is predicted.

    models        a family, several, or "fast" or "all": the best that can be read, or clearly better ones
    metric        what families, columns and settings are chosen by
    folds         how many folds compare and calibrate
    select        how columns are chosen: "none", "recursive", "shap", "iv" or "l1"
    tune          how many settings are tried for each family
    balance       "none", "weights", "oversample", "undersample" or "smote", in the folds only
    policy        a `Policy` that says from which probability on `predict` gives the second class; else 0.5
    random_state  a seed; None takes another one each time
    """

    def __init__(
        self,
        *,
        models: str | Sequence[str] = "glassbox",
        metric: str = "auc",
        folds: int = 5,
        select: str = "none",
        tune: int = 0,
        balance: str = "none",
        policy: Policy | None = None,
        random_state: Any = 0,
    ) -> None:
        self.models = models
        self.metric = metric
        self.folds = folds
        self.select = select
        self.tune = tune
        self.balance = balance
        self.policy = policy
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> LeadClassifier:
        """Learn from rows and their classes."""
        leads = self._leads(X, is_new=True)
        classes, outcome = self._classes(y)
        check_consistent_length(X, outcome)
        schema = without_test.schema_of(leads, _kinds(X, leads))
        target = _target(y, classes, leads.columns)
        self.classes_ = classes
        self._bundle = without_test.train(leads, outcome, schema, self._options(), target, __version__)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """The log-odds of the second class."""
        leads, scorer = self._known(X), self._bundle.scorer
        return scorer.margin(scorer.encode(leads))

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probabilities of both classes, calibrated."""
        share = probability(self.decision_function(X))
        return np.column_stack([1.0 - share, share])

    def predict(self, X: Any) -> np.ndarray:
        """The more likely class, or what the policy's line says."""
        margin, grades = self.decision_function(X), self._fitted.scorer.grades
        above = margin > 0.0 if grades.policy == EVEN else grades.call(margin)
        found: np.ndarray = self.classes_[above.astype(np.intp)]
        return found

    def explain(self, X: Any, reasons: int = 3) -> Any:
        """Score, probability with its interval, grade and reasons, a row a lead; a dataframe of X's kind."""
        batch = BatchScorer(self._fitted, reasons=reasons).score(self._known(X))
        return same_kind(batch.frame, X)

    @property
    def model_(self) -> Model:
        """The Leadlight model, without a test of it; absent where it holds what fewer than 20 rows share."""
        rows = self._fitted.reference.rows
        if support_for(rows) < SUPPORT:
            raise AttributeError(
                f"There is no model_: of {rows} rows single ones would show in it. It takes"
                f" {SUPPORT * SHARE} rows."
            )
        return Model(self._fitted)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """The model as the bytes of its bundle: plain data whatever carries it."""
        state: dict[str, Any] = super().__getstate__()
        return {**state, "_bundle": state["_bundle"].to_bytes()} if "_bundle" in state else state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "_bundle" in state:
            state = {**state, "_bundle": Bundle.from_bytes(state["_bundle"])}
        super().__setstate__(state)

    @property
    def _fitted(self) -> Bundle:
        check_is_fitted(self)
        return self._bundle

    def _known(self, X: Any) -> pl.DataFrame:
        """Leads to score, under the names that were learnt."""
        check_is_fitted(self)
        return self._leads(X, is_new=False)

    def _leads(self, X: Any, *, is_new: bool) -> pl.DataFrame:
        """X as a frame of our own; the names of later ones are those of the first, place by place."""
        if frame.is_table(X):
            validate_data(self, X, reset=is_new, skip_check_array=True)
            leads = _finite(frame.as_frame(X))
        else:
            rows = validate_data(self, X, reset=is_new, dtype=None, ensure_all_finite="allow-nan")
            leads = _framed(rows)
        _check_size(leads, type(self).__name__)
        given = getattr(self, "feature_names_in_", None)
        names = given if given is not None else [f"x{k}" for k in range(leads.width)]
        return leads.rename(dict(zip(leads.columns, map(str, names), strict=True)))

    def _classes(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        """Both classes in their order, and 1 for the second of them row by row."""
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, estimator_name=type(self).__name__, input_name="y")
        check_classification_targets(labels)
        kind = type_of_target(labels, input_name="y", raise_unknown=True)
        if kind != "binary":
            raise ValueError(f"Only binary classification is supported. The type of the target is {kind}.")
        classes, outcome = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"{type(self).__name__} needs rows of two classes, and y has one class only.")
        return classes, outcome.astype(np.float64)

    def _options(self) -> Options:
        given = self.random_state
        whole = isinstance(given, Integral)
        seed = given if whole else check_random_state(given).randint(2**31 - 1)
        return options(
            models=self.models,
            metric=self.metric,
            folds=self.folds,
            select=self.select,
            tune=self.tune,
            balance=self.balance,
            policy=self.policy or EVEN,
            seed=int(seed),
        )


def _framed(rows: np.ndarray) -> pl.DataFrame:
    """An array as a frame; its cells are read one by one where they are not all numbers."""
    names = [str(k) for k in range(rows.shape[1])]
    if rows.dtype.kind in "iufbM":
        rows = rows if rows.dtype.kind != "f" or rows.dtype.itemsize in (4, 8) else rows.astype(np.float64)
        columns = {name: np.ascontiguousarray(rows[:, k]) for k, name in enumerate(names)}
        return pl.DataFrame(columns, nan_to_null=True)
    return frame.from_records([dict(zip(names, row, strict=True)) for row in rows.tolist()])


def _kinds(X: Any, leads: pl.DataFrame) -> Sequence[str | None]:
    """What X says that its columns are; what can only be missing is refused before it is learnt as that."""
    if not frame.is_table(X):
        return [None] * leads.width
    lost = frame.unread(X, leads)
    if lost:
        raise TypeError(
            f"Nothing in {', '.join(map(repr, lost))} can be read: give numbers, words, truths or dates."
        )
    return frame.known_kinds(X)


def _finite(leads: pl.DataFrame) -> pl.DataFrame:
    if any(series.dtype.is_float() and series.is_infinite().any() for series in leads):
        raise ValueError("Input X contains infinity or a value too large for dtype('float64').")
    return leads


def _check_size(leads: pl.DataFrame, name: str) -> None:
    for what, count in (("sample", leads.height), ("feature", leads.width)):
        if not count:
            raise ValueError(
                f"Found array with 0 {what}(s) (shape={leads.shape})"
                f" while a minimum of 1 is required by {name}."
            )


def _target(y: Any, classes: np.ndarray, taken: Sequence[str]) -> Target:
    """The outcome as a column beside the others, so that the model can be held against labelled rows."""
    name = str(getattr(y, "name", None) or "target")
    while name in taken:
        name += "_"
    lost, won = (cells.clean(cells.text_of(label) or "") for label in classes)
    if lost == won or {lost, won} & set(cells.PLACEHOLDERS):
        lost, won = "0", "1"
    return Target(name, (won,), (lost,))
