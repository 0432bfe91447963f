"""Declared features as SQL: the same tree that polars and single leads are computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from leadlight.data.expressions import Fitted, tree
from leadlight.data.expressions.tree import Call, Node
from leadlight.model.sql import dates
from leadlight.model.sql.dialects import LARGEST, Dialect

_PLAIN: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "and": "AND", "or": "OR"}
_TRUTHS: Final = frozenset((*tree.COMPARISONS, "in", "and", "or", "not", "missing"))


def formula(root: Node, fitted: Fitted, dialect: Dialect) -> str:
    """The value of a declared feature over typed columns; a truth is 'yes' or 'no'."""
    value = _value(root, fitted, dialect)
    if _is_truth(root):
        return f"CASE WHEN {value} THEN 'yes' WHEN NOT {value} THEN 'no' END"
    return value


def _is_truth(node: Node) -> bool:
    if not isinstance(node, Call):
        return False
    return _is_truth(node.arguments[1]) if node.operation == "if" else node.operation in _TRUTHS


def _value(node: Node, fitted: Fitted, dialect: Dialect) -> str:
    if isinstance(node, tree.ColumnNode):
        return dialect.identifier(node.name)
    if isinstance(node, tree.Number):
        return dialect.value(node.value)
    if isinstance(node, tree.Text):
        return dialect.literal(node.value)
    if isinstance(node, tree.Moment):
        return str(_microseconds(node.value))
    return _call(node, fitted, dialect)


def _microseconds(moment: datetime) -> int:
    since = moment - datetime(1, 1, 1)
    return since.days * dates.DAY + since.seconds * 1_000_000 + since.microseconds


def _call(node: Call, fitted: Fitted, dialect: Dialect) -> str:
    if node.operation == "mean":
        return _mean(node, fitted, dialect)
    parts = [_value(part, fitted, dialect) for part in node.arguments]
    if node.operation in _PLAIN:
        return f"({parts[0]} {_PLAIN[node.operation]} {parts[1]})"
    if node.operation in _ARITHMETIC_OF:
        return _finite(_guarded(node.operation, parts, dialect))
    return _OTHER[node.operation](parts, dialect)


def _guarded(operation: str, parts: list[str], dialect: Dialect) -> str:
    """PostgreSQL raises where a double leaves its range: whether it would is asked before."""
    value = _ARITHMETIC_OF[operation](parts, dialect)
    if dialect.name != "postgres" or operation not in _GUARDS:
        return value
    one, other = (f"ABS({part})" for part in parts)
    if operation in ("+", "-"):
        return f"(CASE WHEN {one} <= {LARGEST} - {other} THEN {value} END)"
    size = f"LN({one}) {_GUARDS[operation]} LN({other})"
    nothing = "0" if operation == "*" else f"CASE WHEN {other} > 0 THEN 0 END"
    return (
        f"(CASE WHEN {one} = 0 OR {other} = 0 THEN {nothing} "
        f"WHEN {size} < -740 THEN 0 WHEN {size} < 709.7 THEN {value} END)"
    )


def _finite(value: str) -> str:
    """NULL where a double overflows; zero has one sign."""
    return f"(CASE WHEN ABS({value}) <= {LARGEST} THEN {value} + 0.0e0 END)"


def _mean(node: Call, fitted: Fitted, dialect: Dialect) -> str:
    means = fitted.of(node)
    level = _value(node.arguments[1], fitted, dialect)
    rest = "NULL" if means.overall is None else dialect.value(means.overall)
    cases = [
        f"WHEN {level} IS NULL THEN {dialect.value(mean)}"
        if name is None
        else f"WHEN {level} = {dialect.literal(name)} THEN {dialect.value(mean)}"
        for name, mean in means.levels.items()
    ]
    return f"(CASE {' '.join(cases)} ELSE {rest} END)" if cases else f"({rest})"


def _quotient(parts: list[str], dialect: Dialect) -> str:
    return f"({parts[0]} / NULLIF({parts[1]}, {dialect.value(0.0)}))"


def _days_between(parts: list[str], dialect: Dialect) -> str:
    return f"({dialect.real(f'({parts[1]} - {parts[0]})')} / {dialect.value(float(dates.DAY))})"


def _logarithm(parts: list[str], dialect: Dialect) -> str:
    return f"(CASE WHEN {parts[0]} > 0 THEN LN({parts[0]}) END)"


def _extreme(comparison: str) -> Callable[[list[str], Dialect], str]:
    """The least or greatest of what is there."""

    def extreme(parts: list[str], dialect: Dialect) -> str:
        found = parts[0]
        for part in parts[1:]:
            found = (
                f"(CASE WHEN {found} IS NULL THEN {part} WHEN {part} IS NULL THEN {found} "
                f"WHEN {found} {comparison} {part} THEN {found} ELSE {part} END)"
            )
        return found

    return extreme


_GUARDS: Final = {"+": "", "-": "", "*": "+", "/": "-"}
_Rendering = Callable[[list[str], Dialect], str]
_ARITHMETIC_OF: Final[Mapping[str, _Rendering]] = {
    "+": lambda parts, _: f"({parts[0]} + {parts[1]})",
    "-": lambda parts, _: f"({parts[0]} - {parts[1]})",
    "*": lambda parts, _: f"({parts[0]} * {parts[1]})",
    "/": _quotient,
    "negative": lambda parts, _: f"(-{parts[0]})",
    "abs": lambda parts, _: f"ABS({parts[0]})",
    "log": _logarithm,
    "days_between": _days_between,
}
_OTHER: Final[Mapping[str, _Rendering]] = {
    "not": lambda parts, _: f"(NOT {parts[0]})",
    "missing": lambda parts, _: f"({parts[0]} IS NULL)",
    "in": lambda parts, _: f"({parts[0]} IN ({', '.join(parts[1:])}))",
    "if": lambda parts, _: f"(CASE WHEN {parts[0]} THEN {parts[1]} ELSE {parts[2]} END)",
    "min": _extreme("<"),
    "max": _extreme(">"),
}
