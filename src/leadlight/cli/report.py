"""`leadlight report`: a model in pictures, in one file that can be sent on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadlight import ready
from leadlight.cli import drawing
from leadlight.cli import parameters as given
from leadlight.cli.page import Page, progress
from leadlight.connect import files
from leadlight.insight.report import report as made


def report(
    model: given.Model,
    leads: Annotated[
        str | None,
        typer.Argument(metavar="[LEADS]", help="Leads to show it on, best those whose outcome is known."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the report goes.")] = Path(
        "report.html"
    ),
    figures: given.Figures = None,
    over: Annotated[
        tuple[str, str] | None,
        typer.Option("--over", metavar="A B", help="The two columns that the boundary is drawn over."),
    ] = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
) -> None:
    """Show in pictures how good a model is, what it learnt and whom it calls.

    One HTML file that works offline and holds no lead. With LEADS it also shows what moves them, and whether
    the promise holds in each part of them and over time.
    """
    drawing.check_places(output, figures, force=force)
    bundle = ready.load(model).bundle
    read = (
        None
        if leads is None
        else files.read(leads, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows)
    )
    with progress("drawing"):
        page = made(bundle, None if read is None else read.frame, over=over or ())
        drawing.write(page, output, figures, force=force)
    terminal = Page.of()
    for sentence in page.summary:
        terminal.say(sentence)
    drawing.tell(terminal, page, output, figures)
