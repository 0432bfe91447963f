"""The leads that `leadlight insight` looks at, and the words that its commands share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from leadlight.cli import homes
from leadlight.cli.page import Page
from leadlight.connect.files import Leads
from leadlight.flows.events import as_learnt
from leadlight.flows.populations import PopulationJob, ReadPopulation
from leadlight.insight.population import GroupFigures
from leadlight.insight.wording import counted, money_with_span, with_span
from leadlight.model.bundle import Bundle
from leadlight.model.resample import Estimate
from leadlight.model.scoring import moment

TOO_FEW: Final = "too few"
FIGURES: Final = ("leads", "decided", "bought", "open", "to buy")
MONEY: Final = ("won per decided lead", "open ones to bring")


def job_of(
    bundle: Bundle,
    leads: str | None,
    home: str | None,
    suppress: Path | None,
    at: str | None,
    deal_value: float | None,
    events: Path | None,
) -> PopulationJob:
    """How the leads are looked at that are named on a command line; events as training looked at them.

    Leads of a home come with those that it holds.
    """
    return PopulationJob(
        bundle,
        homes.exclusions(suppress, leads, home, bundle),
        moment(at),
        deal_value,
        None if leads is None else homes.events_at_moment(events, bundle, leads, home),
    )


def leads_of(
    bundle: Bundle,
    leads: str | None,
    home: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    skip_rows: int | None,
) -> Leads:
    """All leads of the file that is named, else of the home, but for people who objected.

    Events of a home's open leads count as of now, and of decided ones as they did in training.
    """
    read = homes.leads(
        leads,
        home,
        bundle=bundle,
        objecting=False,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    if leads is not None or bundle.events is None:
        return read
    with homes.opened(homes.asked(home, "LEADS")) as store:
        return replace(read, frame=as_learnt(store, bundle, read.frame))


def told(value: Estimate) -> str:
    """A rate with its interval, or that too few leads are decided."""
    return TOO_FEW if value.value is None else with_span(value.value, value.low, value.high)


def groups(page: Page, head: str, found: Sequence[tuple[str, GroupFigures]], is_priced: bool) -> None:
    """Groups of leads as a table, and what they are worth as one below it, where anything says that."""
    there = [(name, figures) for name, figures in found if figures.leads]
    page.table((head, *FIGURES), [(name, *_figures(each)) for name, each in there], right=FIGURES)
    if is_priced:
        page.line()
        page.table((head, *MONEY), [(name, *_worth(each)) for name, each in there], right=MONEY)


def _figures(found: GroupFigures) -> list[str]:
    waiting = found.expected
    to_buy = (
        "" if waiting is None else f"{waiting.conversions:,.0f} ({waiting.low:,.0f} to {waiting.high:,.0f})"
    )
    return [f"{found.leads:,}", f"{found.decided:,}", told(found.rate), f"{found.open:,}", to_buy]


def _worth(found: GroupFigures) -> tuple[str, str]:
    value, revenue = found.value, found.revenue
    won = TOO_FEW if value.value is None else money_with_span(value.value, value.low, value.high)
    return won, "" if revenue is None else money_with_span(revenue.total, revenue.low, revenue.high)


def in_json(
    job: PopulationJob, read: ReadPopulation, found: Mapping[str, Any], output: Path | None
) -> dict[str, Any]:
    """What was found, between the model and where it was written, and who was left out."""
    written = {} if output is None else {"output": str(output)}
    counts = dict(read.rows)
    return {"model": job.bundle.name, **written, "counts": counts, **found, **job.exclusions.to_json()}


def close(page: Page, rows: Mapping[str, int], notes: Sequence[str], output: Path | None) -> None:
    """What became of every row that came in, and where the leads were written."""
    page.line()
    page.say(
        f"{rows['in']:,} in = {rows['decided']:,} decided + {rows['open']:,} open"
        f" + {counted(rows['duplicates'], 'duplicate')} + {rows['rejected']:,} rejected"
        f" + {rows['objected']:,} objected."
    )
    for note in notes:
        page.say(note)
    if output is not None:
        page.line(str(output))
