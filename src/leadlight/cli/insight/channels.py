"""`leadlight insight channels`: how the leads of each source or other value did, and at what cost."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from leadlight.cli import parameters as given
from leadlight.cli.insight.beside import Reading
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.insight import channels as insight
from leadlight.insight import wording
from leadlight.insight.budget import NO_EXPERIMENT, Shift
from leadlight.insight.channel_money import ChannelMoney, Spending
from leadlight.insight.channels import ChannelRow, Channels
from leadlight.insight.touches import TouchedRate, Touches
from leadlight.insight.wording import TOO_FEW, counted, percent, quoted, whole
from leadlight.model.answer import displayed


def channels(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    column: Annotated[
        str | None,
        typer.Option("--column", help="The column that tells the leads apart; by default their source."),
    ] = None,
    spend: given.Spend = None,
    currency: given.Currency = None,
    deal_value: given.DealValue = None,
    events: given.Events = None,
    outcomes: given.Outcomes = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Say how the leads of each source did, what they cost and brought, and what waits there.

    Every figure has an interval that holds in nine of ten cases, or the words: too few. With --spend it says
    what a lead and a customer cost and what moving money would bring; with --events, who touched leads first
    and last.
    """
    asked = Reading(
        model,
        leads,
        home,
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
    history = asked.history()
    spent = asked.spent(currency)
    chosen = insight.chosen(history, column, spent)
    found = insight.by_value(history, chosen, spend=spent, touched=asked.touched(), deal_value=deal_value)
    told = {"model": history.bundle.name, **found.to_json(), "left_out": history.left_out}
    Output(as_json).show(told, partial(_tell, found, history.bundle.scorer.grades.names[0]))


def _tell(found: Channels, hot: str, page: Page) -> None:
    page.say(
        f"{counted(len(found.rows), 'value')} of {quoted(found.column)} "
        f"with {insight.LEAST} leads or more; {counted(found.others, 'lead')} with rarer ones."
    )
    page.heading(found.column)
    page.table(
        ("value", "leads", "decided", "bought", "beyond the like"),
        [_row(row) for row in found.rows],
        right=("leads", "decided"),
    )
    page.line("Beyond the like: points more than other leads bought whose other columns promise the same.")
    young = sum(row.young for row in found.rows)
    if young:
        page.line(f"{counted(young, 'decided lead')} too young to count: others of their age will still buy.")
    page.heading("What waits")
    page.table(
        ("value", "open", f"of them {hot}", "mean score"),
        [_waiting(row) for row in found.rows],
        right=("open", f"of them {hot}", "mean score"),
    )
    if found.spending is not None:
        _tell_money(page, found, found.spending, hot)
    if found.shift is not None:
        _tell_shift(page, found.shift)
    if found.touches is not None:
        _tell_touches(page, found.touches)


def _row(row: ChannelRow) -> tuple[str, ...]:
    beyond = row.beyond
    return (
        row.value,
        whole(row.leads),
        whole(row.decided),
        TOO_FEW if row.rate is None else wording.with_span(row.rate, row.low, row.high),
        TOO_FEW if beyond is None else wording.points(beyond.value, beyond.low, beyond.high),
    )


def _waiting(row: ChannelRow) -> tuple[str, ...]:
    return (
        row.value,
        whole(row.open),
        TOO_FEW if row.hot is None else percent(row.hot),
        TOO_FEW if row.score is None else f"{displayed(row.score):.1f}",
    )


def _tell_money(page: Page, found: Channels, spent: Spending, hot: str) -> None:
    page.heading(f"Money{f' ({spent.currency})' if spent.currency else ''}")
    paid = [(row.value, row.money) for row in found.rows if row.money is not None]
    page.table(
        ("value", "cost", "leads", "per lead", f"per {hot} lead"),
        [(value, *_priced(account)) for value, account in paid],
        right=("cost", "leads", "per lead", f"per {hot} lead"),
    )
    page.heading("What came back")
    page.table(
        ("value", "cost of a customer", "back for each 1 spent"),
        [(value, *_returned(account)) for value, account in paid],
    )
    page.line("Customers and revenue count open leads by their probability.")
    if spent.outside:
        page.line(f"{wording.money(spent.outside)} were spent when none of these leads came: not counted.")
    if spent.unmatched:
        names = wording.some([quoted(each) for each in spent.unmatched])
        page.line(f"{wording.money(sum(spent.unmatched.values()))} were spent on {names}: no lead names it.")
    for reason, count in spent.rows["left_out"].items():
        page.line(f"{counted(count, 'row')} of the spend left out: {reason}.")


def _priced(account: ChannelMoney) -> tuple[str, ...]:
    return (
        wording.money(account.cost),
        whole(account.leads),
        wording.money(account.per_lead),
        TOO_FEW if account.per_hot is None else wording.money(account.per_hot),
    )


def _returned(account: ChannelMoney) -> tuple[str, ...]:
    cost, back = account.per_customer, account.returned
    return (
        TOO_FEW if cost is None else wording.money_with_span(cost.value, cost.low, cost.high),
        TOO_FEW if back is None else wording.with_decimals(back.value, back.low, back.high, 2),
    )


def _tell_shift(page: Page, found: Shift) -> None:
    page.heading("If money were moved")
    page.line(
        f"{wording.money(found.amount)} moved from {quoted(found.giver)} to {quoted(found.taker)} would be "
        f"expected to bring {wording.money_with_span(found.gain, found.low, found.high)} more."
    )
    page.line(NO_EXPERIMENT)


def _tell_touches(page: Page, found: Touches) -> None:
    page.heading("Touched first, touched last, and an even share of the won")
    page.table(
        ("channel", "first", "bought", "last", "bought", "even share"),
        [
            (each.channel, *_touched(each.first), *_touched(each.last), f"{each.shared:,.1f}")
            for each in found.rows
        ],
        right=("first", "last", "even share"),
    )


def _touched(side: TouchedRate) -> tuple[str, str]:
    return whole(side.decided), TOO_FEW if side.rate is None else wording.with_span(
        side.rate, side.low, side.high
    )
