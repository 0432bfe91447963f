"""`leadlight sample`: made-up leads to try things with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from leadlight.cli import parameters as given
from leadlight.cli.command import line
from leadlight.cli.output import check_free
from leadlight.cli.page import Page
from leadlight.connect.files import open_writer
from leadlight.data.planted import Planted
from leadlight.data.sample import generate
from leadlight.data.sample_history import generate_history
from leadlight.insight.wording import counted


def sample(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the leads go.")] = Path("leads.csv"),
    rows: Annotated[int, typer.Option("--rows", min=1, max=100_000_000, help="How many leads.")] = 10_000,
    events: Annotated[Path | None, typer.Option("--events", help="Where goes what they did.")] = None,
    contacts: Annotated[Path | None, typer.Option("--contacts", help="Where go calls and mails.")] = None,
    outcomes: Annotated[Path | None, typer.Option("--outcomes", help="Where goes how they ended.")] = None,
    spend: Annotated[Path | None, typer.Option("--spend", help="Where goes what channels cost.")] = None,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", help="Where the true probabilities go, if anywhere."),
    ] = None,
    aftermath: Annotated[
        bool, typer.Option("--aftermath", help="Also events of those who have already bought.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Where chance begins.")] = 0,
    force: given.Force = False,
) -> None:
    """Make up leads to try things with.

    They are those of a company that exists nowhere; `--truth` also writes the true probability of each. With
    any of --events, --contacts, --outcomes and --spend they have a history, and a stage: won, lost or open.
    """
    logs = {"events": events, "contacts": contacts, "outcomes": outcomes, "spend": spend}
    wanted = {name: place for name, place in logs.items() if place is not None}
    places = [output, *wanted.values(), *([] if truth is None else [truth])]
    check_free(*places, force=force)
    frames = _frames(rows, seed, aftermath) if wanted or aftermath else _plain(rows, seed)
    for name, place in {"leads": output, **wanted, **({} if truth is None else {"truth": truth})}.items():
        with open_writer(place, force=force) as writer:
            writer.write(frames[name])
    _say(Page.of(), rows, output, wanted, truth)


def _plain(rows: int, seed: int) -> dict[str, pl.DataFrame]:
    return vars(generate(rows, seed))


def _frames(rows: int, seed: int, aftermath: bool) -> dict[str, pl.DataFrame]:
    return vars(generate_history(rows, seed, Planted(aftermath=aftermath)))


def _say(page: Page, rows: int, output: Path, logs: dict[str, Path], truth: Path | None) -> None:
    page.say(f"{counted(rows, 'made-up lead')}: {output}")
    for name, place in logs.items():
        page.say(f"{name.capitalize()}: {place}")
    if truth is not None:
        page.say(f"The true probability of each: {truth}")
    page.say("Next:")
    answers = ("--target", "Stage", "--positive", "Won", "--negative", "Lost") if logs else ()
    page.typed(line("train", output, *answers))
