"""The source read as text and as syntax trees, for the rules of the house."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
PACKAGE = "leadlight"


@dataclass(frozen=True)
class Module:
    """One file of the package."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str:
        """The part of the house it belongs to: the first name below the package."""
        names = self.name.split(".")
        return names[1] if len(names) > 1 else "__init__"

    @property
    def place(self) -> str:
        return str(self.path.relative_to(ROOT))


@dataclass(frozen=True)
class Import:
    """One import of one module, wherever it stands."""

    target: str
    line: int
    late: bool
    typing: bool


def listed(names: str) -> set[str]:
    """A set of names written as one line."""
    return set(names.split())


@cache
def modules() -> tuple[Module, ...]:
    """Every file of the package."""
    return tuple(parse(path) for path in sorted((SOURCE / PACKAGE).rglob("*.py")))


@cache
def benchmarks() -> tuple[Module, ...]:
    """Every file of the benchmarks."""
    return tuple(parse(path, ROOT) for path in sorted((ROOT / "benchmarks").glob("*.py")))


def parse(path: Path, below: Path = SOURCE) -> Module:
    names = path.relative_to(below).with_suffix("").parts
    name = ".".join(names[:-1] if names[-1] == "__init__" else names)
    return Module(name, path, ast.parse(path.read_text(encoding="utf-8"), str(path)))


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that git tracks, or would if it were added now."""
    listing = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    answer = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True)
    paths = (ROOT / name for name in answer.stdout.decode().split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def imports(module: Module) -> Iterator[Import]:
    """Every import of a file, with whether it is late (in a function) or for type checkers alone."""
    yield from _imports(module, module.tree, late=False, typing=False)


def _imports(module: Module, node: ast.AST, late: bool, typing: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for target in _targets(module, node):
            yield Import(target, node.lineno, late, typing)
    late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for child in node.body:
            yield from _imports(module, child, late, typing=True)
        children: list[ast.AST] = list(node.orelse)
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _imports(module, child, late, typing)


def _targets(module: Module, node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        names = module.name.split(".")
        kept = len(names) - node.level + (module.path.name == "__init__.py")
        base = ".".join([*names[:kept], *([base] if base else [])])
    return [f"{base}.{alias.name}" for alias in node.names]


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def used(module: Module) -> Iterator[tuple[str, ast.expr]]:
    """Every dotted name that a file uses, with its imports written out (np.random is numpy.random)."""
    known = _aliases(module)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name) and (name := dotted(node)):
            first, _, rest = name.partition(".")
            full = known.get(first, first)
            yield (f"{full}.{rest}" if rest else full), node


def dotted(node: ast.expr) -> str | None:
    """A chain of attributes as text, where it begins with a plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := dotted(node.value)):
        return f"{head}.{node.attr}"
    return None


def _aliases(module: Module) -> dict[str, str]:
    known = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname: alias.name for alias in node.names if alias.asname}
        if isinstance(node, ast.ImportFrom):
            targets = _targets(module, node)
            known |= {
                alias.asname or alias.name: target for alias, target in zip(node.names, targets, strict=True)
            }
    return known
