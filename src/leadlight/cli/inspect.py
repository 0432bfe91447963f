"""`leadlight inspect`: what the leads are, before anything is learnt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.command import line, written_out


def inspect(
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    target: given.Target = None,
    positive: given.Positive = None,
    negative: given.Negative = None,
    open_: given.Open = None,
    identity: given.Id = None,
    time: given.Time = None,
    objection: given.Objection = None,
    permission: given.Permission = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Where to write all that was inferred, to be edited: leadlight.toml."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Where a report in pictures goes, such as leads.html."),
    ] = None,
    figures: given.Figures = None,
    config: given.Config = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Look at leads before anything is learnt.

    Says what each column is, what is wrong with the data, and which columns give the outcome away; with -o
    also in pictures, in one HTML file.
    """
    from leadlight import api
    from leadlight.cli import asking, homes, inspecting, reporting
    from leadlight.cli.output import check_free
    from leadlight.cli.page import Page, print_json, progress
    from leadlight.insight.explore import explore
    from leadlight.training import inspection

    reporting.check_places(output, figures, force=force)
    if write is not None:
        check_free(write, force=force)
    said = {
        "target": target,
        "positive": positive,
        "negative": negative,
        "open": open_,
        "id": identity,
        "time": time,
        "objection": objection,
        "permission": permission,
    }
    wanted = api.options(homes.beside(leads, home), config, **said)
    read = homes.leads(leads, home, target=target, encoding=encoding, delimiter=delimiter, sheet=sheet)
    with progress("looking at the columns"):
        found = inspection.inspect(read.frame, wanted)
    if write is not None:
        inspecting.write(write, found, read.frame, wanted, force=force)
    if output is not None or figures is not None:
        with progress("drawing"):
            pictured = explore(read.frame, found)
            reporting.write(pictured, output, figures, force=force)
    if as_json:
        print_json(inspecting.summary(found, read, write, output))
    else:
        flags = [
            *written_out({**said, "config": write or config}),
            *asking.flags(found.problem, read.frame, wanted),
        ]
        inspecting.tell(
            Page.of(), found, read, (write, output, figures), line("train", *homes.words(leads, home), *flags)
        )
