"""`leadlight holdback`: leads worked without regard to the score, and what the score is worth."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.command import Command
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.insight.holdback import sample_plan

app = typer.Typer(
    no_args_is_help=True, help="Hold a share of leads back from the score, and see what it is worth."
)

Share = Annotated[float, typer.Option("--share", min=0.0, max=0.5, help="The share of leads held back.")]


@app.command("start", cls=Command)
def start(home: given.Home = None, share: Share = 0.1, as_json: given.AsJson = False) -> None:
    """Hold a share of the leads back that come from now on; who it is follows from a keyed hash."""
    from leadlight.store import holdbacks

    with homes.opened(home) as store:
        found = holdbacks.start(store, share, homes.now(), homes.who())
    text = f"{share:.0%} of the leads that come from now on are worked without regard to the score."
    Output(as_json).show(vars(found), text)


@app.command("stop", cls=Command)
def stop(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Hold nobody back any more of those who come from now on."""
    from leadlight.store import holdbacks

    with homes.opened(home) as store:
        found = holdbacks.stop(store, homes.now(), homes.who())
    Output(as_json).show(vars(found), "New leads are all worked by the score again.")


@app.command("show", cls=Command)
def show(home: given.Home = None, as_json: given.AsJson = False) -> None:
    """Tell what working by score brought over working at random, in all and by source, with intervals."""
    from leadlight.flows.held import holdback_result

    with homes.opened(home) as store:
        found = holdback_result(store).to_json()
    Output(as_json).show(found, lambda page: _tell(found, page))


@app.command("plan", cls=Command)
def plan(
    base: Annotated[float, typer.Option("--base", help="How often leads convert without the score.")] = 0.1,
    gain: Annotated[float, typer.Option("--gain", help="How much more often they may with it.")] = 0.05,
    share: Share = 0.1,
    arrivals: Annotated[
        float | None, typer.Option("--arrivals", help="How many leads are decided in a week.")
    ] = None,
    as_json: given.AsJson = False,
) -> None:
    """Say how many leads it takes until a gain of this size is seen four times in five."""
    found = sample_plan(base, gain, share, arrivals)
    weeks = f", in about {found.weeks:,.0f} weeks" if found.weeks else ""
    text = f"{found.leads:,} decided leads{weeks}; {found.held:,} of them held back."
    Output(as_json).show(found.to_json(), text)


def _tell(found: dict[str, Any], page: Page) -> None:
    started = datetime.fromtimestamp(found["started"], UTC).strftime("%Y-%m-%d")
    page.say(f"{found['share']:.0%} of the leads that came since {started} were held back from the score.")
    page.table(
        ("leads", "by score", "at random", "gain", "interval", ""),
        [_row(each) for each in (found["all"], *found["segments"])],
        right=("by score", "at random", "gain", "interval"),
    )


def _row(each: dict[str, Any]) -> tuple[str, ...]:
    sides = [f"{side['rate']:.1%} of {side['leads']:,}" for side in (each["by_score"], each["at_random"])]
    span = f"{each['low']:+.1%} to {each['high']:+.1%}"
    return each["group"], *sides, f"{each['gain']:+.1%}", span, "proven" if each["is_proven"] else "not sure"
