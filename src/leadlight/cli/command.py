"""What all commands have in common: failures are told in one place, and it is known what was typed."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperCommand

from leadlight.cli import failure

TYPED: Final = "leadlight.typed"


class Command(TyperCommand):
    """One command of ours."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        typed = [info_name or "", *args]
        context = super().make_context(info_name, args, *rest, **extra)
        context.meta[TYPED] = typed
        return context

    def invoke(self, context: Any) -> Any:
        home = context.params.get("home")
        with failure.told(as_json=bool(context.params.get("as_json")), home=home):
            return super().invoke(context)


def typed(context: typer.Context, more: Sequence[str] = ()) -> str:
    """The command line as it was typed, with more at its end, ready to be typed again."""
    return line(*context.meta[TYPED], *more)


def line(*words: str | Path) -> str:
    """A command line of ours that works where this one did."""
    return shlex.join([program(), *map(str, words)])


def written_out(said: Mapping[str, str | Path | Sequence[str] | None]) -> list[str]:
    """Options as they are typed; what was not said is left out."""
    words: list[str] = []
    for name, value in said.items():
        each = [value] if isinstance(value, str | Path) else value or []
        words += [word for one in each for word in (f"--{name}", str(one))]
    return words


def program() -> str:
    """How Leadlight was called: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    found = shutil.which("leadlight")
    if called.name != "leadlight" or (found and Path(found).resolve() == called.resolve()):
        return "leadlight"
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(called)
