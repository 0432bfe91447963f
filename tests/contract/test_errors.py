"""The exceptions are what the tree on top of their file says."""

from __future__ import annotations

import ast
import re

import pytest

from leadlight import errors
from leadlight.errors import LeadlightError
from tests.contract.house import Module, modules

CLASSES = [
    value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, LeadlightError)
]
CONTROL = {"typer.Exit", "typer.Abort", "SystemExit", "KeyboardInterrupt", "StopIteration"}
FOREIGN = {
    "sklearn": {"ValueError", "TypeError", "NotFittedError", "AttributeError"},
    "__init__": {"AttributeError"},
}


def drawn() -> dict[str, str | None]:
    """The tree of the docstring: each class with its parent."""
    tree: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([│ ]*(?:[├└]── )?)(\w+Error)\b", line):
            depth = len(match[1]) // 4
            path = [*path[:depth], match[2]]
            tree[match[2]] = path[depth - 1] if depth else None
    return tree


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {kind.__name__: kind.__base__.__name__ if kind is not LeadlightError else None for kind in CLASSES}
    assert drawn() == real


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_each_has_a_sentence_and_a_code_of_its_own(kind: type[LeadlightError]) -> None:
    """A docstring is the default message; a code is stable and means one thing."""
    assert kind.__doc__
    assert str(kind()) == kind.__doc__.splitlines()[0]
    assert re.fullmatch(r"[A-Z].*\.", str(kind()))
    assert "code" in vars(kind)
    assert [other for other in CLASSES if other.code == kind.code] == [kind]


def test_an_error_tells_the_place_and_the_next_step() -> None:
    error = errors.FileError("The quote is not closed.", code="quote", where="leads.csv:7", hint="Close it.")
    assert str(error) == "The quote is not closed. (leads.csv:7)\n  Close it."
    assert (error.code, error.where, error.hint) == ("quote", "leads.csv:7", "Close it.")


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.place)
def test_what_is_raised_on_purpose_descends_from_one_class(module: Module) -> None:
    """Whoever catches LeadlightError catches all that Leadlight raises."""
    known = {kind.__name__ for kind in CLASSES} | CONTROL | FOREIGN.get(module.part, set())
    calls = [node.exc for node in ast.walk(module.tree) if isinstance(node, ast.Raise)]
    kinds = [call.func for call in calls if isinstance(call, ast.Call)]
    named = [(ast.unparse(kind).removeprefix("errors."), kind.lineno) for kind in kinds]
    assert not [
        f"{module.place}:{line} {name}" for name, line in named if is_class(name) and name not in known
    ]


def is_class(name: str) -> bool:
    return name.split(".")[-1][:1].isupper()
