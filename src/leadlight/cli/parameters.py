"""Parameters that several commands take, each with one meaning everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from leadlight.errors import ConfigError

Leads = Annotated[
    str,
    typer.Argument(
        metavar="LEADS",
        help="A .csv, .xlsx, .parquet or .jsonl file, - for standard input, or a database by URL.",
    ),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model that `leadlight train` made.")]

Encoding = Annotated[
    str | None, typer.Option("--encoding", help="How the file's text is encoded, if not UTF-8: cp1252, ...")
]
Delimiter = Annotated[
    str | None, typer.Option("--delimiter", help="What parts the fields, where that is not plain to see.")
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Which sheet of an Excel file holds the leads.")]
SkipRows = Annotated[
    int | None,
    typer.Option("--skip-rows", min=0, help="How many rows stand above the header; found if not given."),
]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="The leadlight.toml to use; by default the one beside LEADS, if any."),
]

Force = Annotated[bool, typer.Option("--force", help="Replace files that are there already.")]
AsJson = Annotated[
    bool,
    typer.Option("--json", help="Print one JSON object and nothing else, errors included."),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", help="Tell everything: each column, each finding, each figure.")
]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing", help="Go on where a column of the model is not in the file.")
]
At = Annotated[
    str | None,
    typer.Option("--at", help="The moment that ages are counted to, as 2026-03-31 or 2026-03-31T09:00Z."),
]

Events = Annotated[
    Path | None,
    typer.Option("--events", help="What leads did: a file with the columns lead, type and time."),
]
EventsAt = Annotated[
    str | None,
    typer.Option(
        "--at",
        help="The moment that ages are counted to and events are looked at, as 2026-03-31T09:00Z.",
        show_default="now for events, else the arrival",
    ),
]
Outcomes = Annotated[
    Path | None,
    typer.Option("--outcomes", help="When leads were decided: a file with the columns lead and at."),
]
Moment = Annotated[
    float,
    typer.Option("--moment", min=0.01, max=3650, help="How many days after arrival events are looked at."),
]

Target = Annotated[
    str | None,
    typer.Option("--target", help="The column that says who was won; found if not given."),
]
Positive = Annotated[list[str] | None, typer.Option("--positive", help="A value that means won.")]
Negative = Annotated[list[str] | None, typer.Option("--negative", help="A value that means lost.")]
Open = Annotated[list[str] | None, typer.Option("--open", help="A value that means not decided yet.")]
Id = Annotated[str | None, typer.Option("--id", help="The column that names each lead; found if not given.")]
Time = Annotated[
    str | None,
    typer.Option(
        "--time", help="The column that says when each lead arrived; order: rows stand in order of arrival."
    ),
]
Drop = Annotated[
    list[str] | None,
    typer.Option("--drop", help="A column not to use, or doubtful for all that may be leaks."),
]
Keep = Annotated[
    list[str] | None, typer.Option("--keep", help="A column to use even if it looks like a leak.")
]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", help="A refusal not to make, such as no_better_than_chance."),
]
Objection = Annotated[
    list[str] | None,
    typer.Option("--objection", help="A column in which a yes means that the lead must not be contacted."),
]
Permission = Annotated[
    list[str] | None,
    typer.Option("--permission", help="A column in which a yes means that the lead may be contacted."),
]
Only = Annotated[list[str] | None, typer.Option("--only", help="A column to use, and no others but these.")]
Feature = Annotated[
    list[str] | None,
    typer.Option("--feature", help="A feature of your own, such as 'effort = Visits * \"Time Spent\"'."),
]

Cuts = Annotated[str | None, typer.Option("--cuts", help="Fixed probabilities, such as hot=0.7,warm=0.4.")]
Capacity = Annotated[int | None, typer.Option("--capacity", min=1, help="How many calls can be made.")]
Per = Annotated[
    Literal["day", "week", "month"],
    typer.Option("--per", help="The time that capacity and arrivals are for."),
]
Arrivals = Annotated[
    float | None, typer.Option("--arrivals", help="How many new leads arrive in the same time.")
]
Precision = Annotated[
    float | None, typer.Option("--precision", help="The share of the called that should buy, such as 0.8.")
]
CallCost = Annotated[float | None, typer.Option("--call-cost", help="What a call costs.")]
DealValue = Annotated[float | None, typer.Option("--deal-value", help="What a won lead is worth.")]
Meet = Annotated[bool, typer.Option("--meet", help="The line where precision, recall and F1 meet.")]
Names = Annotated[
    str | None, typer.Option("--names", help="The three grades, the best first, such as high,medium,low.")
]
Suppress = Annotated[
    Path | None,
    typer.Option("--suppress", help="A file of ids, e-mails or phone numbers that must be left out."),
]
Figures = Annotated[
    Path | None,
    typer.Option("--figures", help="A folder for each figure by itself, as PNG and as SVG."),
]
Companies = Annotated[
    Path | None,
    typer.Option("--with", help="A table of companies: names or domains, and what is known of each."),
]
CompanyColumn = Annotated[
    str | None, typer.Option("--company", help="The leads' column of company names; found if not given.")
]
WebsiteColumn = Annotated[
    str | None,
    typer.Option("--website", help="The leads' column of websites or domains; found if not given."),
]
EmailColumn = Annotated[
    str | None, typer.Option("--email", help="The leads' column of e-mail addresses; found if not given.")
]
TitleColumn = Annotated[
    str | None, typer.Option("--title", help="The leads' column of job titles; found if not given.")
]
TableName = Annotated[
    str | None, typer.Option("--table-name", help="The table's column of names; found if not given.")
]
TableDomain = Annotated[
    str | None, typer.Option("--table-domain", help="The table's column of domains; found if not given.")
]
Exact = Annotated[
    bool, typer.Option("--exact", help="Look up names as they are spelt, without allowing for slips.")
]
Home = Annotated[
    str | None,
    typer.Option(
        "--home",
        help="The folder that `leadlight init` made, or a database URL.",
        show_default="LEADLIGHT_HOME",
    ),
]
LeadsOrHome = Annotated[
    str | None,
    typer.Argument(
        metavar="[LEADS]",
        help="A .csv, .xlsx, .parquet or .jsonl file, - for standard input, or a database by URL; with --home"
        " its leads.",
        show_default=False,
    ),
]
ModelOrHome = Annotated[
    Path | None,
    typer.Argument(
        metavar="[MODEL]",
        help="A model that `leadlight train` made; with --home the one in service.",
        show_default=False,
    ),
]
Models = Annotated[
    str | None, typer.Option("--models", help="fast, all, or names with commas.", show_default="fast")
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", min=0, max=2**32 - 1, help="Where chance begins.", show_default="0"),
]
NewModel = Annotated[Path, typer.Option("--output", "-o", help="Where the model goes.")]
Currency = Annotated[
    str | None, typer.Option("--currency", help="Which money to count, where it was spent in several.")
]
Contacts = Annotated[
    Path | None, typer.Option("--contacts", help="A file of calls and mails to leads: lead, at, who.")
]
Spend = Annotated[
    Path | None,
    typer.Option("--spend", help="A file of what channels cost: channel, day, amount, currency."),
]


def model_names(text: str | None) -> str | list[str] | None:
    """What --models names: a set, a model, or several."""
    return text.split(",") if text and "," in text else text


SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def seconds(text: str) -> float:
    """30m, 6h or 1d in seconds."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text.strip())
    if found is None or int(found[1]) == 0:
        raise ConfigError(f"{text!r} is no stretch of time.", code="every", hint="Write 30m, 6h or 1d.")
    return int(found[1]) * SECONDS[found[2]]
