"""`leadlight challenge`: a challenger trained and held against the model in service."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page, progress
from leadlight.version import __version__


def challenge(
    home: given.Home = None,
    models: Annotated[
        str | None, typer.Option("--models", help="Which models to try: fast, all, or names with commas.")
    ] = None,
    promotes: Annotated[
        bool, typer.Option("--promote", help="Put it in service if it passes the gate.")
    ] = False,
    as_json: given.AsJson = False,
) -> None:
    """Train a challenger and hold it against the model in service, forward in time.

    It learns from all leads but the newest decided ones, and has to bring more on those, beyond doubt, when
    as many are called. One that does is put in service or proposed (`leadlight adjust --accept NUMBER`).
    Until then it scores in the shadow, beside the model that counts.
    """
    from leadlight import api
    from leadlight.flows.challenge import challenge as flow

    wanted = api.options(homes.beside(None, home), models=given.model_names(models))
    with homes.opened(home) as store, progress("training a challenger") as observe:
        found = flow(
            store,
            homes.now(),
            wanted,
            homes.who(),
            promotes=promotes,
            version=__version__,
            observe=observe,
        ).to_json()
    Output(as_json).show(found, lambda page: _tell(found, page))


def _tell(found: dict[str, Any], page: Page) -> None:
    page.say(f"Challenger {found['challenger']} against {found['champion']}: {found['status']}.")
    page.say(found["verdict"]["reason"])
