"""`leadlight models`: what is kept, and the way back."""

from __future__ import annotations

import typer

from leadlight.cli import parameters as given
from leadlight.cli.command import Command

app = typer.Typer(no_args_is_help=True, help="The models of a home: what is kept, and the way back.")


@app.command("list", cls=Command)
def listed(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """List the models that are kept, the newest first."""
    from datetime import UTC, datetime

    from leadlight.cli import homes
    from leadlight.cli.page import Page, print_json
    from leadlight.store import models

    with homes.opened(home) as store, store.reading() as connection:
        kept = models.all_models(connection)
    if as_json:
        print_json({"models": [vars(each) for each in kept]})
        return
    rows = [
        (
            each.name,
            each.family,
            datetime.fromtimestamp(each.added, UTC).strftime("%Y-%m-%d %H:%M"),
            "in service" if each.in_service else "",
        )
        for each in kept
    ]
    page = Page.of()
    page.table(("model", "family", "kept since (UTC)", ""), rows) if rows else page.say("No model is kept.")


@app.command("rollback", cls=Command)
def rollback(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Take the model in service out of it; the one before is in service again."""
    from leadlight.cli import homes
    from leadlight.cli.page import Page, print_json
    from leadlight.flows.promote import roll_back_model

    with homes.opened(home) as store:
        name = roll_back_model(store, homes.now(), homes.who())
    if as_json:
        print_json({"model": name})
    else:
        Page.of().say(f"Model {name} is in service again.")
