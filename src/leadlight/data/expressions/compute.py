"""What an expression gives: for a typed frame and for one typed lead, the same numbers bit for bit.

Typed means: numbers are finite Float64, categories and flags are plain levels (`cells.clean`), dates are
naive UTC `Datetime("us")`. Missing in gives missing out, and so do division by zero, the log of what is not
positive and any other result that is not finite. Otherwise: `if` takes its last part where the condition is
missing, `min` and `max` look at what is there, `missing` always answers, and `and` / `or` are missing only
where the missing part could change the answer. A truth becomes the flag yes or no.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from leadlight.data.expressions import tree
from leadlight.data.expressions.kinds import kind
from leadlight.data.expressions.means import Fitted, LevelMeans
from leadlight.data.expressions.parse import Expression
from leadlight.data.expressions.tree import Call, Node

Value = float | str | datetime | bool | None
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = 86_400e6
_DTYPES: Final[Mapping[str, pl.DataType]] = {
    "number": pl.Float64(),
    "level": pl.String(),
    "date": pl.Datetime("us"),
    "truth": pl.Boolean(),
}
_TRUTHS: Final = frozenset((*tree.COMPARISONS, "in", "and", "or", "not", "missing"))
NOTHING: Final = Fitted()


def fit(expression: Expression, frame: pl.DataFrame) -> Fitted:
    """Learn the means by level from typed training leads."""
    means: dict[Call, LevelMeans] = {}
    for node in tree.nodes(expression.root):
        if isinstance(node, Call) and node.operation == "mean":
            value, level = (_expr(argument, Fitted(means)) for argument in node.arguments)
            found = frame.select(value=value, level=level)
            means[node] = LevelMeans.fit(found["value"].to_list(), found["level"].to_list())
    return Fitted(means)


def to_polars(expression: Expression, fitted: Fitted = NOTHING) -> pl.Expr:
    """The feature over a typed frame."""
    expr = _expr(expression.root, fitted)
    if _is_truth(expression.root):
        return expr.replace_strict([True, False], ["yes", "no"], default=None, return_dtype=pl.String)
    return expr


def evaluate(
    expression: Expression, row: Mapping[str, Any], fitted: Fitted = NOTHING
) -> float | str | datetime | None:
    """The feature of one typed lead; an absent column is missing."""
    value = _value(expression.root, row, fitted)
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _is_truth(node: Node) -> bool:
    if not isinstance(node, Call):
        return False
    return _is_truth(node.arguments[1]) if node.operation == "if" else node.operation in _TRUTHS


def _value(node: Node, row: Mapping[str, Any], fitted: Fitted) -> Value:
    if isinstance(node, tree.ColumnNode):
        value: Value = row.get(node.name)
        return float(value) if type(value) is int else value
    if not isinstance(node, Call):
        return node.value
    if node.operation == "mean":
        return fitted.of(node).of(_value(node.arguments[1], row, fitted))
    found: Value = _OPERATIONS[node.operation].row(*[_value(part, row, fitted) for part in node.arguments])
    return found


def _expr(node: Node, fitted: Fitted) -> pl.Expr:
    if isinstance(node, tree.ColumnNode):
        return pl.col(node.name)
    if not tree.columns(node):
        return _constant(_value(node, {}, fitted), kind(node, {}))
    assert isinstance(node, Call)
    if node.operation == "mean":
        return _mean(_expr(node.arguments[1], fitted), fitted.of(node))
    if node.operation == "in":
        return _expr(node.arguments[0], fitted).is_in(_options(node))
    parts = [_expr(part, fitted) for part in node.arguments]
    return _OPERATIONS[node.operation].frame(*parts)


def _constant(value: Value, kind: str) -> pl.Expr:
    """A whole column of one value: with a single one, a `when` that holds everywhere would give one row."""
    return pl.repeat(value, pl.len(), dtype=_DTYPES[kind])


def _mean(level: pl.Expr, means: LevelMeans) -> pl.Expr:
    known = pl.Series(list(means.levels), dtype=pl.String)
    found = pl.Series(list(means.levels.values()), dtype=pl.Float64)
    return level.replace_strict(known, found, default=means.overall, return_dtype=pl.Float64)


def _options(node: Call) -> pl.Series:
    values = [option.value for option in node.arguments[1:] if not isinstance(option, tree.ColumnNode | Call)]
    return pl.Series(values, dtype=_DTYPES[kind(node.arguments[1], {})]).implode()


class _Operation(NamedTuple):
    """One operation: on the values of a lead, and on the columns of a frame."""

    row: Callable[..., Any]
    frame: Callable[..., pl.Expr]


def _finite(series: pl.Series) -> pl.Series:
    """Only finite numbers, and one zero: polars and Python do not always agree on its sign."""
    return series.set(~series.is_finite(), None).set(series == 0.0, 0.0)


def _arithmetic(row: Callable[..., float], frame: Callable[..., pl.Expr]) -> _Operation:
    def one(*values: float | None) -> float | None:
        if None in values:
            return None
        result = row(*values)
        return result + 0.0 if math.isfinite(result) else None

    def many(*parts: pl.Expr) -> pl.Expr:
        return frame(*parts).map_batches(_finite, return_dtype=pl.Float64, is_elementwise=True)

    return _Operation(one, many)


def _comparison(compare: Callable[[Any, Any], Any]) -> _Operation:
    def one(left: Any, right: Any) -> bool | None:
        return None if left is None or right is None else bool(compare(left, right))

    return _Operation(one, compare)


def _extreme(is_ahead: Callable[[Any, Any], bool], frame: Callable[..., pl.Expr]) -> _Operation:
    """The last of equals, as polars does it."""

    def one(*values: Any) -> Any:
        present = [value for value in values if value is not None]
        return (
            reduce(lambda best, value: best if is_ahead(best, value) else value, present) if present else None
        )

    return _Operation(one, frame)


def _and(left: bool | None, right: bool | None) -> bool | None:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def _days(start: datetime, end: datetime) -> float:
    return ((end - start) // _MICROSECOND) / _DAY


def _days_frame(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    return _quotient((end - start).dt.total_microseconds().cast(pl.Float64), pl.lit(_DAY))


def _quotient(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    """A true division; polars multiplies by the reciprocal where the divisor is one number."""

    def divide(parts: Sequence[pl.Series]) -> pl.Series:
        with np.errstate(all="ignore"):
            return pl.Series(parts[0].to_numpy() / parts[1].to_numpy())

    return pl.map_batches([left, right], divide, return_dtype=pl.Float64, is_elementwise=True)


_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "+": _arithmetic(operator.add, operator.add),
    "-": _arithmetic(operator.sub, operator.sub),
    "*": _arithmetic(operator.mul, operator.mul),
    "/": _arithmetic(lambda a, b: a / b if b else math.nan, _quotient),
    "negative": _arithmetic(operator.neg, operator.neg),
    "abs": _arithmetic(abs, abs),
    "log": _arithmetic(lambda a: math.log(a) if a > 0 else math.nan, lambda a: a.log()),
    "days_between": _arithmetic(_days, _days_frame),
    "=": _comparison(operator.eq),
    "!=": _comparison(operator.ne),
    "<": _comparison(operator.lt),
    "<=": _comparison(operator.le),
    ">": _comparison(operator.gt),
    ">=": _comparison(operator.ge),
    "in": _Operation(lambda tested, *options: None if tested is None else tested in options, pl.Expr.is_in),
    "and": _Operation(_and, operator.and_),
    "or": _Operation(_or, operator.or_),
    "not": _Operation(lambda truth: None if truth is None else not truth, operator.invert),
    "missing": _Operation(lambda value: value is None, lambda part: part.is_null()),
    "min": _extreme(operator.lt, pl.min_horizontal),
    "max": _extreme(operator.gt, pl.max_horizontal),
    "if": _Operation(
        lambda condition, then, otherwise: then if condition else otherwise,
        lambda condition, then, otherwise: pl.when(condition).then(then).otherwise(otherwise),
    ),
}
