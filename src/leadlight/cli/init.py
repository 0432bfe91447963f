"""`leadlight init`: a home for leads, models and scores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import line
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.errors import StoreError
from leadlight.store import create_store


def init(
    home: given.Home = None,
    database: Annotated[
        str | None,
        typer.Option("--database", help="Keep the leads in PostgreSQL: postgresql://user@host/name."),
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Make a home: a folder with a database of its own, closed to other users of the machine.

    What is there already stays. The folder holds the key without which no address in the database can be
    tried out: keep a copy of it apart from the backups.
    """
    place = homes.named(home)
    is_new = not place.exists
    if place.is_taken:
        raise StoreError(
            "This folder holds other things, and a home is closed to the other users of the machine.",
            code="no_folder",
            where=str(place.folder),
            hint="Give it a folder of its own: " + line("init", "--home", place.folder / "home"),
        )
    if database is not None and "://" in str(home):
        raise StoreError(
            "The home is named by a database already.",
            code="other_database",
            hint="Give --database with a folder as --home, or the address as --home alone.",
        )
    create_store(place, database).close()
    told = {"home": str(place.folder), "new": is_new}
    Output(as_json).show(told, partial(_tell, place.folder, home or place.folder, is_new))


def _tell(folder: Path, home: str | Path, is_new: bool, page: Page) -> None:
    page.say(f"Home: {folder}" + ("" if is_new else " (it was there already, and stays as it is)"))
    page.heading("Next")
    page.typed(line("promote", "model.leadlight", "--home", home))
    page.typed(line("sync", "leads.csv", "--home", home))
    page.typed(line("plan", "--home", home, "-o", "list.xlsx"))
