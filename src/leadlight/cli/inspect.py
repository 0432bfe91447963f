"""`leadlight inspect`: what the leads are, before anything is learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer

from leadlight import api
from leadlight.cli import asking, drawing, events_story, homes, story
from leadlight.cli import parameters as given
from leadlight.cli.command import line, written_out
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page, progress
from leadlight.connect.files import Leads
from leadlight.data.atomic import write_bytes_atomically
from leadlight.data.config import Inferred, PointsConfig, TargetConfig, render
from leadlight.insight.explore import explore
from leadlight.insight.verdict import Matters
from leadlight.insight.wording import counted
from leadlight.training import inspection
from leadlight.training.as_of import MOMENT
from leadlight.training.inspection import ColumnView, InspectedLeads
from leadlight.training.options import Options

_TITLES: Final = {
    "What is left out, and why": ("refused", "excluded"),
    "What is doubtful": ("warning",),
    "Worth knowing": ("note",),
}


def inspect(
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    target: given.Target = None,
    positive: given.Positive = None,
    negative: given.Negative = None,
    open_: given.Open = None,
    identity: given.Id = None,
    time: given.Time = None,
    events: given.Events = None,
    outcomes: given.Outcomes = None,
    moment: given.Moment = MOMENT,
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
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    verbose: given.Verbose = False,
    as_json: given.AsJson = False,
) -> None:
    """Look at leads before anything is learnt.

    Says what is wrong with the data and which columns give the outcome away; with --verbose what each column
    is and all that was noticed, with -o also in pictures, in one HTML file.
    """
    drawing.check_places(output, figures, force=force)
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
    read = homes.leads(
        leads, home, target=target, encoding=encoding, delimiter=delimiter, sheet=sheet, skip_rows=skip_rows
    )
    told = homes.logs_to_learn(events, outcomes, moment, leads, home)
    with progress("looking at the columns"):
        found = inspection.inspect(read.frame, wanted, told)
    if write is not None:
        _write(write, found, read.frame, wanted, force=force)
    if found.frame is not None:
        read = replace(read, frame=found.frame)
    if output is not None or figures is not None:
        with progress("drawing"):
            pictured = explore(read.frame, found)
            drawing.write(pictured, output, figures, force=force)
    flags = [
        *written_out({**said, "events": events, "outcomes": outcomes, "config": write or config}),
        *asking.flags(found.problem, read.frame, wanted),
    ]
    following = line("train", *homes.words(leads, home), *flags)
    Output(as_json).show(
        _summary(found, read, write, output),
        partial(_tell, found, read, (write, output, figures), following, verbose=verbose),
    )


def _summary(
    found: InspectedLeads, leads: Leads, written: Path | None, report: Path | None
) -> dict[str, Any]:
    """The one object that `--json` prints."""
    plain = found.to_json()
    return {
        **plain,
        "rows": story.rows(plain["rows"], leads),
        "notes": list(leads.notes),
        "written": None if written is None else str(written),
        "report": None if report is None else str(report),
    }


def _write(path: Path, found: InspectedLeads, raw: pl.DataFrame, wanted: Options, *, force: bool) -> None:
    """All that was inferred, as a leadlight.toml."""
    notes: dict[str, list[str]] = {}
    for finding in found.findings:
        if finding.column is not None:
            notes.setdefault(finding.column, []).append(f"{finding.code}: {finding.message}")
    columns = [
        Inferred.of(view.column, raw[view.column.name], "\n".join(notes.get(view.column.name, ())))
        for view in found.columns
        if not view.column.expression and view.column.name in raw.columns
    ]
    known = {column.name for column in columns}
    columns += [Inferred(name, "feature", "") for name in wanted.features if name not in known]
    columns = [replace(column, points=_points(column.name, wanted)) for column in columns]
    columns = [column for column in columns if column.kind or column.points]
    means = PointsConfig(wanted.rate, wanted.double)
    text = render(columns, _target(found), wanted.features, means)
    write_bytes_atomically(path, text.encode(), force=force)


def _points(column: str, wanted: Options) -> Mapping[str, float]:
    """As they were set; nothing is inferred about them."""
    told = wanted.columns.get(column)
    points = {} if told is None else told.points
    return {words: int(value) if value == int(value) else value for words, value in points.items()}


def _target(found: InspectedLeads) -> TargetConfig | None:
    meanings = found.meanings
    if meanings is None:
        return None if found.target is None else TargetConfig(column=found.target)
    return TargetConfig(meanings.column, meanings.positive, meanings.negative, meanings.open)


def _tell(
    found: InspectedLeads,
    leads: Leads,
    places: tuple[Path | None, Path | None, Path | None],
    next_step: str,
    page: Page,
    *,
    verbose: bool,
) -> None:
    """What matters first: what stands in the way of training, then what is wrong with the columns."""
    _head(page, found, leads)
    _problem(page, found)
    events_story.tell(page, found.events, found.counts)
    events_story.tell_maturity(page, found.maturity, found.counts)
    if verbose:
        _everything(page, found)
    else:
        _matters(page, found)
    _files(page, *places)
    page.heading("Next")
    page.typed(next_step)


def _problem(page: Page, found: InspectedLeads) -> None:
    if found.problem is not None:
        page.heading("What stands in the way of training")
        page.line(found.problem.message)
        if found.problem.code not in asking.CODES:
            page.line(found.problem.hint or "")


def _matters(page: Page, found: InspectedLeads) -> None:
    """Findings that ask for attention; all others in one sentence."""
    matters = Matters.of(found.findings)
    if found.problem is None:
        used = sum(view.column.is_input for view in found.columns)
        page.say(f"{counted(used, 'column')} can be learnt from.")
    for title, severities in _TITLES.items():
        story.findings(page, title, matters.told, severities)
    page.say("")
    if matters.folded:
        page.say(matters.folded)
    page.say("Every column and every finding: --verbose, or -o leads.html in pictures.")


def _everything(page: Page, found: InspectedLeads) -> None:
    _columns(page, found)
    for title, severities in _TITLES.items():
        story.findings(page, title, found.findings, severities)


def _files(page: Page, written: Path | None, report: Path | None, figures: Path | None) -> None:
    """What was written, if anything was."""
    said = (
        (written, "all that was inferred; edit it, and train finds it beside the leads"),
        (report, "the leads in pictures; opens in any browser"),
        (figures, "each figure as PNG and as SVG"),
    )
    if any(place is not None for place, _ in said):
        page.heading("Files")
    for place, what in said:
        if place is not None:
            page.line(f"{place}: {what}")


def _head(page: Page, found: InspectedLeads, leads: Leads) -> None:
    outcome = f"outcome {found.target!r} ({found.target_kind})" if found.target else "no outcome found"
    rejected = f", {counted(len(leads.rejected), 'row')} that cannot be read" if leads.rejected else ""
    page.say(
        f"{leads.source}: {counted(found.rows, 'lead')},"
        f" {counted(len(found.columns), 'column')}, {outcome}{rejected}"
    )
    for note in leads.notes:
        page.say(f"Note: {note}.")


def _columns(page: Page, found: InspectedLeads) -> None:
    codes: dict[str | None, list[str]] = {}
    for finding in found.findings:
        codes.setdefault(finding.column, []).append(finding.code)
    page.heading("The columns")
    page.table(
        ("column", "role", "kind", "filled", "values", "used", "findings"),
        [_row(view, codes.get(view.column.name, [])) for view in found.columns],
        right=("filled", "values"),
    )


def _row(view: ColumnView, codes: list[str]) -> tuple[str, ...]:
    column = view.column
    used = "yes" if column.is_input else ""
    filled = f"{100 * view.filled:.0f} %"
    return column.name, column.role, column.kind, filled, f"{view.distinct:,}", used, ", ".join(codes)
