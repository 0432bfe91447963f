"""What a declared feature says, as a frozen tree of values, columns and calls."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from leadlight.data import cells
from leadlight.errors import ExpressionError

MAX_DEPTH: Final = 100
COMPARISONS: Final = ("=", "!=", "<", "<=", ">", ">=")
KEYWORDS: Final = ("and", "or", "not", "in", "by")
BINDING: Final = {
    "or": 1,
    "and": 2,
    "not": 3,
    "in": 4,
    **dict.fromkeys(COMPARISONS, 4),
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "negative": 7,
}
_PLAIN_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Number:
    """A finite number."""

    value: float
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Text:
    """A level, always in its plain form (`cells.clean`)."""

    value: str
    at: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", cells.clean(self.value))


@dataclass(frozen=True)
class Moment:
    """A date with or without a time of day, naive UTC."""

    value: datetime
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class ColumnNode:
    """The value of a column."""

    name: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Call:
    """An operator or function and what it is given."""

    operation: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False, repr=False)
    depth: int = field(init=False, default=1, compare=False, repr=False)

    def __post_init__(self) -> None:
        depth = 1 + max(depth_of(argument) for argument in self.arguments)
        if depth > MAX_DEPTH:
            place = f"character {self.at + 1}"
            raise ExpressionError(
                f"The expression is more than {MAX_DEPTH} levels deep.",
                where=place,
                hint="Part it into several features.",
            )
        object.__setattr__(self, "depth", depth)


Node = Number | Text | Moment | ColumnNode | Call


def depth_of(node: Node) -> int:
    """How many calls stand inside one another."""
    return node.depth if isinstance(node, Call) else 0


def nodes(root: Node) -> Iterator[Node]:
    """Every node, the inner ones before those that hold them."""
    if isinstance(root, Call):
        for argument in root.arguments:
            yield from nodes(argument)
    yield root


def columns(root: Node) -> frozenset[str]:
    """The names of the columns that are used."""
    return frozenset(node.name for node in nodes(root) if isinstance(node, ColumnNode))


def rewritten(root: Node, change: Callable[[Call], Node]) -> Node:
    """The tree with each call replaced, the inner ones first."""
    if not isinstance(root, Call):
        return root
    inner = tuple(rewritten(argument, change) for argument in root.arguments)
    return change(Call(root.operation, inner, root.at))


def written(node: Node) -> str:
    """The one canonical text of a tree: parsed again it gives the same tree."""
    if isinstance(node, Number):
        return (
            repr(int(node.value)) if node.value.is_integer() and abs(node.value) < 1e15 else repr(node.value)
        )
    if isinstance(node, Text):
        return _quoted(node.value, "'")
    if isinstance(node, Moment):
        return f"date('{node.value.isoformat()}')"
    if isinstance(node, ColumnNode):
        return column_name(node.name)
    return _WRITTEN.get(node.operation, _written_function)(node)


def column_name(name: str) -> str:
    """A column's name as it stands in an expression, quoted where needed."""
    is_plain = _PLAIN_NAME.fullmatch(name) and name.lower() not in KEYWORDS
    return name if is_plain else _quoted(name, '"')


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote + quote) + quote


def _within(node: Node, binding: int) -> str:
    """Put a part in parentheses unless it binds more strongly than what holds it."""
    own = BINDING.get(node.operation, 9) if isinstance(node, Call) else 9
    return written(node) if own > binding else f"({written(node)})"


def _written_function(node: Call) -> str:
    return f"{node.operation}({', '.join(written(argument) for argument in node.arguments)})"


def _written_mean(node: Call) -> str:
    number, level = node.arguments
    return f"mean({written(number)}, by {written(level)})"


def _written_in(node: Call) -> str:
    tested, *options = node.arguments
    return f"{_within(tested, BINDING['in'])} in ({', '.join(written(option) for option in options)})"


def _written_not(node: Call) -> str:
    return f"not {_within(node.arguments[0], BINDING['not'] - 1)}"


def _written_negative(node: Call) -> str:
    return f"-{_within(node.arguments[0], BINDING['negative'] - 1)}"


def _written_chain(node: Call) -> str:
    """Operators that group to the left."""
    left, right = node.arguments
    binding = BINDING[node.operation]
    return f"{_within(left, binding - 1)} {node.operation} {_within(right, binding)}"


def _written_comparison(node: Call) -> str:
    left, right = node.arguments
    return f"{_within(left, BINDING['='])} {node.operation} {_within(right, BINDING['='])}"


_WRITTEN: Final[dict[str, Callable[[Call], str]]] = {
    "mean": _written_mean,
    "in": _written_in,
    "not": _written_not,
    "negative": _written_negative,
    **dict.fromkeys(("+", "-", "*", "/", "and", "or"), _written_chain),
    **dict.fromkeys(COMPARISONS, _written_comparison),
}
