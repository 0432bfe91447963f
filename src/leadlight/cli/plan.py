"""`leadlight plan`: whom to call, in which order, by whom, and what to expect of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from leadlight.cli import homes, policy_options, story
from leadlight.cli import parameters as given
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page
from leadlight.connect import files
from leadlight.data import cells
from leadlight.errors import PolicyError
from leadlight.flows.plan import CallList, PlanJob
from leadlight.insight.money import GOAL, DayShare, PlanTerms, TeamDay
from leadlight.insight.wording import counted, money_with_span
from leadlight.model.regrade import regraded
from leadlight.model.scoring import moment


def plan(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The list: an .xlsx, .csv, .parquet or .jsonl file.")
    ] = Path("list.xlsx"),
    cuts: given.Cuts = None,
    capacity: given.Capacity = None,
    per: given.Per = "week",
    arrivals: given.Arrivals = None,
    precision: given.Precision = None,
    call_cost: given.CallCost = None,
    deal_value: given.DealValue = None,
    meet: given.Meet = False,
    names: given.Names = None,
    goal: Annotated[
        float | None,
        typer.Option(
            "--goal",
            help="The share of the called that is to buy; how many leads that is.",
            show_default="0.8",
        ),
    ] = None,
    callers: Annotated[
        str | None,
        typer.Option("--callers", help="How many call, or a file with the columns name and capacity."),
    ] = None,
    reasons: Annotated[
        int, typer.Option("--reasons", min=0, max=100, help="How many reasons for each lead.")
    ] = 3,
    suppress: given.Suppress = None,
    events: given.Events = None,
    at: given.EventsAt = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    force: given.Force = False,
    as_json: given.AsJson = False,
) -> None:
    """Write the list of open leads to call, best first.

    All above the line are listed, or as many as there are calls; a line that is asked for here holds beside a
    capacity. They are dealt among callers, owners keep their own, and who must not be called is left out.
    """
    check_free(output, force=force)
    others = (cuts, precision, arrivals, meet or None)
    is_priced = None not in (call_cost, deal_value) and others == (None,) * 4
    wanted = policy_options.policy_of(
        cuts=cuts,
        capacity=capacity,
        arrivals=arrivals,
        precision=precision,
        call_cost=call_cost if is_priced else None,
        deal_value=deal_value if is_priced else None,
        meet=meet,
    )
    terms = PlanTerms(call_cost or 0.0, goal or precision or GOAL, per, arrivals, capacity)
    bundle = homes.model(model, home)
    if wanted is not None or names is not None:
        bundle = regraded(bundle, policy_options.named(wanted, names, bundle.scorer.grades.policy))
    job = PlanJob(
        bundle,
        None if arrivals else capacity,
        None if callers is None else _staff(callers),
        homes.exclusions(suppress, leads, home, bundle),
        moment(at),
        above=wanted is not None,
        deal_value=deal_value,
        terms=terms,
        events=homes.events_of(events, bundle, moment(at), leads),
    )
    read = homes.leads(
        leads,
        home,
        bundle=bundle,
        objecting=False,
        at=moment(at),
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    found = job.run(read, reasons=reasons, allow_missing=allow_missing)
    with files.open_writer(output, force=force, schema=bundle.scorer.schema) as writer:
        writer.write(found.plan.frame)
    told = {"output": str(output), "model": bundle.name, **found.plan.to_json(), "counts": found.rows}
    respects = {"respects": list(found.respected.columns), "unread": list(found.respected.unread)}
    Output(as_json).show(
        {**told, **respects, **job.exclusions.to_json()},
        partial(_tell, job, found, output, per if capacity else None),
    )


def _staff(callers: str) -> int | pl.DataFrame:
    """A number, or a table of names and capacities."""
    number = cells.parse_number(callers)
    if number is None:
        return files.read(callers).frame
    if number < 1 or number != int(number):
        raise PolicyError("--callers takes a whole number from 1 on, or a file.", code="callers")
    return int(number)


def _tell(job: PlanJob, found: CallList, output: Path, per: str | None, page: Page) -> None:
    """What the list holds, who got what, and what became of the other rows."""
    plan = found.plan
    expected, counts, rows = plan.expected, plan.counts, found.rows
    page.say(
        f"{counted(counts.listed, 'lead')} to call{f' this {per}' if per else ''}. If all are called,"
        f" expect {expected.conversions:,.0f} to buy ({expected.low:,.0f} to {expected.high:,.0f})."
    )
    page.say(
        f"{rows['in']:,} in = {counts.listed:,} listed + {counts.below:,} below"
        f" + {rows['suppressed']:,} suppressed + {found.decided:,} decided already"
        f" + {counted(counts.duplicates, 'duplicate')} + {found.rejected:,} rejected."
    )
    for sentence in plan.money.sentences if plan.money is not None and counts.leads else ():
        page.say(sentence)
    for note in (*found.respected.sentences, *job.exclusions.notes):
        page.say(note)
    if found.decided and not counts.leads:
        page.say("All of them are won or lost already; give it an export with open leads.")
    if plan.shares and counts.listed:
        page.heading("Who calls")
        page.table(
            ("caller", "calls", "of them own leads", "to buy"),
            [(each.caller, each.calls, each.owned, f"{each.conversions:.0f}") for each in plan.shares],
            right=("calls", "of them own leads", "to buy"),
        )
    if plan.money is not None and plan.money.day is not None and counts.leads:
        _tell_day(plan.money.day, page)
    if counts.listed:
        page.heading("The first ones")
        story.first_rows(page, plan)
    page.heading("Files")
    page.line(f"{output}  (model {job.bundle.name})")


def _tell_day(day: TeamDay, page: Page) -> None:
    """What the team takes from each grade, new leads first, and what such a day brings."""
    each = f", {day.calls / day.callers:,.0f} a caller" if day.callers else ""
    page.heading(f"A day of {day.calls:,.0f} calls{each}")
    head = ("grade", "waiting", "new a day", "on the days", "calls", "to buy")
    page.table(head, [_day_row(share) for share in day.shares], right=head[1:])
    priced = [(share.grade, share.revenue) for share in day.shares if share.revenue is not None]
    if priced:
        page.line()
        rows = [(name, money_with_span(found.total, found.low, found.high)) for name, found in priced]
        page.table(("grade", "such a day is worth"), rows, right=("such a day is worth",))
    if day.needed is not None:
        page.line(
            f"{counted(day.needed, 'caller')} would reach every new {day.shares[0].grade} lead on the day on"
            " which it comes."
        )


def _day_row(share: DayShare) -> tuple[str, ...]:
    days = "never" if share.open else ""
    if share.first_day is not None:
        days = f"{share.first_day:,} to {share.last_day:,}"
    found = share.expected
    to_buy = "" if found is None else f"{found.conversions:,.1f} ({found.low:,.1f} to {found.high:,.1f})"
    return share.grade, f"{share.open:,}", f"{share.new:,.1f}", days, f"{share.calls:,.0f}", to_buy
