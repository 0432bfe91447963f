"""What all commands share: found by name, failures told in one place, and what was typed is known."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from leadlight.cli import failure

TYPED: Final = "leadlight.typed"
SUMMARIES: Final = {
    "demo": "Do the main job from end to end, on made-up leads.",
    "sample": "Make up leads to try things with.",
    "inspect": "Look at leads before anything is learnt.",
    "enrich": "Add what is known of a lead's company, and what its mailbox and its job title say.",
    "train": "Learn from leads that were won and lost.",
    "score": "Score leads, with an interval, a grade and reasons.",
    "policy": "Set the line and the grades of a model anew.",
    "plan": "Write the list of open leads to call, best first.",
    "insight": "Say what leads do and bring: channels, follow-up, and what to do next.",
    "explain": "Say why one lead has its score.",
    "evaluate": "Hold a model against leads that were decided since.",
    "watch": "Hold new leads against those that the model was trained on.",
    "adjust": "Set the probabilities and the line of the model in service to what leads do now.",
    "challenge": "Train a challenger and hold it against the model in service, forward in time.",
    "disputes": "List the scores that people dispute, where each goes, and what came of it.",
    "holdback": "Hold a share of leads back from the score, and see what it is worth.",
    "compare": "Say which of two models is better on the same leads.",
    "report": "Show in pictures how good a model is, what it learnt and whom it calls.",
    "card": "Write the card of a model: data, use, refused use, figures, fairness, limits.",
    "export": "Write a model so that a warehouse or a spreadsheet computes the score that Leadlight gives.",
    "spark": "Score and learn where Spark runs, with the same model and the same scores.",
    "init": "Make a home: a folder with a database of its own, closed to other users of the machine.",
    "sync": "Bring leads into the home, from a file, a database or a system such as hubspot://contacts.",
    "tell": "Tell a webhook which leads became hot.",
    "stream": "Take leads and events out of Kafka, score them, and send the scores.",
    "promote": "Put a model in service: from then on it scores everywhere in this home.",
    "serve": "Serve a home over HTTP: scores at the moment they are needed.",
    "doctor": "Check that everything works on this machine.",
    "models": "The models of a home: what is kept, and the way back.",
    "db": "The database of a home: its care, and the rights of the people in it.",
    "keys": "The keys of programs that call the service of a home.",
    "users": "The people who log in to the service of a home.",
}
"""Each command is the module of its name; its first line stands here as well, so that help imports none."""


class Commands(TyperGroup):
    """All of them: one is imported when it is called, so that help answers at once."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Importable()  # type: ignore[assignment]

    def format_commands(self, _: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


class Importable(Mapping[str, Any]):
    """The commands by name."""

    def __getitem__(self, name: str) -> Any:
        return _imported(name)

    def __iter__(self) -> Iterator[str]:
        return iter(SUMMARIES)

    def __len__(self) -> int:
        return len(SUMMARIES)


@cache
def _imported(name: str) -> Any:
    """A command, or a group of them, as the parser of the command line takes it."""
    summary = SUMMARIES[name]
    module = import_module(f"leadlight.cli.{name}")
    alone = typer.Typer(rich_markup_mode=None)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=name, short_help=summary)
    else:
        alone.command(name, cls=Command, short_help=summary)(getattr(module, name))
    return get_group(alone).commands[name]


class Command(TyperCommand):
    """One command of ours."""

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        typed = [info_name or "", *args]
        context = super().make_context(info_name, args, *rest, **extra)
        context.meta[TYPED] = typed
        return context

    def invoke(self, context: Any) -> Any:
        home = context.params.get("home")
        with failure.reporting_failures(as_json=bool(context.params.get("as_json")), home=home):
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
