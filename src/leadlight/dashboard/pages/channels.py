"""Channels: how the leads of each source or other value did, at what cost, and what waits there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Response

from leadlight.dashboard import drawing
from leadlight.dashboard.figures import drawn
from leadlight.dashboard.histories import Known, known_of
from leadlight.dashboard.routing import pages
from leadlight.dashboard.visitor import PageVisit, viewer
from leadlight.data.logs import Log
from leadlight.errors import LeadlightError
from leadlight.flows.lead_history import touches_of
from leadlight.insight import channels
from leadlight.insight.budget import NO_EXPERIMENT
from leadlight.insight.channel_money import in_currency
from leadlight.insight.channels import Channels
from leadlight.insight.charts import desk as charts
from leadlight.insight.page import Figure
from leadlight.insight.touches import Touches
from leadlight.insight.wording import percent, quoted
from leadlight.store import Store, logs

router = pages()


@router.get("/channels")
def shown(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    known = known_of(visit)
    columns = [] if known is None else channels.columns(known.history)
    if known is None or not columns:
        return drawing.page(visit, "nothing_yet.html", section="channels")
    chosen = visit.given("column")
    currencies, currency, spend = _spend(known.spend, visit.given("currency"))
    if chosen not in columns:
        chosen = known.once(("column", currency), lambda: _column(known, spend))
    found = known.once(("channels", chosen, currency), lambda: _found(known, chosen, spend))
    return drawing.page(
        visit,
        "channels.html",
        found=found,
        columns=columns,
        currencies=currencies,
        currency=currency,
        figures=[drawn(figure) for figure in _figures(found)],
        grade=known.history.bundle.scorer.grades.names[0],
        is_source=chosen == columns[0],
        note=NO_EXPERIMENT,
    )


@router.get("/channels/touches")
def touched(visit: Annotated[PageVisit, Depends(viewer)]) -> Response:
    """First and last touch, asked for once the page stands: all events are read for it."""
    known = known_of(visit)
    if known is None:
        return Response()
    with visit.store.reading() as connection:
        newest = logs.last_event(connection)
    found = known.once(("touches", newest), lambda: _touches(visit.store, known))
    return Response() if found is None else drawing.page(visit, "touches.html", touches=found)


def _touches(store: Store, known: Known) -> Touches | None:
    log = touches_of(store)
    return None if log is None else Touches.of(known.history, log)


def _spend(log: Log | None, asked: str) -> tuple[list[str], str, Log | None]:
    """The currencies that money was spent in, the one that is shown, and what was spent in it."""
    if log is None:
        return [], "", None
    named = sorted({each for each in log.rows["currency"].to_list() if each})
    currency = asked if asked in named else (named[0] if named else "")
    return named, currency, in_currency(log, currency) if len(named) > 1 else log


def _column(known: Known, spend: Log | None) -> str:
    history = known.history
    try:
        return channels.chosen(history, None, spend)
    except LeadlightError:
        return channels.chosen(history, None)


def _found(known: Known, column: str, spend: Log | None) -> Channels:
    """Without money where that was spent at another time than these leads came."""
    try:
        return channels.by_value(known.history, column, spend=spend)
    except LeadlightError:
        return channels.by_value(known.history, column)


def _figures(found: Channels) -> list[Figure]:
    told = sorted((row for row in found.rows if row.rate is not None), key=lambda row: -(row.rate or 0.0))
    if not told:
        return []
    best, worst = told[0], told[-1]
    title = (
        f"Of the decided leads, {percent(best.rate)} of {quoted(best.value)} bought"
        f" and {percent(worst.rate)} of {quoted(worst.value)}."
    )
    note = "The line through each bar holds the true rate nine times in ten."
    made = [Figure("rates", title, charts.rates([asdict(row) for row in told]), note)]
    made += _returns(found)
    if len({row["start"] for row in found.periods}) > 1:
        title = f"How often they bought, by {found.period} of arrival."
        made.append(Figure("rates-over-time", title, charts.rates_over_time(found.periods)))
    return made


def _returns(found: Channels) -> list[Figure]:
    """What a unit of money brought back, where that is known of two channels or more."""
    rows = [
        {**asdict(row.money.returned), "channel": row.value, "rate": row.money.returned.value}
        for row in found.rows
        if row.money is not None and row.money.returned is not None
    ]
    if len(rows) < 2:
        return []
    rows.sort(key=lambda row: -row["rate"])
    best, worst = rows[0], rows[-1]
    title = (
        f"Each 1 spent on {quoted(best['channel'])} brought {best['rate']:.1f}, "
        f"on {quoted(worst['channel'])} {worst['rate']:.1f}."
    )
    note = "Revenue of won leads, and of open ones by their probability, for what was spent."
    return [Figure("returns", title, charts.returns(rows), note)]
