"""`leadlight watch`: new leads held against those that the model was trained on."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from leadlight import settings
from leadlight.cli import challengers, homes
from leadlight.cli import parameters as given
from leadlight.cli.output import Output, check_free
from leadlight.cli.page import Page
from leadlight.cli.week_report import report_week
from leadlight.connect import files
from leadlight.errors import ConfigError, LeadlightError
from leadlight.insight.weekly import FAIRNESS, month_share
from leadlight.insight.wording import counted
from leadlight.ready import Model

ALARMED: Final = 1
SHOWN: Final = 12
MONTHS_SHOWN: Final = 3

Earlier = Annotated[
    str | None,
    typer.Option("--earlier", help="The batch before, to find rows and ids that come a second time."),
]
Every = Annotated[
    str | None,
    typer.Option("--every", help="Look at the home again and again, as 30m, 6h or 1d, until it is ended."),
]


Adjust = Annotated[
    bool,
    typer.Option("--adjust", help="Also move line and probabilities where leads ask for it, within bounds."),
]
Retrain = Annotated[
    str | None,
    typer.Option(
        "--retrain",
        metavar="WHEN",
        help="Also train a challenger: never, on-alarm, weekly or monthly.",
        show_default="never, or as leadlight.toml says",
    ),
]
Promote = Annotated[
    bool,
    typer.Option("--promote", help="Put a challenger that passes the gate in service; else it is proposed."),
]
Report = Annotated[
    Path | None, typer.Option("--report", help="Also write the report of the week to this HTML file.")
]
Mail = Annotated[
    bool,
    typer.Option("--mail", help="Also mail it to whom LEADLIGHT_MAIL names; with --every, once a week."),
]


def watch(
    model: given.ModelOrHome = None,
    leads: given.LeadsOrHome = None,
    home: given.Home = None,
    every: Every = None,
    adjust: Adjust = False,
    retrain: Retrain = None,
    promote: Promote = False,
    report: Report = None,
    mail: Mail = False,
    force: given.Force = False,
    earlier: Earlier = None,
    at: given.At = None,
    allow_missing: given.AllowMissing = False,
    encoding: given.Encoding = None,
    delimiter: given.Delimiter = None,
    sheet: given.Sheet = None,
    skip_rows: given.SkipRows = None,
    as_json: given.AsJson = False,
) -> None:
    """Hold new leads against those that the model was trained on.

    With --home alone it looks at what the home took in since it last looked, at how leads ended, and keeps
    what it found; with --retrain it trains a challenger where a schedule or an alarm asks for one. The exit
    code is 1 if there are alarms; what each means stands in the runbook.
    """
    if model is None and leads is None and settings.has_home(home):
        if report is not None:
            check_free(report, force=force or every is not None)
        telling = Telling(
            adjust, report, mail, challengers.asked(home, retrain, promotes=promote), every is not None
        )
        watch_once_or_often(home, every, Output(as_json), telling)
        return
    if adjust or mail or promote or retrain is not None or report is not None:
        raise ConfigError(
            "Adjusting, challengers, reports and mail are of a home.",
            code="home_only",
            hint="Name it: --home HOME.",
        )
    if every is not None:
        raise ConfigError(
            "A file is looked at once.", code="every", hint="Leave out --every, or name a home: --home HOME."
        )
    loaded = Model(homes.model(model, home))
    read = homes.leads(
        leads,
        home,
        bundle=loaded.bundle,
        objecting=False,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
        skip_rows=skip_rows,
    )
    before = None if earlier is None else files.read(earlier).frame
    found = loaded.watch(read.frame, earlier=before, at=at, allow_missing=allow_missing).to_json()
    Output(as_json).show(found, lambda page: tell(page, found))
    if found["alarms"]:
        raise typer.Exit(ALARMED)


@dataclass(frozen=True)
class Telling:
    """What is done after a look beside keeping it."""

    adjusts: bool
    report: Path | None
    mails: bool
    challengers: challengers.ChallengersAsked
    often: bool = False


def watch_once_or_often(home: str | None, every: str | None, output: Output, telling: Telling) -> None:
    """Look at a home; once with an exit code, or for as long as nobody ends it."""
    pause = None if every is None else given.seconds(every)
    while True:
        with homes.opened(home) as store:
            found = look(store, telling)
        output.show(found, lambda page: tell(page, found))  # noqa: B023
        if pause is None:
            break
        time.sleep(pause)
    if found["alarms"]:
        raise typer.Exit(ALARMED)


def look(store: Any, telling: Telling) -> dict[str, Any]:
    """One look, with the line moved, the report written and whoever is to know of alarms told."""
    from leadlight.flows.adjust import adjust_home
    from leadlight.flows.watch import watch_home

    found = watch_home(store, homes.now()).to_json()
    if telling.adjusts:
        changes = adjust_home(store, homes.now(), homes.who(), apply=True)
        found["changes"] = [each.to_json() for each in changes]
    challengers.trained(store, telling.challengers, found)
    if telling.report is not None or telling.mails:
        report_week(store, found, telling.report, mails=telling.mails, often=telling.often)
    found["told"] = tell_outside(store)
    return found


def tell_outside(store: Any) -> int:
    """Send new alarms to the webhook, where one is set; what fails is said, and sent at the next look."""
    address = settings.webhook()
    if address is None:
        return 0
    from leadlight.connect.webhook import Webhook
    from leadlight.flows.tell_alarms import tell_webhook

    try:
        secret = settings.secret("webhook.secret", store.home.folder).reveal()
        return tell_webhook(store, Webhook.of(address, secret), homes.now())
    except LeadlightError as problem:
        Page.of(error=True).say(f"The webhook was not told ({problem.code}): {problem.message}")
        return 0


def tell(page: Page, found: dict[str, Any]) -> None:
    """The alarms with their next steps, the notes, and the columns that moved most."""
    said = counted(found["alarms"], "alarm") if found["alarms"] else "No alarm"
    page.say(
        f"{said}: {counted(found['leads'], 'lead')} held against the training of model {found['model']}."
    )
    for severity, heading in (("alarm", "Alarms"), ("note", "Worth knowing")):
        chosen = [each for each in found["findings"] if each["severity"] == severity]
        if chosen:
            page.heading(heading)
        for each in chosen:
            page.line(f"{each['code']}: {each['message']}")
            page.line(each["next_step"], indent=4)
    if found.get("realised"):
        tell_outcomes(page, found["realised"])
    tell_fairness(page, found.get("fairness", ()))
    if found.get("retraining"):
        challengers.tell(page, found["retraining"])
    page.heading("Columns, the farthest from training first")
    moved = sorted(found["columns"], key=lambda each: -each["psi"])[:SHOWN]
    page.table(
        ("column", "PSI", "missing", "before", "unseen"),
        [_row(each) for each in (found["score"], *moved)],
        right=("PSI", "missing", "before", "unseen"),
    )


def tell_outcomes(page: Page, realised: dict[str, Any]) -> None:
    """What was promised of decided leads, and what came true."""
    page.heading("Promised and realised, on leads decided since the training")
    rows = [each for name in ("all", "grade") for each in realised["promises"].get(name, ())]
    page.table(
        ("leads", "number", "promised", "interval", "came true", ""),
        [
            (
                each["group"],
                f"{each['leads']:,}",
                f"{each['promised']:,.0f}",
                f"{each['low']:,.0f} to {each['high']:,.0f}",
                f"{each['realised']:,}",
                "as promised" if each["holds"] else "not as promised",
            )
            for each in rows
        ],
        right=("number", "promised", "interval", "came true"),
    )


def tell_fairness(page: Page, trends: Sequence[Mapping[str, Any]]) -> None:
    """How the groups of sensitive columns were treated in the newest months."""
    for trend in trends:
        months = trend["months"][-MONTHS_SHOWN:]
        for measure, title in FAIRNESS.items():
            page.heading(f"Fairness: {trend['column']}, {title}")
            rows = [
                (each["group"], *map(month_share, each[measure][-MONTHS_SHOWN:])) for each in trend["groups"]
            ]
            page.table(("group", *months), rows, right=tuple(months))


def _row(column: dict[str, Any]) -> tuple[str, ...]:
    shares = (column["missing"], column["missing_before"], column["unseen"])
    return column["name"], f"{column['psi']:.3f}", *("" if each is None else f"{each:.1%}" for each in shares)
