"""`leadlight insight segments`: what to do about each grade, and the personas among the leads."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from leadlight import settings
from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.insight import reading
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page, progress
from leadlight.connect import files
from leadlight.flows.personas import segments_of_home
from leadlight.flows.populations import ReadPopulation
from leadlight.insight import segments as insight
from leadlight.insight.segments import Playbooks, Segments
from leadlight.insight.wording import percent


def segments(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the grade and the persona of each lead to a file."),
    ] = None,
    events: given.Events = None,
    deal_value: given.DealValue = None,
    suppress: given.Suppress = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    config: given.Config = None,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Say what to do about each grade, and which kinds of people there are among the leads.

    Playbooks come from leadlight.toml; personas are found without a look at who bought, and only told where
    other leads show the same ones.
    """
    if output is not None:
        check_free(output, force=force)
    bundle = homes.model(model, home)
    playbooks = settings.find(homes.beside(leads, home), config).playbooks
    job = reading.job_of(bundle, leads, home, suppress, at, deal_value, events)
    with progress("Reading and scoring") as step:
        read = job.run(
            reading.leads_of(bundle, leads, home, encoding, delimiter, sheet, skip_rows),
            allow_missing=allow_missing,
        )
        step("Looking for groups that other leads show, too")
        found = _found(read, playbooks, home, is_home=leads is None)
    if output is not None:
        with files.open_writer(output, force=force, schema=bundle.scorer.schema) as writer:
            writer.write(found.leads)
    told = reading.in_json(job, read, found.to_json(), output)
    Output(as_json).show(told, partial(_tell, found, read, output, job.exclusions.notes))


def _found(read: ReadPopulation, playbooks: Playbooks, home: str | None, *, is_home: bool) -> Segments:
    """A home keeps the personas that were found in it."""
    if not is_home:
        return insight.segments(read.known, playbooks)
    with homes.opened(homes.asked(home, "LEADS")) as store:
        return segments_of_home(store, read.known, playbooks)


def _tell(found: Segments, read: ReadPopulation, output: Path | None, notes: list[str], page: Page) -> None:
    is_priced = read.known.values.are_known
    page.heading("Grades")
    reading.groups(page, "grade", [(each.name, each.figures) for each in found.grades], is_priced)
    for grade in found.grades:
        page.line(f"{grade.name}: {grade.playbook.text or 'nothing is written of what to do'}")
    if not any(grade.playbook.text for grade in found.grades):
        page.line(f"Write it into leadlight.toml: [playbooks.{found.grades[0].name}] with do, within and by.")
    page.heading("Personas")
    for sentence in found.sentences:
        page.say(sentence)
    if found.personas.each:
        reading.groups(
            page,
            "",
            [(str(number), each.figures) for number, each in enumerate(found.personas.each, start=1)],
            is_priced,
        )
    for number, persona in enumerate(found.personas.each, start=1):
        page.heading(f"{number}. {persona.name} ({percent(persona.share)} of the leads)")
        for trait in persona.traits:
            page.line(f"{trait.text}.")
    reading.close(page, read.rows, notes, output)
