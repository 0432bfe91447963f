"""`leadlight promote`: put a model in service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.flows.promote import promote_bundle, promote_kept
from leadlight.model.bundle import Bundle


def promote(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model file, or the name of a model that is kept.")
    ],
    home: given.Home = None,
    as_json: given.AsJson = False,
) -> None:
    """Put a model in service: from then on it scores everywhere in this home.

    The model's own test has to pass first. The one before is kept, and `leadlight models rollback` brings it
    back.
    """
    with homes.opened(home) as store:
        if re.fullmatch("[0-9a-fA-F]+", model) and not Path(model).is_file():
            name = promote_kept(store, model, homes.now(), homes.who())
        else:
            name = promote_bundle(store, Bundle.load(model), homes.now(), homes.who())
    Output(as_json).show({"model": name}, f"Model {name} is in service.")
