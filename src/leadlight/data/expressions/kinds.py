"""Whether an expression makes sense: which kind each part has, and which kind it would need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from leadlight.data.expressions import tree
from leadlight.data.expressions.parse import Expression
from leadlight.data.expressions.tokens import nearest, problem
from leadlight.data.expressions.tree import COMPARISONS, Call, Node
from leadlight.errors import ExpressionError

RESULTS: Final = {"number": "number", "level": "category", "truth": "flag", "date": "date"}
_COLUMNS: Final = {
    "number": "number",
    "date": "date",
    "category": "level",
    "flag": "level",
    "text": "free text",
}
_LITERALS: Final = {tree.Number: "number", tree.Text: "level", tree.Moment: "date"}


class _Signature(NamedTuple):
    """What an operation takes (the last repeats) and gives; "same" and "ordered" parts are of one kind."""

    takes: tuple[str, ...]
    gives: str


_NUMBERS: Final = _Signature(("number",), "number")
_TRUTHS: Final = _Signature(("truth",), "truth")
_SIGNATURES: Final[Mapping[str, _Signature]] = {
    **dict.fromkeys(("+", "-", "*", "/", "negative", "abs", "log"), _NUMBERS),
    **dict.fromkeys(("and", "or", "not"), _TRUTHS),
    **dict.fromkeys(COMPARISONS, _Signature(("ordered",), "truth")),
    **dict.fromkeys(("=", "!=", "in"), _Signature(("same",), "truth")),
    **dict.fromkeys(("min", "max"), _Signature(("ordered",), "same")),
    "if": _Signature(("truth", "same"), "same"),
    "missing": _Signature(("any",), "truth"),
    "days_between": _Signature(("date",), "number"),
    "mean": _Signature(("number", "level"), "number"),
}
_SAID: Final = {
    "number": "a number",
    "level": "a text",
    "truth": "true or false",
    "date": "a date",
    "free text": "free text",
    "ordered": "a number or a date",
}
_HINTS: Final = {
    ("level", "number"): "A column's kind can be set in leadlight.toml.",
    ("level", "truth"): "Compare it with a value, as in: \"Do Not Call\" = 'yes'.",
    ("level", "date"): "A date is written: date('2024-01-31').",
    ("level", "ordered"): "A text has no order. A date is written: date('2024-01-31').",
    ("number", "level"): "A text is put in single quotes.",
    ("number", "truth"): "Compare it with a number, as in: TotalVisits > 3.",
    ("truth", "number"): "Write: if(condition, 1, 0).",
    ("date", "number"): "The days from one date to another: days_between(from, to).",
}


def check(expression: Expression, kinds: Mapping[str, str]) -> str:
    """The kind that the feature will have, given the kinds of the columns; refuses what makes no sense."""
    found = kind(expression.root, kinds, expression.text)
    if not expression.columns():
        raise problem(expression.text, 0, "A feature has to use a column.")
    if found == "free text":
        raise problem(expression.text, 0, "Free text cannot be a feature as it is.", "Use missing(column).")
    return RESULTS[found]


def kind(node: Node, kinds: Mapping[str, str], text: str = "") -> str:
    """The kind of a part: number, level, truth, date or free text."""
    if isinstance(node, tree.ColumnNode):
        return _column(node, kinds, text)
    if isinstance(node, Call):
        return _call(node, [kind(argument, kinds, text) for argument in node.arguments], text)
    return _LITERALS[type(node)]


def _column(node: tree.ColumnNode, kinds: Mapping[str, str], text: str) -> str:
    if node.name not in kinds:
        close = nearest(node.name, kinds)
        hint = (
            f"Did you mean {tree.column_name(close)}?"
            if close
            else "See the columns with: leadlight inspect."
        )
        raise problem(text, node.at, f"There is no column {node.name!r}.", hint)
    return _COLUMNS[kinds[node.name]]


def _call(node: Call, found: list[str], text: str) -> str:
    signature = _SIGNATURES[node.operation]
    last = len(signature.takes) - 1
    wanted = [signature.takes[min(place, last)] for place in range(len(found))]
    alike = ""
    for part, has, needs in zip(node.arguments, found, wanted, strict=True):
        if needs in ("same", "ordered"):
            needs = _shared(alike, needs, has)
            alike = alike or has
        if needs not in (has, "any"):
            raise _mismatch(node, part, has, needs, text)
    return alike if signature.gives == "same" else signature.gives


def _shared(alike: str, needs: str, has: str) -> str:
    """The kind that parts of one kind need: that of the first, as long as it can be compared at all."""
    if alike:
        return alike
    allowed = ("number", "date") if needs == "ordered" else ("number", "date", "level", "truth")
    return has if has in allowed else needs


def _mismatch(call: Call, part: Node, has: str, needs: str, text: str) -> ExpressionError:
    wanted = _SAID.get(needs, "a number, a level or a date")
    hint = "Free text can only be asked whether it is there: missing(column)." if has == "free text" else None
    name = {"negative": "-"}.get(call.operation, call.operation)
    return problem(
        text,
        part.at,
        f"{name!r} needs {wanted} here, and {tree.written(part)} is {_SAID[has]}.",
        hint or _HINTS.get((has, needs)),
    )
