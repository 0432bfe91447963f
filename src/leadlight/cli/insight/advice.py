"""`leadlight insight advice`: what to do next, the most money first."""

from __future__ import annotations

from functools import partial

from leadlight.cli import parameters as given
from leadlight.cli.insight.beside import Reading
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.insight import wording
from leadlight.insight.advice import Advice, Advised, advise_on


def advice(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    contacts: given.Contacts = None,
    events: given.Events = None,
    outcomes: given.Outcomes = None,
    spend: given.Spend = None,
    currency: given.Currency = None,
    deal_value: given.DealValue = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Say what to do next, the most money first, each with its evidence and how to test it.

    Only what channels and follow-up say with enough certainty is advised; often that is nothing.
    """
    read = Reading(
        model,
        leads,
        home,
        contacts=contacts,
        events=events,
        outcomes=outcomes,
        spend=spend,
        at=at,
        allow_missing=allow_missing,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    history = read.history()
    spent = read.spent(currency)
    found = advise_on(history, spent, deal_value)
    Output(as_json).show({"model": history.bundle.name, **found.to_json()}, partial(_tell, found))


def _tell(found: Advised, page: Page) -> None:
    if not found.rows:
        page.say("Nothing is advised: no figure is certain enough to act on.")
    for place, row in enumerate(found.rows, 1):
        page.heading(f"{place}. {row.title}")
        page.line(f"Expected in thirty days: {_gain(row)}.")
        page.line(row.evidence)
        page.line(row.test)
    if found.unseen:
        page.heading("Not looked at")
        for sentence in found.unseen:
            page.line(sentence)


def _gain(row: Advice) -> str:
    if row.is_money:
        return wording.money_with_span(row.gain, row.low, row.high)
    return f"{row.gain:.1f} customers ({row.low:.1f} to {row.high:.1f})"
