"""`leadlight compare`: two models on the same leads."""

from __future__ import annotations

from typing import Annotated

import typer

from leadlight.cli import parameters as given


def compare(
    first: Annotated[
        str,
        typer.Argument(metavar="A", help="A model, or a table with the lead's id and probability."),
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="What A is held against, of either kind.")],
    leads: given.Leads,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    as_json: given.AsJson = False,
) -> None:
    """Say which of two models is better on the same leads.

    Differences are paired, lead by lead, and each has an interval that holds in nine of ten cases.
    """
    from leadlight.cli import comparing
    from leadlight.cli.page import Page, print_json
    from leadlight.connect import files

    read = files.read(leads, encoding=encoding, delimiter=delimiter, sheet=sheet)
    found = comparing.compared(first, second, read, allow_missing=allow_missing)
    if as_json:
        print_json(found.to_json())
    else:
        comparing.tell(Page.of(), found)
