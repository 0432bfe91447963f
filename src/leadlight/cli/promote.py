"""`leadlight promote`: put a model in service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.flows.gated import GatedPromotion, promote_kept_past_gate, promote_past_gate
from leadlight.model.bundle import Bundle


def promote(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A model file, or the name of a model that is kept.")
    ],
    home: given.Home = None,
    override: Annotated[
        str | None,
        typer.Option("--override", metavar="REASON", help="Why it goes in service although it is no better."),
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Put a model in service: from then on it scores everywhere in this home.

    The model's own test has to pass first. Where leads were decided since both models were trained, one that
    is not proven better on them is refused. The one before is kept, and `leadlight models rollback` brings it
    back.
    """
    with homes.opened(home) as store:
        at, who = homes.now(), homes.who()
        if re.fullmatch("[0-9a-fA-F]+", model) and not Path(model).is_file():
            found = promote_kept_past_gate(store, model, at, who, override=override)
        else:
            found = promote_past_gate(store, Bundle.load(model), at, who, override=override)
    Output(as_json).show(found.to_json(), lambda page: _tell(found, page))


def _tell(found: GatedPromotion, page: Page) -> None:
    page.say(f"Model {found.model} is in service.")
    if found.verdict is not None and not found.verdict.is_equal:
        page.say(found.verdict.reason)
    if found.is_overridden:
        page.say("It did not pass the gate; your reason is in the trail.")
