"""`leadlight adjust`: probabilities and line set to what leads do now, proposed, done and undone."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.flows.adjust import accept, adjust_home, undo
from leadlight.insight.line import LEAST, MOST, LineBounds
from leadlight.store import watching


def adjust(
    home: given.Home = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Do at once what is within the bounds; else it is proposed.")
    ] = False,
    least: Annotated[
        float, typer.Option("--least", min=0.0, max=1.0, help="A smaller change of the calls is not made.")
    ] = LEAST,
    most: Annotated[
        float, typer.Option("--most", min=0.0, help="A larger change of the calls is only proposed.")
    ] = MOST,
    accepted: Annotated[
        int | None, typer.Option("--accept", metavar="NUMBER", help="Put this proposal in service.")
    ] = None,
    undone: Annotated[
        int | None, typer.Option("--undo", metavar="NUMBER", help="Take this change back.")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="Tell the changes there were.")] = False,
    as_json: given.AsJson = False,
) -> None:
    """Set the probabilities and the line of the model in service to what leads do now.

    It looks at leads of four weeks that are old enough to be decided. Where far more or fewer convert than
    foretold, the probabilities move; else the line is drawn anew by the policy. The ranking stays. A change
    is made at most once a week, and can be undone.
    """
    with homes.opened(home) as store:
        at, who = homes.now(), homes.who()
        if accepted is not None:
            accept(store, accepted, at, who)
        elif undone is not None:
            undo(store, undone, at, who)
        elif not listed:
            adjust_home(store, at, who, apply=apply, bounds=LineBounds(least, most))
        with store.reading() as connection:
            found = [dict(vars(each)) for each in watching.adjustments_of(connection)]
    Output(as_json).show({"changes": found}, lambda page: _tell(found, page))


def _tell(found: list[dict[str, Any]], page: Page) -> None:
    if not found:
        page.say("Nothing has to change, and nothing was changed yet.")
        return
    page.table(
        ("number", "kind", "state", "model", "what"),
        [(each["number"], each["kind"], each["status"], each["after"], told(each)) for each in found[:20]],
        right=("number",),
    )


def told(change: dict[str, Any]) -> str:
    """One change in a sentence."""
    detail = change["detail"]
    if change["kind"] == "recalibration":
        shares = f"{detail['foretold']:.1%} foretold, {detail['seen']:.1%} converted"
        return f"{shares} among {detail['leads']:,} leads"
    return str(detail.get("reason", ""))
