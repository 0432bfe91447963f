"""Short functions, short files, and names that say what they name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.contract.house import ROOT, Module, functions, listed, modules, tracked

VAGUE = listed("util utils helper helpers manager managers base common misc")
CLIPPED = listed(
    "arr calc cat cats cfg cnt conf ctx curr df dfs dst elem err feat feats fn freq func grp idx img impl "
    "lst mgr misc msg num nums obj param params pct pos pred preds prev prob proba probs ptr qty res ret "
    "spec src str tbl tmp txt val vals vec"
)
GIVEN = listed("predict_proba")
"""Names that scikit-learn's contract gives."""
PYTHON = [path for path in tracked() if path.suffix == ".py"]


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", modules(), ids=lambda module: module.place)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from def to its end, without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def lengths() -> list[tuple[int, str]]:
    found = [
        (length(function), f"{module.place}:{function.lineno} {function.name}")
        for module in modules()
        for function in functions(module)
    ]
    return sorted(found, reverse=True)


def test_the_median_function_has_at_most_eight_lines() -> None:
    assert median(lines for lines, _ in lengths()) <= 8


def test_of_a_hundred_functions_five_at_most_exceed_forty_lines() -> None:
    everything = lengths()
    long = [place for place in everything if place[0] > 40]
    assert len(long) <= 0.05 * len(everything), long


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_four_hundred_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_by_what_it_holds(path: Path) -> None:
    assert not VAGUE & {word for part in path.relative_to(ROOT).parts for word in Path(part).stem.split("_")}


@each()
def test_names_are_whole_words(module: Module) -> None:
    """What others call or read is not clipped: functions, classes, arguments, fields and modules."""
    assert not [f"{module.place}:{line} {name}" for name, line in names(module) if CLIPPED & words(name)]


def names(module: Module) -> Iterator[tuple[str, int]]:
    yield module.path.stem, 1
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        if isinstance(node, ast.arg):
            yield node.arg, node.lineno
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.lineno


def words(name: str) -> set[str]:
    if name.startswith("__") or name in GIVEN:
        return set()
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name)}


def test_a_class_name_stands_once_in_the_package() -> None:
    """Whoever reads a name finds the one thing that it means."""
    places: dict[str, list[str]] = {}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(f"{module.place}:{node.lineno}")
    assert not {name: found for name, found in places.items() if len(found) > 1}


def test_a_docstring_stands_alone() -> None:
    """One that begins with "The same" says nothing without its neighbour."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    leaning = [
        f"{module.place}:{node.lineno} {node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, kinds) and (ast.get_docstring(node) or "").startswith("The same")
    ]
    assert not leaning
