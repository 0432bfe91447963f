"""`leadlight models`: what is kept, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.output import Output
from leadlight.flows.promote import roll_back_model
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


@app.command("rollback", cls=Command)
def go_back(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Take the model in service out of it; the one before is in service again."""
    with homes.opened(home) as store:
        name = roll_back_model(store, homes.now(), homes.who())
    Output(as_json).show({"model": name}, f"Model {name} is in service again.")
