"""`leadlight insight channels`: how the leads of each source, campaign or other value did."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output
from leadlight.cli.page import Page
from leadlight.insight import channels as insight
from leadlight.insight.wording import counted, percent, quoted, whole, with_span
from leadlight.model.answer import displayed
from leadlight.model.scoring import check_columns

TOO_FEW = "too few"


def channels(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    column: Annotated[
        str | None,
        typer.Option("--column", help="The column that tells the leads apart; by default their source."),
    ] = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Say how the leads of each source did, and how promising the open ones are.

    Every rate comes with an interval that holds in nine of ten cases, or with the words: too few.
    """
    bundle = homes.model(model, home)
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
    check_columns(
        bundle.scorer,
        read.frame.columns,
        allow_missing=allow_missing,
        where=read.source,
        switch="--allow-missing",
    )
    chosen = insight.chosen(bundle, read.frame, column)
    found = insight.by_value(bundle, read.frame, bundle.scorer.score(read.frame), chosen)
    Output(as_json).show(
        {"model": bundle.name, **found.to_json()}, partial(_tell, found, bundle.scorer.grades.names[0])
    )


def _tell(found: insight.Channels, hot: str, page: Page) -> None:
    page.say(
        f"{counted(len(found.rows), 'value')} of {quoted(found.column)} "
        f"with {insight.LEAST} leads or more; {counted(found.others, 'lead')} with rarer ones."
    )
    page.heading(found.column)
    page.table(
        ("value", "leads", "decided", "won", "bought", "open", hot, "mean score"),
        [_row(row) for row in found.rows],
        right=("leads", "decided", "won", "open", hot, "mean score"),
    )


def _row(row: insight.ChannelRow) -> tuple[str, ...]:
    return (
        row.value,
        whole(row.leads),
        whole(row.decided),
        whole(row.won),
        TOO_FEW if row.rate is None else with_span(row.rate, row.low, row.high),
        whole(row.open),
        TOO_FEW if row.hot is None else percent(row.hot),
        TOO_FEW if row.score is None else f"{displayed(row.score):.1f}",
    )
