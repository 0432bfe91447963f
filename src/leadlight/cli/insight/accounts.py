"""`leadlight insight accounts`: the leads of one company as one account."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
import typer

from leadlight.cli import homes
from leadlight.cli import parameters as given
from leadlight.cli.insight import reading
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page
from leadlight.connect.files import open_writer
from leadlight.insight import accounts as insight
from leadlight.insight.accounts import Account, Accounts
from leadlight.insight.wording import counted, whole
from leadlight.model.answer import displayed
from leadlight.model.event_source import as_learnt, complete_leads
from leadlight.model.scoring import moment

SHOWN: Final = 20


def accounts(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many accounts to tell of.")] = SHOWN,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A .csv, .parquet, .jsonl or .xlsx file for all accounts."),
    ] = None,
    company: given.CompanyColumn = None,
    website: given.WebsiteColumn = None,
    email: given.EmailColumn = None,
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
    """Say at which company somebody will probably buy: its open leads, scored as one account.

    Companies are told apart by the domain of website or e-mail, else by name. An account's score is the
    chance that at least one of its people buys. Events count as of now or --at.
    """
    if output is not None:
        check_free(output, force=force)
    bundle = homes.model(model, home)
    read = reading.leads_of(bundle, leads, home, encoding, delimiter, sheet, skip_rows)
    source = homes.events_of(events, bundle, moment(at), leads)
    raw = complete_leads(
        bundle,
        read.frame,
        source,
        at=moment(at),
        allow_missing=allow_missing,
        where=read.source,
        switch="--allow-missing",
    )
    raw = as_learnt(bundle, raw, source)
    scores = bundle.scorer.score(raw, moment(at))
    found = insight.roll_up(bundle, raw, scores.probability, name=company, website=website, email=email)
    if output is not None:
        _write(found, output, force=force)
    told: dict[str, Any] = {"model": bundle.name, **found.to_json(top)}
    Output(as_json).show({**told, "output": output and str(output)}, partial(_tell, found, top, output))


def _write(found: Accounts, output: Path, *, force: bool) -> None:
    table = found.table()
    score = pl.Series("score", [displayed(each) for each in table["probability"].to_list()], dtype=pl.Float64)
    with open_writer(output, force=force) as writer:
        writer.write(table.insert_column(2, score))


def _tell(found: Accounts, top: int, output: Path | None, page: Page) -> None:
    page.say(
        f"{counted(len(found.rows), 'account')} with open leads;"
        f" {counted(found.without_company, 'open lead')} that name no company."
    )
    page.say(_weight(found))
    page.heading("Accounts, the most promising first")
    page.table(
        ("account", "score", "grade", "open leads", "people", "won", "lost", "best lead"),
        [_row(row) for row in found.rows[:top]],
        right=("score", "open leads", "people", "won", "lost"),
    )
    if output is not None:
        page.say(f"All accounts: {output}")


def _weight(found: Accounts) -> str:
    learnt = (
        f"learnt from {counted(found.learnt_from, 'company', 'companies')} where several people decided"
        if found.learnt_from
        else "taken as such: too few companies have several people who decided"
    )
    return f"Each further person of an account counts {found.weight:.2f} of the best one ({learnt})."


def _row(row: Account) -> tuple[str, ...]:
    score, best = f"{displayed(row.probability):.1f}", row.leads[0].id
    counts = (row.open, row.people, row.won, row.lost)
    return (row.name, score, row.grade, *map(whole, counts), best)
