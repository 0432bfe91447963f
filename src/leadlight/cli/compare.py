"""`leadlight compare`: two models on the same leads."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.connect import files
from leadlight.flows.compare import Comparison, compare_opinions
from leadlight.insight.wording import counted, figure, signed_figure


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
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Say which of two models is better on the same leads.

    Differences are paired, lead by lead, and each has an interval that holds in nine of ten cases.
    """
    read = files.read(leads, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows)
    found = compare_opinions(first, second, read, allow_missing=allow_missing)
    Output(as_json).show(found.to_json(), partial(tell, found))


def tell(found: Comparison, page: Page) -> None:
    """Both figures, their difference with its interval, and which side that speaks for."""
    page.say(f"A is {found.names[0]}, B is {found.names[1]}; {counted(found.leads, 'lead')} with an outcome.")
    if found.unmatched:
        page.say(f"With an outcome, but no score of both sides: {counted(found.unmatched, 'more lead')}.")
    if found.caution:
        page.say(found.caution)
    page.heading("A minus B, with 90 % intervals")
    page.table(
        ("figure", "A", "B", "difference", "", "better"),
        [_row(name, found) for name in found.figures],
        right=("A", "B", "difference"),
    )


def _row(name: str, found: Comparison) -> tuple[str, ...]:
    pair, apart = found.figures[name], found.differences[name]
    return (
        figure(name),
        f"{pair[0]:.4f}",
        f"{pair[1]:.4f}",
        signed_figure(apart.difference),
        f"{signed_figure(apart.low)} to {signed_figure(apart.high)}",
        found.better(name),
    )
