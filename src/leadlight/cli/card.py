"""`leadlight card`: what a model is for and what not, how good and how fair it is, in Markdown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from leadlight import ready
from leadlight.cli import parameters as given
from leadlight.cli.output import check_free
from leadlight.cli.page import Page
from leadlight.connect import files
from leadlight.data.atomic import write_bytes_atomically
from leadlight.insight.card import card as made


def card(
    model: given.Model,
    leads: Annotated[
        str | None,
        typer.Argument(
            metavar="[LEADS]", help="Leads to measure fairness on; they hold the sensitive columns."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the card goes, instead of the terminal.")
    ] = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
) -> None:
    """Write the card of a model: data, use, refused use, figures, fairness, limits.

    In Markdown, to stand beside the model wherever it goes.
    """
    if output is not None:
        check_free(output, force=force)
    bundle = ready.load(model).bundle
    read = (
        None
        if leads is None
        else files.read(leads, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows)
    )
    text = made(bundle, None if read is None else read.frame)
    if output is None:
        sys.stdout.write(text)
        return
    write_bytes_atomically(output, text.encode(), force=force)
    Page.of().say(f"{output}: the card of model {bundle.name}.")
