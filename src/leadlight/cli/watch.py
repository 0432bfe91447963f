"""`leadlight watch`: new leads held against those that the model was trained on."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.connect import files
from leadlight.insight.wording import counted
from leadlight.ready import Model

ALARMED: Final = 1
SHOWN: Final = 12

Earlier = Annotated[
    str | None,
    typer.Option("--earlier", help="The batch before, to find rows and ids that come a second time."),
]


def watch(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    earlier: Earlier = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Hold new leads against those that the model was trained on.

    The exit code is 1 if there are alarms. What each means and what to do stands in the runbook.
    """
    loaded = Model(homes.model(model, home))
    read = homes.leads(
        leads,
        home,
        bundle=loaded.bundle,
        objecting=False,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    before = None if earlier is None else files.read(earlier).frame
    found = loaded.watch(read.frame, earlier=before, at=at, allow_missing=allow_missing).to_json()
    Output(as_json).show(found, lambda page: tell(page, found))
    if found["alarms"]:
        raise typer.Exit(ALARMED)


def tell(page: Page, found: dict[str, Any]) -> None:
    """The alarms with their next steps, the notes, and the columns that moved most."""
    said = counted(found["alarms"], "alarm") if found["alarms"] else "No alarm"
    page.say(
        f"{said}: {counted(found['leads'], 'lead')} held against the training of model {found['model']}."
    )
    for severity, heading in (("alarm", "Alarms"), ("note", "Worth knowing")):
        chosen = [each for each in found["findings"] if each["severity"] == severity]
        if chosen:
            page.heading(heading)
        for each in chosen:
            page.line(f"{each['code']}: {each['message']}")
            page.line(each["next_step"], indent=4)
    page.heading("Columns, the farthest from training first")
    moved = sorted(found["columns"], key=lambda each: -each["psi"])[:SHOWN]
    page.table(
        ("column", "PSI", "missing", "before", "unseen"),
        [_row(each) for each in (found["score"], *moved)],
        right=("PSI", "missing", "before", "unseen"),
    )


def _row(column: dict[str, Any]) -> tuple[str, ...]:
    shares = (column["missing"], column["missing_before"], column["unseen"])
    return column["name"], f"{column['psi']:.3f}", *("" if each is None else f"{each:.1%}" for each in shares)
