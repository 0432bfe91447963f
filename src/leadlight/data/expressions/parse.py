"""From the text of a declared feature to its tree, by binding strength.

    feature     name = expression
    expression  or < and < not < (= == != <> < <= > >= in, not in) < (+ -) < (* /) < unary minus
    value       12.5   'text'   date('2024-01-31')   Name   "Name with blanks"   [Name with blanks]
    function    if(condition, a, b)  min(a, b, ...)  max(a, b, ...)  abs(a)  log(a)  missing(a)
                days_between(from, to)  mean(number, by level)

A quote inside a quoted text or name is doubled. Words of the grammar may be written in any case.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from leadlight.data import cells
from leadlight.data.expressions import tree
from leadlight.data.expressions.tokens import EXAMPLE, ExpressionToken, nearest, problem, tokens, unquoted
from leadlight.data.expressions.tree import BINDING, COMPARISONS, MAX_DEPTH, Call, Node
from leadlight.errors import ExpressionError


class Usage(NamedTuple):
    """How a function is called."""

    fewest: int
    most: int
    example: str


FUNCTIONS: Final[Mapping[str, Usage]] = {
    "if": Usage(3, 3, "if(condition, then, otherwise)"),
    "min": Usage(2, 50, "min(a, b)"),
    "max": Usage(2, 50, "max(a, b)"),
    "abs": Usage(1, 1, "abs(a)"),
    "log": Usage(1, 1, "log(a)"),
    "missing": Usage(1, 1, "missing(a)"),
    "days_between": Usage(2, 2, "days_between(from, to)"),
    "mean": Usage(2, 2, "mean(number, by level)"),
    "date": Usage(1, 1, "date('2024-01-31')"),
}


@dataclass(frozen=True)
class Expression:
    """A declared feature; `text` is how it was written, for messages."""

    root: Node
    text: str = field(default="", compare=False, repr=False)

    def columns(self) -> frozenset[str]:
        """The names of the columns that are used."""
        return tree.columns(self.root)

    def __str__(self) -> str:
        return tree.written(self.root)

    def to_json(self) -> str:
        """The canonical text: reading it back goes through the parser, so nothing unchecked comes in."""
        return str(self)

    @staticmethod
    def from_json(data: object) -> Expression:
        if not isinstance(data, str):
            raise ExpressionError("An expression has to be a text.", hint=EXAMPLE)
        return parse(data)

    def respelt(self, spellings: Mapping[str, Mapping[str, str]]) -> Expression:
        """Bring the texts that a column is compared with to the level that its schema makes of them."""
        return Expression(tree.rewritten(self.root, lambda call: _respelt(call, spellings)), self.text)


def _respelt(call: Call, spellings: Mapping[str, Mapping[str, str]]) -> Call:
    names = [part.name for part in call.arguments if isinstance(part, tree.ColumnNode)]
    if call.operation not in ("=", "!=", "in") or len(names) != 1:
        return call
    levels = spellings.get(names[0], {})
    parts = (
        tree.Text(levels.get(part.value, part.value), part.at) if isinstance(part, tree.Text) else part
        for part in call.arguments
    )
    return Call(call.operation, tuple(parts), call.at)


def parse(text: str) -> Expression:
    """Read an expression."""
    return _Parser(text).whole()


def parse_feature(text: str) -> tuple[str, Expression]:
    """Read `name = expression`."""
    parser = _Parser(text)
    name, sign = parser.take(), parser.take()
    if name.kind not in ("name", "quoted") or sign.text != "=" or "==" in text[sign.at : sign.at + 2]:
        at = sign.at if name.kind in ("name", "quoted") else name.at
        hint = "For example: time_x_visits = [Total Time] * Visits. A name with blanks is quoted."
        raise problem(text, at, "A feature is declared as: name = expression.", hint)
    return unquoted(name.text), parser.whole()


class _Parser:
    """One walk over the words of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.place = 0
        self.nesting = 0

    @property
    def next(self) -> ExpressionToken:
        return self.tokens[min(self.place, len(self.tokens) - 1)]

    def take(self) -> ExpressionToken:
        token = self.next
        self.place += 1
        return token

    def sees(self, mark: str) -> bool:
        return self.next.text == mark and self.next.kind in ("mark", "word")

    def expect(self, mark: str, where: str) -> None:
        if not self.sees(mark):
            raise self.wrong(f"Expected {mark!r} {where}, found {self.next}.")
        self.place += 1

    def wrong(self, message: str, hint: str | None = None, at: int | None = None) -> ExpressionError:
        return problem(self.text, self.next.at if at is None else at, message, hint)

    def whole(self) -> Expression:
        """Everything from here to the end."""
        root = self.expression(0)
        if self.next.kind != "end":
            is_name = self.next.kind == self.tokens[self.place - 1].kind == "name"
            hint = 'A column name with blanks is quoted: "Column Name" or [Column Name].' if is_name else None
            raise self.wrong(f"Expected an operator or the end, found {self.next}.", hint)
        return Expression(root, self.text)

    def expression(self, binding: int) -> Node:
        """Read on for as long as operators bind more strongly than the one before."""
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            raise self.wrong(f"More than {MAX_DEPTH} levels stand inside one another.")
        left = self.value()
        while (operator := self.operator()) and BINDING[operator] > binding:
            left = self.operation(left, operator)
        self.nesting -= 1
        return left

    def operator(self) -> str | None:
        """The operator that comes next; after a value, `not` can only begin `not in`."""
        if self.sees("not"):
            return "in"
        return self.next.text if self.sees(self.next.text) and self.next.text in BINDING else None

    def operation(self, left: Node, operator: str) -> Node:
        token = self.take()
        if operator == "in":
            return self.membership(left, token)
        right = self.expression(BINDING[operator])
        if operator in COMPARISONS and self.operator() in (*COMPARISONS, "in"):
            raise self.wrong("Comparisons cannot be chained.", "Write: a < b and b < c.")
        return Call(operator, (left, right), token.at)

    def membership(self, left: Node, token: ExpressionToken) -> Node:
        if token.text == "not":
            self.expect("in", "after 'not'")
        self.expect("(", "after 'in'")
        node = Call("in", (left, *self.listed(self.option)), token.at)
        return Call("not", (node,), token.at) if token.text == "not" else node

    def option(self) -> Node:
        start = self.next.at
        node = self.expression(BINDING["negative"])
        if isinstance(node, tree.ColumnNode | Call):
            raise self.wrong("The list after 'in' holds texts, numbers and dates only.", at=start)
        return node

    def listed(self, item: Callable[[], Node]) -> list[Node]:
        """What stands between commas, up to the closing parenthesis."""
        items = [item()]
        while self.sees(","):
            self.place += 1
            items.append(item())
        self.expect(")", "or ','")
        return items

    def value(self) -> Node:
        token = self.take()
        reader = _VALUES.get(token.text if token.kind in ("mark", "word") else token.kind)
        if reader is None:
            raise self.wrong(
                f"Expected a column, a number, a text or a function, found {token}.", at=token.at
            )
        return reader(self, token)

    def number(self, token: ExpressionToken) -> Node:
        value = float(token.text)
        if not math.isfinite(value):
            raise self.wrong("This number is too large.", at=token.at)
        return tree.Number(value, token.at)

    def level(self, token: ExpressionToken) -> Node:
        node = tree.Text(unquoted(token.text), token.at)
        if not node.value:
            raise self.wrong(
                "A blank text is never found: blanks are missing.", "Write: missing(column).", token.at
            )
        return node

    def column(self, token: ExpressionToken) -> Node:
        return tree.ColumnNode(unquoted(token.text), token.at)

    def name(self, token: ExpressionToken) -> Node:
        return self.function(token) if self.sees("(") else self.column(token)

    def group(self, token: ExpressionToken) -> Node:
        node = self.expression(0)
        self.expect(")", "to close the parenthesis")
        return node

    def negative(self, token: ExpressionToken) -> Node:
        operand = self.expression(BINDING["negative"])
        if isinstance(operand, tree.Number):
            return tree.Number(0.0 - operand.value, token.at)
        return Call("negative", (operand,), token.at)

    def negation(self, token: ExpressionToken) -> Node:
        return Call("not", (self.expression(BINDING["not"]),), token.at)

    def function(self, token: ExpressionToken) -> Node:
        name = token.text.lower()
        if name not in FUNCTIONS:
            raise self.unknown(token)
        self.expect("(", "after the function")
        if name in ("mean", "date"):
            return self.mean(token) if name == "mean" else self.moment()
        arguments = () if self.sees(")") else tuple(self.listed(lambda: self.expression(0)))
        usage = FUNCTIONS[name]
        if not usage.fewest <= len(arguments) <= usage.most:
            given = f"{len(arguments)} value{'' if len(arguments) == 1 else 's'}"
            raise self.wrong(f"{name} is given {given}.", f"Write: {usage.example}.", token.at)
        return Call(name, arguments, token.at)

    def unknown(self, token: ExpressionToken) -> ExpressionError:
        close = nearest(token.text, FUNCTIONS)
        meant = f"Did you mean {close}? " if close else ""
        return self.wrong(
            f"There is no function {token.text!r}.", f"{meant}There are: {', '.join(FUNCTIONS)}.", token.at
        )

    def mean(self, token: ExpressionToken) -> Node:
        number = self.expression(0)
        self.expect(",", "and 'by'")
        self.expect("by", "before the level")
        start = self.next.at
        level = self.expression(0)
        if not tree.columns(level):
            raise self.wrong("The level of a mean has to use a column.", at=start)
        self.expect(")", "to close the parenthesis")
        return Call("mean", (number, level), token.at)

    def moment(self) -> Node:
        token = self.take()
        value = cells.parse_date(unquoted(token.text)) if token.kind == "text" else None
        if value is None:
            raise self.wrong(
                "Expected a date, year first, in quotes.", "For example: date('2024-01-31').", token.at
            )
        self.expect(")", "to close the parenthesis")
        return tree.Moment(value, token.at)


_VALUES: Final[Mapping[str, Callable[[_Parser, ExpressionToken], Node]]] = {
    "number": _Parser.number,
    "text": _Parser.level,
    "quoted": _Parser.column,
    "name": _Parser.name,
    "(": _Parser.group,
    "-": _Parser.negative,
    "not": _Parser.negation,
}
