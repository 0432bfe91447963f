"""`leadlight insight engagement`: fit and engagement crossed, with what each cell of the grid brought."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.insight import reading
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page
from leadlight.connect import files
from leadlight.flows.populations import ReadPopulation
from leadlight.insight import engagement as insight
from leadlight.insight.engagement import Engagement
from leadlight.insight.population import GroupFigures
from leadlight.insight.wording import percent, some
from leadlight.model.answer import factor


def engagement(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the sub-scores and the cell of each lead to a file."),
    ] = None,
    events: given.Events = None,
    deal_value: given.DealValue = None,
    suppress: given.Suppress = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Read the score as fit (who they are) and engagement (what they did), and cross the two.

    A to D and 1 to 4 say by how much a lead's odds are raised or lowered; every rate has its interval.
    """
    if output is not None:
        check_free(output, force=force)
    bundle = homes.model(model, home)
    job = reading.job_of(bundle, leads, home, suppress, at, deal_value, events)
    read = job.run(
        reading.leads_of(bundle, leads, home, encoding, delimiter, sheet, skip_rows),
        allow_missing=allow_missing,
    )
    found = insight.engagement(read.known)
    if output is not None:
        with files.open_writer(output, force=force, schema=bundle.scorer.schema) as writer:
            writer.write(found.leads)
    told = reading.in_json(job, read, found.to_json(), output)
    Output(as_json).show(told, partial(_tell, found, read, output, job.exclusions.notes))


def _tell(found: Engagement, read: ReadPopulation, output: Path | None, notes: list[str], page: Page) -> None:
    for sentence in found.sentences:
        page.say(sentence)
    page.heading("How many of the decided bought, of how many: fit A to D by engagement 1 to 4")
    rows = [
        (row.name, *(_cell(found.of(row.name + name)) for name in insight.ENGAGEMENT), _cell(row.figures))
        for row in found.fit
    ]
    everybody = ("all", *(_cell(each.figures) for each in found.engagement), _cell(found.whole))
    page.table(("", *insight.ENGAGEMENT, "all"), [*rows, everybody])
    page.heading("Cell by cell")
    cells = [(each.name, each.figures) for each in found.cells]
    reading.groups(page, "cell", cells, read.known.values.are_known)
    page.heading("What the groups are made of")
    for group in found.groups:
        if group.columns:
            page.line(f"{group.name} (moves the odds by x {factor(group.factor)}): {some(group.columns, 8)}")
    page.line(
        "A or 1: odds at least doubled; B or 2: not lowered; C or 3: lowered; D or 4: more than halved."
    )
    reading.close(page, read.rows, notes, output)


def _cell(figures: GroupFigures) -> str:
    """Short enough for a grid; the intervals stand below it."""
    if figures.rate.value is None:
        return reading.TOO_FEW if figures.leads else "nobody"
    return f"{percent(figures.rate.value)} of {figures.decided:,}"
