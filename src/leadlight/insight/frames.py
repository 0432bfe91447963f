"""What is known of a model as dataframes, and as the few lines that a notebook shows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Any, Final

import polars as pl

from leadlight.errors import InputError
from leadlight.insight.wording import decimal
from leadlight.model.bundle import Bundle
from leadlight.model.encode import Encoder, representatives
from leadlight.model.points import Pair, Points

_TABLE: Final = {
    "column": pl.String,
    "value": pl.String,
    "with_column": pl.String,
    "with_value": pl.String,
    "log_odds": pl.Float64,
    "odds": pl.Float64,
}
_COEFFICIENT: Final = {
    "column": pl.String,
    "value": pl.String,
    "leads": pl.Int64,
    **dict.fromkeys(("odds", "low", "high"), pl.Float64),
}
SHOWN: Final = 5


def importance(bundle: Bundle) -> pl.DataFrame:
    """The mean size of what each column adds to the log-odds, largest first."""
    found = bundle.record.importance
    frame = pl.DataFrame({"column": [*found], "importance": [*found.values()]}, schema=_IMPORTANCE)
    return frame.sort("importance", "column", descending=[True, False])


_IMPORTANCE: Final = {"column": pl.String, "importance": pl.Float64}


def leaderboard(bundle: Bundle) -> pl.DataFrame:
    """The models that were compared, on the same folds, and which of them was chosen."""
    rows, chosen = [vars(row) for row in bundle.record.candidates], bundle.record.chosen
    return pl.DataFrame(rows).with_columns(chosen=pl.col("name") == chosen) if rows else pl.DataFrame()


def coefficients(bundle: Bundle) -> pl.DataFrame:
    """The odds ratios of the logistic regression with 90 % intervals; empty where none was learnt."""
    return pl.DataFrame([*bundle.record.coefficients], schema=_COEFFICIENT)


def tables(bundle: Bundle) -> pl.DataFrame:
    """The whole glass box: what each value of a column, or of a pair of columns, adds to the log-odds."""
    learner, encoder = bundle.scorer.learner, bundle.scorer.encoder
    if not isinstance(learner, Points):
        raise InputError(
            f"A model of the kind {bundle.family!r} is not made of tables.",
            code="no_tables",
            hint="Look at importance(), explain() or report(); or train with models='glassbox'.",
        )
    rows = [
        (feature.name, value, None, None, part)
        for feature, table in zip(encoder.features, learner.tables, strict=True)
        for value, part in zip(representatives(feature), table.tolist(), strict=True)
    ]
    rows += [row for pair in learner.pairs for row in _pair_rows(encoder, pair)]
    names = list(_TABLE)[:-1]
    frame = pl.DataFrame(rows, schema={name: _TABLE[name] for name in names}, orient="row")
    return frame.with_columns(odds=pl.col("log_odds").exp())


def _pair_rows(encoder: Encoder, pair: Pair) -> Iterator[tuple[Any, ...]]:
    first, second = encoder.features[pair.first], encoder.features[pair.second]
    for value, row in zip(representatives(first), pair.full.tolist(), strict=True):
        for other, part in zip(representatives(second), row, strict=True):
            yield first.name, value, second.name, other, part


def summary_html(bundle: Bundle) -> str:
    """What it is, how good on leads that it had not seen, and what it looks at most."""
    test = bundle.record.test
    lines = {
        "kind": bundle.family,
        "columns": str(len(bundle.scorer.columns)),
        "AUC on the test part": decimal(_number(test.get("auc"))),
        "log loss on the test part": decimal(_number(test.get("log_loss"))),
        "looks most at": ", ".join(importance(bundle)["column"].head(SHOWN)) or "nothing told",
    }
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in lines.items())
    return f"<table><caption>Leadlight model {escape(bundle.name)}</caption>{rows}</table>"


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
