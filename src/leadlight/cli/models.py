"""`leadlight models`: what is kept, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.compare import tell
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.flows.compare_kept import KeptComparison, compare_kept
from leadlight.flows.promote import roll_back_model
from leadlight.insight.wording import counted, listed
from leadlight.store import models

app = typer.Typer(no_args_is_help=True, help="The models of a home: what is kept, and the way back.")


@app.command("list", cls=Command)
def list_models(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """List the models that are kept, the newest first."""
    with homes.opened(home) as store, store.reading() as connection:
        kept = models.all_models(connection)
    rows = [
        (
            each.name,
            each.family,
            datetime.fromtimestamp(each.added, UTC).strftime("%Y-%m-%d %H:%M"),
            "in service" if each.in_service else "",
        )
        for each in kept
    ]
    head = ("model", "family", "kept since (UTC)", "")
    Output(as_json).show(
        {"models": [vars(each) for each in kept]},
        (lambda page: page.table(head, rows)) if rows else "No model is kept.",
    )


@app.command("compare", cls=Command)
def compare_models(
    first: Annotated[str, typer.Argument(metavar="A", help="A kept model, by the beginning of its name.")],
    second: Annotated[str, typer.Argument(metavar="B", help="What A is held against.")],
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Hold two kept models against each other on the home's leads.

    Figures on decided leads, paired lead by lead; open leads that change grade; columns of one alone.
    """
    with homes.opened(home) as store:
        found = compare_kept(store, first, second)
    Output(as_json).show(found.to_json(), partial(_tell, found))


def _tell(found: KeptComparison, page: Page) -> None:
    if found.figures is None:
        page.say("No lead of both outcomes is decided here, so that nothing says which is better.")
    else:
        tell(found.figures, page)
    page.heading("Columns")
    for name, only in zip(found.names, found.columns, strict=True):
        page.say(f"Only {name} looks at: {listed(only) if only else 'nothing'}.")
    page.heading("Open leads")
    page.say(f"{counted(found.regraded, 'open lead')} of {found.open:,} would have another grade.")
    rows = [
        (each.id, f"{each.scores[0]:.1f}", each.grades[0], f"{each.scores[1]:.1f}", each.grades[1])
        for each in found.moved
    ]
    if rows:
        page.table(("lead", "A", "grade", "B", "grade "), rows, right=("A", "B"))


@app.command("rollback", cls=Command)
def go_back(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Take the model in service out of it; the one before is in service again."""
    with homes.opened(home) as store:
        name = roll_back_model(store, homes.now(), homes.who())
    Output(as_json).show({"model": name}, f"Model {name} is in service again.")
