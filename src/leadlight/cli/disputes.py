"""`leadlight disputes`: scores that people say are wrong, where each goes, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.insight.disputes import summaries
from leadlight.insight.wording import short

SHOWN = 20


def disputes(
    home: given.Home = None,
    settle: Annotated[
        int | None, typer.Option("--settle", metavar="NUMBER", help="Note that this dispute is settled.")
    ] = None,
    how: Annotated[str, typer.Option("--how", help="How it was settled.")] = "",
    as_json: given.AsJson = False,
) -> None:
    """List the scores that people dispute, where each goes, and what came of it.

    A dispute goes to a rule (never a lead), a label (ended otherwise), the data (a value is wrong) or the
    model. How the scores of settled ones moved since shows whether it helped.
    """
    from leadlight.store import disputes as kept

    with homes.opened(home) as store:
        if settle is not None:
            with store.writing() as connection:
                kept.settle(connection, settle, how, homes.now())
        with store.reading() as connection:
            found = kept.latest(connection)
    told = {
        "routes": [each.to_json() for each in summaries(found)],
        "disputes": [dict(vars(each)) for each in found],
    }
    Output(as_json).show(told, lambda page: _tell(told, page))


def _tell(told: dict[str, Any], page: Page) -> None:
    if not told["disputes"]:
        page.say("Nobody disputes a score.")
        return
    for each in told["routes"]:
        moved = "" if each["now"] is None else f" Their scores: {each['before']:.0%}, now {each['now']:.0%}."
        page.say(f"{each['kind']}: {each['disputes']}, {each['settled']} settled. {each['what']}.{moved}")
    page.table(
        ("number", "lead", "goes to", "state", "what is said"),
        [
            (
                each["number"],
                each["id"],
                each["kind"],
                "open" if each["settled"] is None else "settled",
                short(each["note"], 60),
            )
            for each in told["disputes"][:SHOWN]
        ],
        right=("number",),
    )
