"""`leadlight sample`: made-up leads to try things with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.command import line
from leadlight.cli.output import check_free
from leadlight.cli.page import Page
from leadlight.connect.files import open_writer
from leadlight.data.sample import generate
from leadlight.insight.wording import counted


def sample(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the leads go.")] = Path("leads.csv"),
    rows: Annotated[int, typer.Option("--rows", min=1, max=100_000_000, help="How many leads.")] = 10_000,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", help="Where the true probabilities go, if anywhere."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Where chance begins.")] = 0,
    force: given.Force = False,
) -> None:
    """Make up leads to try things with.

    They are those of a company that exists nowhere; `--truth` also writes the true probability of each.
    """
    places = [output] if truth is None else [output, truth]
    check_free(*places, force=force)
    made = generate(rows, seed)
    for place, frame in zip(places, (made.leads, made.truth), strict=False):
        with open_writer(place, force=force) as writer:
            writer.write(frame)
    page = Page.of()
    page.say(f"{counted(rows, 'made-up lead')}: {output}")
    if truth is not None:
        page.say(f"The true probability of each: {truth}")
    page.say("Next:")
    page.typed(line("train", output))
